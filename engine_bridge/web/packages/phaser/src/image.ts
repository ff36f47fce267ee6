import * as Phaser from "phaser";
import type { WorldTexture } from "./texture.js";

/** A screen in the scene: an image `height` pixels high, as wide as the world's picture asks for. */
export class WorldImage extends Phaser.GameObjects.Image {
  constructor(
    scene: Phaser.Scene,
    x: number,
    y: number,
    readonly world: WorldTexture,
    height: number,
  ) {
    super(scene, x, y, world.key);
    const off = world.screen.onResize((wide, high) => this.fresh((height * wide) / high, height));
    this.once(Phaser.GameObjects.Events.DESTROY, off);
    scene.add.existing(this);
  }

  private fresh(width: number, height: number): void {
    this.setTexture(this.world.key);
    this.setDisplaySize(width, height);
  }
}

/** The world behind the scene, filling its camera without being stretched; it does not scroll. */
export class WorldBackground extends Phaser.GameObjects.Image {
  constructor(
    scene: Phaser.Scene,
    readonly world: WorldTexture,
  ) {
    super(scene, 0, 0, world.key);
    this.setScrollFactor(0);
    this.setDepth(-1);
    const off = world.screen.onResize(() => this.fit());
    scene.scale.on(Phaser.Scale.Events.RESIZE, this.fit, this);
    this.once(Phaser.GameObjects.Events.DESTROY, () => {
      off();
      scene.scale.off(Phaser.Scale.Events.RESIZE, this.fit, this);
    });
    scene.add.existing(this);
    this.fit();
  }

  private fit(): void {
    const { width, height } = this.scene.scale;
    this.setTexture(this.world.key);
    this.setPosition(width / 2, height / 2);
    this.setScale(Math.max(width / this.world.screen.width, height / this.world.screen.height));
  }
}
