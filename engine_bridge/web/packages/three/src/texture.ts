import { type ScreenOptions, type WorldClient, WorldScreen } from "@worldsdk/client";
import { CanvasTexture, LinearFilter, NearestFilter, SRGBColorSpace } from "three";

export interface TextureOptions extends ScreenOptions {
  /** Sharp pixels instead of smooth ones. */
  pixelated?: boolean;
}

/**
 * The world's picture as a texture for any material. Call `update` once in each frame of the render loop.
 */
export class WorldTexture extends CanvasTexture<HTMLCanvasElement> {
  readonly screen: WorldScreen;
  private readonly off: () => void;
  private readonly alike = new Set<CanvasTexture>();

  constructor(
    readonly client: WorldClient,
    options: TextureOptions = {},
  ) {
    const screen = new WorldScreen(client, options);
    super(screen.canvas);
    this.screen = screen;
    this.colorSpace = SRGBColorSpace;
    this.generateMipmaps = false;
    this.minFilter = LinearFilter;
    this.magFilter = options.pixelated ? NearestFilter : LinearFilter;
    // A texture on the GPU keeps its size: another one is made for the world's.
    this.off = screen.onResize(() => {
      for (const texture of [this, ...this.alike]) texture.dispose();
    });
  }

  /** Width over height; 1 before the world is known. */
  get aspect(): number {
    return this.screen.width / this.screen.height;
  }

  /** Shows what is due. Returns whether the picture has changed. */
  update(): boolean {
    const changed = this.screen.update();
    if (changed) for (const texture of [this, ...this.alike]) texture.needsUpdate = true;
    return changed;
  }

  /** A second texture of the same picture, with an offset and repeat of its own. */
  twin(): CanvasTexture {
    const texture = new CanvasTexture(this.screen.canvas);
    texture.colorSpace = this.colorSpace;
    texture.generateMipmaps = false;
    texture.minFilter = this.minFilter;
    texture.magFilter = this.magFilter;
    this.alike.add(texture);
    return texture;
  }

  /** Lets go of a twin. */
  drop(twin: CanvasTexture): void {
    this.alike.delete(twin);
    twin.dispose();
  }

  /** Lets go of the client's frames and of the GPU's memory; the client stays connected. */
  end(): void {
    this.off();
    this.screen.dispose();
    for (const texture of [this, ...this.alike]) texture.dispose();
    this.alike.clear();
  }
}
