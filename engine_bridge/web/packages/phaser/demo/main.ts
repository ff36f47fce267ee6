// A world behind a Phaser scene, or on a screen in it: ?view=screen.

import { WorldBackground, WorldImage, WorldTexture } from "@worldsdk/phaser";
import * as Phaser from "phaser";
import { begin } from "../../../demo/shared.js";

const { client, stage, view } = begin("Phaser");

class Play extends Phaser.Scene {
  private cube!: Phaser.GameObjects.Rectangle;

  create(): void {
    const { width, height } = this.scale;
    const texture = new WorldTexture(client, this, { pixelated: true });
    if (view === "background") new WorldBackground(this, texture);
    else new WorldImage(this, width / 2, height / 2, texture, height * 0.6);
    this.cube = this.add.rectangle(width * 0.2, height * 0.75, 60, 60, 0xff8844);
  }

  override update(time: number): void {
    this.cube.rotation = time / 1500;
  }
}

const game = new Phaser.Game({
  type: Phaser.WEBGL,
  parent: stage,
  backgroundColor: "#181c24",
  scale: { mode: Phaser.Scale.RESIZE },
  audio: { noAudio: true },
  banner: false,
  render: { preserveDrawingBuffer: true },
  scene: Play,
});
game.events.once(Phaser.Core.Events.READY, () => (game.canvas.id = "view"));
