import { type ScreenOptions, type WorldClient, WorldScreen } from "@worldsdk/client";
import { ADDRESS_CLAMP_TO_EDGE, type AppBase, FILTER_LINEAR, FILTER_NEAREST, PIXELFORMAT_SRGBA8, Texture } from "playcanvas";

export interface TextureOptions extends ScreenOptions {
  /** Sharp pixels instead of smooth ones. */
  pixelated?: boolean;
}

/** The world's picture as a texture for any material, brought up to date with each update of its application. */
export class WorldTexture extends Texture {
  readonly screen: WorldScreen;
  private readonly stop: () => void;

  constructor(
    readonly client: WorldClient,
    app: AppBase,
    options: TextureOptions = {},
  ) {
    const filter = options.pixelated ? FILTER_NEAREST : FILTER_LINEAR;
    super(app.graphicsDevice, {
      name: "world",
      width: 1,
      height: 1,
      format: PIXELFORMAT_SRGBA8,
      mipmaps: false,
      minFilter: filter,
      magFilter: filter,
      addressU: ADDRESS_CLAMP_TO_EDGE,
      addressV: ADDRESS_CLAMP_TO_EDGE,
    });
    const screen = (this.screen = new WorldScreen(client, options));
    const resized = screen.onResize((width, height) => this.resize(width, height));
    const step = (): void => {
      if (screen.update()) this.setSource(screen.canvas);
    };
    app.on("update", step);
    this.stop = () => {
      resized();
      app.off("update", step);
      screen.dispose();
    };
  }

  /** Width over height; 1 before the world is known. */
  get aspect(): number {
    return this.screen.width / this.screen.height;
  }

  /** Also lets go of the client's frames; the client stays connected. */
  override destroy(): void {
    this.stop();
    super.destroy();
  }
}
