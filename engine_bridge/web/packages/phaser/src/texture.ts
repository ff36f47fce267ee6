import { type ScreenOptions, type WorldClient, WorldScreen } from "@worldsdk/client";
import * as Phaser from "phaser";

export interface TextureOptions extends ScreenOptions {
  /** Key in the game's texture manager; by default one of its own. */
  key?: string;
  /** Sharp pixels instead of smooth ones. */
  pixelated?: boolean;
}

let made = 0;

/** The world's picture as a texture of a game, brought up to date before each of its frames. */
export class WorldTexture {
  readonly screen: WorldScreen;
  readonly key: string;
  readonly texture: Phaser.Textures.CanvasTexture;
  private readonly game: Phaser.Game;
  private readonly off: () => void;

  /** Throws an Error where the key is taken. */
  constructor(
    readonly client: WorldClient,
    scene: Phaser.Scene,
    options: TextureOptions = {},
  ) {
    this.game = scene.game;
    this.key = options.key ?? `world-${(made += 1)}`;
    this.screen = new WorldScreen(client, options);
    const texture = scene.textures.addCanvas(this.key, this.screen.canvas);
    if (texture === null) throw new Error(`there is a texture ${this.key} already: give another key`);
    this.texture = texture;
    const { NEAREST, LINEAR } = Phaser.Textures.FilterMode;
    const resized = this.screen.onResize((width, height) => texture.setSize(width, height));
    const step = (): void => {
      // Uploads the canvas as refresh() does, which would choose the filter by the game's settings.
      if (this.screen.update()) texture.setFilter(options.pixelated ? NEAREST : LINEAR);
    };
    this.game.events.on(Phaser.Core.Events.PRE_RENDER, step);
    this.off = () => {
      resized();
      this.game.events.off(Phaser.Core.Events.PRE_RENDER, step);
    };
  }

  /** Width over height; 1 before the world is known. */
  get aspect(): number {
    return this.screen.width / this.screen.height;
  }

  /** Also lets go of the client's frames; the client stays connected. */
  destroy(): void {
    this.off();
    this.screen.dispose();
    this.game.textures.remove(this.key);
  }
}
