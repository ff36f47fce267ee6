import { Entity } from "playcanvas";
import { createWorldMaterial } from "./material.js";
import type { WorldTexture } from "./texture.js";

/**
 * A screen in the scene: an upright plane `height` units high, as wide as the world's picture asks for, facing +z.
 */
export function createWorldScreen(world: WorldTexture, height = 1): Entity {
  const screen = new Entity("world screen");
  const plane = new Entity("picture");
  const material = createWorldMaterial(world);
  plane.addComponent("render", { type: "plane", material, castShadows: false, receiveShadows: false });
  plane.setLocalEulerAngles(90, 0, 0);
  screen.addChild(plane);
  screen.setLocalScale(height, height, 1);
  const off = world.screen.onResize((wide, high) => screen.setLocalScale((height * wide) / high, height, 1));
  screen.once("destroy", () => {
    off();
    material.destroy();
  });
  return screen;
}
