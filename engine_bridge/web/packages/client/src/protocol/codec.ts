// Bytes to maps and back: protocol/SPEC.md, section 2. Fields are looked at in fields.ts.

import { decode, encode, ExtensionCodec } from "@msgpack/msgpack";
import { Limit } from "./constants.js";
import { WireError } from "./errors.js";
import type { Data } from "./messages.js";

class NoExtensions extends ExtensionCodec {
  override tryToEncode(): null {
    return null;
  }

  override decode(_data: Uint8Array, type: number): unknown {
    throw new WireError("bad_message", `the message holds ext type ${type}`);
  }
}

const OPTIONS = {
  extensionCodec: new NoExtensions() as ExtensionCodec<undefined>,
  maxArrayLength: Limit.MAX_ITEMS,
  maxMapLength: Limit.MAX_ITEMS,
  mapKeyConverter(key: unknown): string {
    if (typeof key !== "string") throw new WireError("bad_message", "the message has a key that is no string");
    return key;
  },
};

/** A map as bytes; fields that are undefined are left out. */
export function pack(message: object): Uint8Array<ArrayBuffer> {
  return encode(message, { ignoreUndefined: true }) as Uint8Array<ArrayBuffer>;
}

/**
 * The map in `bytes`. Bin values are views of `bytes`, not copies.
 *
 * @throws WireError `too_large` or `bad_message`.
 */
export function unpack(bytes: Uint8Array, maxBytes: number = Limit.MAX_MESSAGE_BYTES): Data {
  if (bytes.length > maxBytes) throw new WireError("too_large", `the message has ${bytes.length} bytes`);
  let value: unknown;
  try {
    value = decode(bytes, OPTIONS);
  } catch (error) {
    if (error instanceof WireError) throw error;
    throw new WireError("bad_message", error instanceof Error ? error.message : String(error));
  }
  if (!isMap(value)) throw new WireError("bad_message", "the message is no map");
  walk(value, 1, { left: Limit.MAX_VALUES - 1 });
  // The decoder keeps the last of two equal keys: a map that lost entries named one twice.
  if (Object.keys(value).length !== entries(bytes)) throw new WireError("bad_message", "the message names a key twice");
  return value;
}

/** Whether `value` is a map of the wire: no array, no bin. */
export function isMap(value: unknown): value is Data {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function walk(value: Data | unknown[], depth: number, budget: { left: number }): void {
  if (depth > Limit.MAX_DEPTH) throw new WireError("bad_message", "the message is nested too deep");
  const items = Array.isArray(value) ? value : Object.values(value);
  budget.left -= Array.isArray(value) ? items.length : 2 * items.length;
  if (budget.left < 0) throw new WireError("bad_message", "the message holds too many values");
  for (const item of items) {
    if (typeof item === "number") {
      const unsafe = Number.isInteger(item) && !Number.isSafeInteger(item) && Math.abs(item) <= 2 ** 64;
      if (unsafe || !Number.isFinite(item)) throw new WireError("bad_message", `the message holds ${item}`);
    } else if (Array.isArray(item) || isMap(item)) {
      walk(item, depth + 1, budget);
    }
  }
}

/** Entries that the outermost map says it has. */
function entries(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = view.getUint8(0);
  if (head === 0xde) return view.getUint16(1);
  return head === 0xdf ? view.getUint32(1) : head & 0x0f;
}
