import { DynamicTexture } from "@babylonjs/core/Materials/Textures/dynamicTexture.js";
import { Texture } from "@babylonjs/core/Materials/Textures/texture.js";
import type { Scene } from "@babylonjs/core/scene.js";
import { type ScreenOptions, type WorldClient, WorldScreen } from "@worldsdk/client";

export interface TextureOptions extends ScreenOptions {
  /** Sharp pixels instead of smooth ones. */
  pixelated?: boolean;
}

/** The world's picture as a texture for any material, brought up to date before each frame of its scene. */
export class WorldTexture extends DynamicTexture {
  readonly screen: WorldScreen;
  private readonly alike = new Set<DynamicTexture>();
  private readonly stop: () => void;

  constructor(
    readonly client: WorldClient,
    scene: Scene,
    options: TextureOptions = {},
  ) {
    const screen = new WorldScreen(client, options);
    const sampling = options.pixelated ? Texture.NEAREST_SAMPLINGMODE : Texture.BILINEAR_SAMPLINGMODE;
    super("world", screen.canvas, scene, false, sampling);
    this.screen = screen;
    this.wrapU = this.wrapV = Texture.CLAMP_ADDRESSMODE;
    const resized = screen.onResize((width, height) => {
      for (const texture of [this, ...this.alike]) texture.scaleTo(width, height);
    });
    const observer = scene.onBeforeRenderObservable.add(() => {
      if (screen.update()) for (const texture of [this, ...this.alike]) texture.update();
    });
    this.stop = () => {
      resized();
      observer.remove();
      screen.dispose();
    };
  }

  /** Width over height; 1 before the world is known. */
  get aspect(): number {
    return this.screen.width / this.screen.height;
  }

  /** A second texture of the same picture, with a scale and offset of its own; dispose of it when done. */
  twin(): DynamicTexture {
    const texture = new DynamicTexture("world twin", this.screen.canvas, this.getScene(), false, this.samplingMode);
    texture.wrapU = texture.wrapV = Texture.CLAMP_ADDRESSMODE;
    if (this.client.welcome !== null) texture.scaleTo(this.screen.width, this.screen.height);
    this.alike.add(texture);
    texture.onDisposeObservable.add(() => this.alike.delete(texture));
    return texture;
  }

  /** Also lets go of the client's frames; the client stays connected. */
  override dispose(): void {
    this.stop();
    super.dispose();
  }
}
