// What a recording announces: the game's controls, variables and layers, as short as a game wants to write them.

import type { Control, Data } from "../protocol/messages.js";
import { bad } from "../play/arguments.js";

/** A control; what is left out is that of a button without keys. */
export type ControlWish = { name: string } & Partial<Control>;

/** A number of the game's state; it must stay within `low` and `high`. `period`: where it wraps; 0: nowhere. */
export interface VariableWish {
  name: string;
  low: number;
  high: number;
  unit?: string;
  period?: number;
}

/** A tensor beside the picture; `shape` is that of one row's entry. */
export interface LayerWish {
  name: string;
  dtype: "uint8" | "float16" | "float32";
  shape: number[];
  low: number;
  high: number;
  unit?: string;
  classes?: string[];
  help?: string;
}

/** All fields of a control, as the wire wants them. @throws WorldError `bad_argument` */
export function controlOf(wish: ControlWish): Control {
  const low = wish.low ?? (wish.kind === "axis" ? -1 : 0);
  const high = wish.high ?? 1;
  if (!(low <= 0 && high >= 0 && low < high)) {
    throw bad(`the control ${wish.name} goes from ${low} to ${high}`, "0 must lie inside: it is rest");
  }
  return {
    name: wish.name, kind: wish.kind ?? "button", low, high, values: wish.values ?? null, unit: wish.unit ?? "",
    keys: wish.keys ?? {}, pad: wish.pad ?? {}, mouse: wish.mouse ?? null, help: wish.help ?? "",
  };
}

/** A layer's entry as bytes; typed arrays are little-endian on every machine that has browsers. */
export function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Picture, controls and all else of a row, before it has its number. */
export type RowBody = Data;
