import type { FrameReport } from "../wire/reports.js";

/** A frame, as reported, whose picture lives as long as somebody holds it. */
export interface WorldFrame extends Omit<FrameReport, "picture"> {}

/**
 * A frame of the world. The picture of a frame that is no longer the newest may be gone: whoever wants it later
 * calls `retain()` while it is, and `release()` when done; or takes a copy by `pixels()`.
 */
export class WorldFrame {
  private holders = 1;

  constructor(private readonly report: FrameReport) {
    const { picture: _picture, ...rest } = report;
    Object.assign(this, rest);
  }

  get width(): number {
    return this.report.picture.width;
  }

  get height(): number {
    return this.report.picture.height;
  }

  /** Whether the picture is still there. */
  get alive(): boolean {
    return this.holders > 0;
  }

  retain(): this {
    this.holders += 1;
    return this;
  }

  release(): void {
    this.holders -= 1;
    const { picture } = this.report;
    if (this.holders === 0 && picture.kind === "image") picture.image.close();
  }

  /** Draws the picture in its own size at the top left. */
  draw(context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D): void {
    const { picture } = this.report;
    if (!this.alive) return;
    if (picture.kind === "image") context.drawImage(picture.image, 0, 0, picture.width, picture.height);
    else context.putImageData(new ImageData(picture.data, picture.width, picture.height), 0, 0);
  }

  /** RGBA, row by row from the top left: a copy. Null once the picture is gone. */
  pixels(): Uint8ClampedArray<ArrayBuffer> | null {
    const { picture } = this.report;
    if (!this.alive) return null;
    if (picture.kind === "pixels") return picture.data.slice();
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    const context = canvas.getContext("2d", { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
    context.drawImage(picture.image, 0, 0, picture.width, picture.height);
    return context.getImageData(0, 0, picture.width, picture.height).data as Uint8ClampedArray<ArrayBuffer>;
  }
}
