import type { LayerInfo } from "../protocol/messages.js";

/** A layer of a frame: `data[y * width + x]` from `low` to `high` in `unit`. */
export interface Layer {
  name: string;
  data: Float32Array<ArrayBuffer>;
  width: number;
  height: number;
  low: number;
  high: number;
  unit: string;
}

const LEVELS = 65535;

/** A layer as it travels, to numbers; null where its size is not the frame's. */
export function readLayer(info: LayerInfo, bytes: Uint8Array, width: number, height: number): Layer | null {
  const count = width * height;
  if (bytes.length !== 2 * count) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new Float32Array(count);
  const step = (info.high - info.low) / LEVELS;
  for (let place = 0; place < count; place += 1) data[place] = info.low + step * view.getUint16(2 * place, true);
  return { name: info.name, data, width, height, low: info.low, high: info.high, unit: info.unit };
}
