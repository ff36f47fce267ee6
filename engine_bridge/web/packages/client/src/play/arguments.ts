// Arguments of commands, checked before anything is sent.

import { failure, WorldError } from "../protocol/failures.js";
import type { Welcome } from "../protocol/messages.js";

/** Bytes of a PNG, JPEG or WebP file, a blob of one, or anything that can be drawn. */
export type ImageSource = Uint8Array | ArrayBuffer | Blob | CanvasImageSource | ImageData;

const NEEDS: { readonly [command: string]: string } = {
  snapshot: "snapshot",
  restore: "snapshot",
  fork: "fork",
  rewind: "rewind",
  observe: "observe",
  record: "record",
  reset: "reset",
  start: "start",
  speed: "speed",
  quality: "quality",
  prompt: "prompt",
  anchor: "anchor",
};

/** @throws WorldError `not_capable` where this connection may not give the command. */
export function require(welcome: Welcome, name: string): void {
  const needed = NEEDS[name];
  const able = needed === undefined ? name in welcome.commands : welcome.capabilities.includes(needed);
  if (able || name === "pause" || name === "resume") return;
  const can = [...welcome.capabilities].sort().join(", ") || "only play";
  throw new WorldError(
    failure("not_capable", `${welcome.world.title} on this server cannot ${name}.`, `it can: ${can}`),
  );
}

/** @throws WorldError `bad_argument` */
export function whole(value: number, name: string, least = 0, most: number = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw bad(`${name} is ${value}`, `give a whole number from ${least} to ${most}`);
  }
  return value;
}

export function bad(message: string, cure: string): WorldError {
  return new WorldError(failure("bad_argument", `${message}.`, cure));
}

/** A file with the picture: as it is where it is one, else a PNG of `size`. */
export async function imageFile(source: ImageSource, [width, height]: [number, number]): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  const drawable = source instanceof ImageData ? await createImageBitmap(source) : source;
  context.drawImage(drawable, 0, 0, width, height);
  return new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer());
}

/** RGB, row by row, from RGB or RGBA of the world's own size. @throws WorldError `bad_argument` */
export function rgb(pixels: Uint8Array | Uint8ClampedArray, [width, height]: [number, number]): Uint8Array {
  const count = width * height;
  if (pixels.length === 3 * count) return new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.length);
  if (pixels.length !== 4 * count) {
    throw bad(`pixels has ${pixels.length} bytes`, `give ${3 * count} (RGB) or ${4 * count} (RGBA), ${width}x${height}`);
  }
  const out = new Uint8Array(3 * count);
  for (let from = 0, to = 0; to < out.length; from += 4, to += 3) {
    out[to] = pixels[from] as number;
    out[to + 1] = pixels[from + 1] as number;
    out[to + 2] = pixels[from + 2] as number;
  }
  return out;
}
