// Pictures of frames, decoded where this runs: in a worker, or on the page's own thread.

import { Codec } from "../protocol/constants.js";

/** Something to draw: pixels as they are (RGBA, row by row), or what the browser decoded. */
export type Picture =
  | { kind: "pixels"; width: number; height: number; data: Uint8ClampedArray<ArrayBuffer> }
  | { kind: "image"; width: number; height: number; image: ImageBitmap | VideoFrame };

const FILES: { [codec: string]: string } = {
  [Codec.JPEG]: "image/jpeg",
  [Codec.WEBP]: "image/webp",
  [Codec.PNG]: "image/png",
};

/** What the browser is asked about; the stream itself says its exact profile. */
const H264: VideoDecoderConfig = { codec: "avc1.42e028", optimizeForLatency: true };

const UNDECODED_MS = 2000; // a decoder that says nothing for so long will not

/**
 * Codecs that this browser can show, best first.
 *
 * On one machine bytes cost nothing; across a network they are most of the delay. H.264 needs WebCodecs, which
 * browsers have in secure contexts only (https, or localhost).
 */
export async function codecs(loopback: boolean): Promise<string[]> {
  const files = typeof createImageBitmap === "function" ? [Codec.JPEG, Codec.WEBP, Codec.PNG] : [];
  if (loopback) return [Codec.RAW_RGBA, Codec.RAW_RGB, ...files];
  return [...((await hasH264()) ? [Codec.H264] : []), ...files, Codec.RAW_RGB, Codec.RAW_RGBA];
}

async function hasH264(): Promise<boolean> {
  if (typeof VideoDecoder === "undefined") return false;
  try {
    return (await VideoDecoder.isConfigSupported(H264)).supported === true;
  } catch {
    return false;
  }
}

/** Decodes the pictures of one connection. */
export class PictureReader {
  private video: VideoStream | null = null;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {}

  /** Whether pictures of this codec lean on those before, so that none may be left out. */
  static leans(codec: string): boolean {
    return codec === Codec.H264;
  }

  /** Decodes; at once where it can. Throws, or rejects with, an Error that says what is wrong. */
  read(codec: string, data: Uint8Array, key: boolean, pts: number): Picture | Promise<Picture> {
    switch (codec) {
      case Codec.RAW_RGBA:
        return this.pixels(data, 4);
      case Codec.RAW_RGB:
        return this.pixels(data, 3);
      case Codec.H264:
        this.video ??= new VideoStream(this.width, this.height);
        return this.video.read(data, key, pts);
      default:
        return this.file(codec, data);
    }
  }

  close(): void {
    this.video?.close();
    this.video = null;
  }

  private pixels(data: Uint8Array, channels: 3 | 4): Picture {
    const { width, height } = this;
    const count = width * height;
    if (data.length !== count * channels) {
      throw new Error(`a frame of ${width}x${height} has ${data.length} bytes instead of ${count * channels}`);
    }
    if (channels === 4) {
      const whole = new Uint8ClampedArray(data.buffer as ArrayBuffer, data.byteOffset, data.length);
      return { kind: "pixels", width, height, data: whole };
    }
    const rgba = new Uint8ClampedArray(count * 4);
    for (let from = 0, to = 0; to < rgba.length; from += 3, to += 4) {
      rgba[to] = data[from] as number;
      rgba[to + 1] = data[from + 1] as number;
      rgba[to + 2] = data[from + 2] as number;
      rgba[to + 3] = 255;
    }
    return { kind: "pixels", width, height, data: rgba };
  }

  private async file(codec: string, data: Uint8Array): Promise<Picture> {
    const type = FILES[codec];
    if (type === undefined || typeof createImageBitmap !== "function") throw new Error(`${codec} cannot be decoded here`);
    const blob = new Blob([data as Uint8Array<ArrayBuffer>], { type });
    const image = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
    const { width, height } = image;
    if (width !== this.width || height !== this.height) {
      image.close();
      throw new Error(`a frame of ${this.width}x${this.height} came as ${width}x${height}`);
    }
    return { kind: "image", width, height, image };
  }
}

interface Awaited {
  pts: number;
  done: (picture: Picture) => void;
  failed: (error: Error) => void;
  timer: ReturnType<typeof setTimeout>;
}

class VideoStream {
  private decoder: VideoDecoder | null = null;
  private waiting: Awaited[] = [];

  constructor(
    private readonly width: number,
    private readonly height: number,
  ) {}

  read(data: Uint8Array, key: boolean, pts: number): Promise<Picture> {
    if (this.decoder === null) {
      if (!key) return Promise.reject(new Error("the stream does not begin with a whole picture"));
      this.decoder = new VideoDecoder({
        output: (image) => this.came(image),
        error: (error) => this.broke(error),
      });
      this.decoder.configure(H264);
    }
    const decoder = this.decoder;
    return new Promise((done, failed) => {
      const timer = setTimeout(() => this.broke(new Error("the video decoder gives nothing back")), UNDECODED_MS);
      this.waiting.push({ pts, done, failed, timer });
      decoder.decode(new EncodedVideoChunk({ type: key ? "key" : "delta", timestamp: pts, data }));
    });
  }

  close(): void {
    this.broke(new Error("the connection ended"));
  }

  private came(image: VideoFrame): void {
    const place = this.waiting.findIndex(({ pts }) => pts === image.timestamp);
    const [awaited] = place < 0 ? [] : this.waiting.splice(place, 1);
    if (awaited === undefined) return image.close();
    clearTimeout(awaited.timer);
    awaited.done({ kind: "image", width: this.width, height: this.height, image });
  }

  private broke(error: Error): void {
    const waiting = this.waiting.splice(0);
    for (const { failed, timer } of waiting) {
      clearTimeout(timer);
      failed(error);
    }
    if (this.decoder !== null && this.decoder.state !== "closed") this.decoder.close();
    this.decoder = null;
  }
}
