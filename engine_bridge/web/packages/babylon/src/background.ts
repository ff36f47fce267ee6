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
    this.texture = world;
    const engine = scene.getEngine();
    const fit = (): void => {
      const ratio = world.aspect / (engine.getRenderWidth() / engine.getRenderHeight());
      this.scale.set(Math.max(1, ratio), Math.max(1, 1 / ratio));
    };
    const observer = engine.onResizeObservable.add(fit);
    const resized = world.screen.onResize(fit);
    fit();
    this.off = () => {
      observer.remove();
      resized();
    };
  }

  /** The texture goes on: whoever made it disposes of it. */
  override dispose(): void {
    this.off();
    this.texture = null;
    super.dispose();
  }
}
