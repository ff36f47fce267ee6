import { Color, StandardMaterial } from "playcanvas";
import type { WorldTexture } from "./texture.js";

/** Shows the texture's own colours, whatever the light, fog and tone mapping of the scene. */
export function createWorldMaterial(world: WorldTexture): StandardMaterial {
  const material = new StandardMaterial();
  material.useLighting = false;
  material.useFog = false;
  material.useTonemap = false;
  material.useSkybox = false;
  material.diffuse = Color.BLACK;
  material.emissive = Color.WHITE;
  material.emissiveMap = world;
  material.update();
  return material;
}
