import { StandardMaterial } from "@babylonjs/core/Materials/standardMaterial.js";
import type { Mesh } from "@babylonjs/core/Meshes/mesh.js";
import { CreatePlane } from "@babylonjs/core/Meshes/Builders/planeBuilder.js";
import type { Scene } from "@babylonjs/core/scene.js";
import type { WorldTexture } from "./texture.js";

/** A screen in the scene: a plane `height` units high, as wide as the world's picture asks for, lit by itself. */
export function createWorldScreen(world: WorldTexture, scene: Scene, height = 1): Mesh {
  const mesh = CreatePlane("world screen", { size: 1 }, scene);
  const material = new StandardMaterial("world screen", scene);
  material.disableLighting = true;
  material.emissiveTexture = world; // added to the emissive colour, which stays black
  mesh.material = material;
  mesh.scaling.set(height, height, 1);
  const off = world.screen.onResize((wide, high) => mesh.scaling.set((height * wide) / high, height, 1));
  mesh.onDisposeObservable.add(() => {
    off();
    material.dispose();
  });
  return mesh;
}
