// What a field of a message may hold: checks that throw WireError with the field's place.

import { Limit } from "./constants.js";
import { isMap } from "./codec.js";
import { WireError } from "./errors.js";

export type Check = ((value: unknown, at: string) => void) & { nil?: boolean };

function refuse(at: string, value: unknown): never {
  const shown = typeof value === "number" || typeof value === "boolean" ? String(value) : typeof value;
  throw new WireError("bad_message", `${at} is ${value === null || value === undefined ? "missing" : shown}`);
}

export const any: Check = () => {};
export const bool: Check = (v, at) => void (typeof v === "boolean" || refuse(at, v));
export const bin: Check = (v, at) => void (v instanceof Uint8Array || refuse(at, v));

export const int =
  (low = 0, high: number = Limit.MAX_INTEGER): Check =>
  (v, at) =>
    void ((Number.isSafeInteger(v) && (v as number) >= low && (v as number) <= high) || refuse(at, v));

export const float =
  (low = -Infinity, high = Infinity): Check =>
  (v, at) =>
    void ((typeof v === "number" && v >= low && v <= high) || refuse(at, v));

export const text =
  (most = 4096, least = 0): Check =>
  (v, at) =>
    void ((typeof v === "string" && v.length <= most && v.length >= least) || refuse(at, v));

export const oneOf =
  (...words: string[]): Check =>
  (v, at) =>
    void (words.includes(v as string) || refuse(at, v));

export const list =
  (item: Check, most: number = Limit.MAX_ITEMS, least = 0): Check =>
  (v, at) => {
    if (!Array.isArray(v) || v.length > most || v.length < least) refuse(at, v);
    v.forEach((one, place) => item(one, `${at}[${place}]`));
  };

export const places =
  (...items: Check[]): Check =>
  (v, at) => {
    if (!Array.isArray(v) || v.length !== items.length) refuse(at, v);
    items.forEach((item, place) => item(v[place], `${at}[${place}]`));
  };

export const map =
  (item: Check, most: number = Limit.MAX_ITEMS): Check =>
  (v, at) => {
    if (!isMap(v) || Object.keys(v).length > most) refuse(at, v);
    for (const [key, one] of Object.entries(v)) item(one, `${at}.${key}`);
  };

/** A field that must be there, and may be nil. */
export function nil(inner: Check): Check {
  return Object.assign((v: unknown, at: string) => void (v === null || inner(v, at)), { nil: true });
}

/** A map with these fields; names that end in "?" may be left out or be nil, names not given are ignored. */
export function record(fields: { [name: string]: Check }): Check {
  const rows = Object.entries(fields).map(([name, check]) => ({
    name: name.replace("?", ""),
    optional: name.endsWith("?"),
    check,
  }));
  return (v, at) => {
    if (!isMap(v)) refuse(at, v);
    for (const { name, optional, check } of rows) {
      const value = v[name];
      if (value !== undefined && value !== null) check(value, `${at}.${name}`);
      else if (!optional && !(value === null && check.nil)) refuse(`${at}.${name}`, value);
    }
  };
}
