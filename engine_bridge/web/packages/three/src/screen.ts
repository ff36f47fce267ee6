import { Mesh, MeshBasicMaterial, PlaneGeometry } from "three";
import type { WorldTexture } from "./texture.js";

/** A screen in the scene: a plane `height` units high, as wide as the world's picture asks for, lit by itself. */
export class WorldScreenMesh extends Mesh<PlaneGeometry, MeshBasicMaterial> {
  private readonly off: () => void;

  constructor(
    readonly world: WorldTexture,
    height = 1,
  ) {
    super(new PlaneGeometry(1, 1), new MeshBasicMaterial({ map: world, toneMapped: false }));
    this.scale.set(height, height, 1);
    this.off = world.screen.onResize((wide, high) => this.scale.set((height * wide) / high, height, 1));
  }

  override dispose(): void {
    super.dispose?.(); // older versions of three have none
    this.off();
    this.removeFromParent();
    this.geometry.dispose();
    this.material.dispose();
  }
}
