import { type AppBase, type Entity, PROJECTION_PERSPECTIVE } from "playcanvas";
import { createWorldScreen } from "./screen.js";
import type { WorldTexture } from "./texture.js";

const SHARE = 0.98; // of the way to where the camera sees nothing any more

/**
 * The world behind everything that a camera sees, cut to fill the view without being stretched: a plane just before the
 * end of its sight, which goes along with it.
 */
export class WorldBackground {
  readonly entity: Entity;
  private readonly fit: () => void;

  constructor(
    world: WorldTexture,
    private readonly app: AppBase,
    camera: Entity,
  ) {
    const sight = camera.camera;
    if (!sight) throw new Error("the entity has no camera component: add one first");
    this.entity = createWorldScreen(world);
    camera.addChild(this.entity);
    this.fit = () => {
      const aspect = app.graphicsDevice.width / app.graphicsDevice.height;
      const far = sight.farClip * SHARE;
      const perspective = sight.projection === PROJECTION_PERSPECTIVE;
      const along = perspective ? 2 * far * Math.tan((sight.fov * Math.PI) / 360) : 2 * sight.orthoHeight;
      const high = perspective && sight.horizontalFov ? along / aspect : along;
      const size = Math.max(high, (high * aspect) / world.aspect);
      this.entity.setLocalPosition(0, 0, -far);
      this.entity.setLocalScale(size * world.aspect, size, 1);
    };
    // Each frame: fields of view and windows change without a word.
    app.on("framerender", this.fit);
    this.fit();
  }

  destroy(): void {
    this.app.off("framerender", this.fit);
    this.entity.destroy();
  }
}
