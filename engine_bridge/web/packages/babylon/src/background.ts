import { Layer } from "@babylonjs/core/Layers/layer.js";
import type { Scene } from "@babylonjs/core/scene.js";
import type { WorldTexture } from "./texture.js";

/** The world behind everything that the engine draws, cut to fill the view without being stretched. */
export class WorldBackground extends Layer {
  private readonly off: () => void;

  constructor(
    readonly world: WorldTexture,
    scene: Scene,
  ) {
    super("world background", null, scene, true);
    const picture = (this.texture = world.twin());
    const engine = scene.getEngine();
    const fit = (): void => {
      const ratio = world.aspect / (engine.getRenderWidth() / engine.getRenderHeight());
      picture.uScale = Math.min(1, 1 / ratio);
      picture.vScale = Math.min(1, ratio);
      picture.uOffset = (1 - picture.uScale) / 2;
      picture.vOffset = (1 - picture.vScale) / 2;
    };
    const observer = engine.onResizeObservable.add(fit);
    const resized = world.screen.onResize(fit);
    fit();
    this.off = () => {
      observer.remove();
      resized();
    };
  }

  /** The world's texture goes on. */
  override dispose(): void {
    this.off();
    super.dispose();
  }
}
