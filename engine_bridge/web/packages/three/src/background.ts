import { type Camera, type CanvasTexture, type OrthographicCamera, PerspectiveCamera, type Scene } from "three";
import type { WorldTexture } from "./texture.js";

/**
 * The world behind everything that the engine draws, cut to fill the view without being stretched.
 *
 * Call `fit` when the view's size changes.
 */
export class WorldBackground {
  private readonly texture: CanvasTexture;
  private aspect = 1;
  private readonly off: () => void;

  constructor(
    private readonly world: WorldTexture,
    private readonly scene: Scene,
    camera?: Camera,
  ) {
    this.texture = world.twin();
    scene.background = this.texture;
    this.off = world.screen.onResize(() => this.fit(this.aspect));
    if (camera) this.fit(aspectOf(camera));
  }

  /** `aspect`: the view's width over its height. */
  fit(aspect: number): void {
    this.aspect = aspect;
    const ratio = aspect / this.world.aspect;
    const [x, y] = [Math.min(1, ratio), Math.min(1, 1 / ratio)];
    this.texture.repeat.set(x, y);
    this.texture.offset.set((1 - x) / 2, (1 - y) / 2);
  }

  remove(): void {
    this.off();
    if (this.scene.background === this.texture) this.scene.background = null;
    this.world.drop(this.texture);
  }
}

function aspectOf(camera: Camera): number {
  if (camera instanceof PerspectiveCamera) return camera.aspect;
  const { left, right, top, bottom } = camera as OrthographicCamera;
  return (right - left) / (top - bottom);
}
