// The wire, from the words of protocol/SPEC.md: sections 2 (data), 4 (client to server), 5 (server to client).

import { decode, encode } from "@msgpack/msgpack";

export const SUBPROTOCOL = "worldsdk.v1.msgpack";
const MAX_INTEGER = 2 ** 53 - 1;
const MAX_DEPTH = 16;
const MAX_ITEMS = 4096;
const MAX_VALUES = 16384;

export class WireError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const bad = (where, what) => {
  throw new WireError("bad_message", `${where} ${what}`);
};

// What a field may be: a function that throws.
const int = (low = 0, high = MAX_INTEGER) => (v, at) =>
  (Number.isSafeInteger(v) && v >= low && v <= high) || bad(at, `is ${v}`);
const float = (low = -Infinity, high = Infinity) => (v, at) =>
  (typeof v === "number" && v >= low && v <= high) || bad(at, `is ${v}`);
const bool = (v, at) => typeof v === "boolean" || bad(at, `is ${v}`);
const string = (most = 4096, least = 0) => (v, at) =>
  (typeof v === "string" && v.length <= most && v.length >= least) || bad(at, "is no such string");
const bin = (v, at) => v instanceof Uint8Array || bad(at, "is no bin");
const oneOf = (...words) => (v, at) => words.includes(v) || bad(at, `is ${v}`);
const isMap = (v) => typeof v === "object" && v !== null && !Array.isArray(v) && !(v instanceof Uint8Array);
const map = (value, most = MAX_ITEMS) => (v, at) => {
  if (!isMap(v) || Object.keys(v).length > most) bad(at, "is no such map");
  for (const [key, item] of Object.entries(v)) value(item, `${at}.${key}`);
};
const list = (item, most = MAX_ITEMS, least = 0) => (v, at) => {
  if (!Array.isArray(v) || v.length > most || v.length < least) bad(at, "is no such array");
  v.forEach((one, place) => item(one, `${at}[${place}]`));
};
const places = (...items) => (v, at) => {
  if (!Array.isArray(v) || v.length !== items.length) bad(at, "is no such array");
  items.forEach((item, place) => item(v[place], `${at}[${place}]`));
};
const nullable = (inner) => (v, at) => v === null || inner(v, at);
const any = () => true;

// A record: names that end in "?" may be left out or nil.
const record = (fields) => (v, at) => {
  if (!isMap(v)) bad(at, "is no map");
  for (const [name, check] of Object.entries(fields)) {
    const key = name.replace("?", "");
    if (v[key] !== undefined && v[key] !== null) check(v[key], `${at}.${key}`);
    else if (!name.endsWith("?") && !(v[key] === null && check.nil)) bad(`${at}.${key}`, "is missing");
  }
};
const nil = (inner) => Object.assign(nullable(inner), { nil: true });

const name = string(64, 1);
const label = string(64);
const id = string(128, 1);
const token = string(4096);
const values = map(float(), 256);
const duration = float(0, 1e12);
const role = oneOf("player", "viewer", "stepper");
const mode = oneOf("realtime", "lockstep");

const control = record({
  name, kind: oneOf("button", "axis"), low: float(), high: float(), values: nil(list(float())), unit: label,
  keys: values, pad: values, mouse: nil(places(oneOf("x", "y"), float())), help: string(),
});

export const TYPES = {
  client: {
    hello: record({
      v: places(int(0, 65535), int(0, 65535)), role, mode, codecs: list(name, 16, 1), max_message: int(1024),
      "credit?": int(1, 64), "room?": id, "token?": token, "resume?": token, "layers?": list(name, 16),
      "client?": record({ "name?": label, "version?": label, "engine?": label }),
    }),
    input: record({
      seq: int(), ts: int(), "controls?": values, "keys?": list(name, 32), "pad?": values,
      "mouse?": places(float(), float()), "ticks?": int(1, 1000),
    }),
    ack: record({ seq: int(), "shown?": int(), "credit?": int(1, 64) }),
    command: record({ id: int(), name, "args?": map(any) }),
    ping: record({ t0: int() }),
    bye: record({ "reason?": string(256) }),
  },
  server: {
    welcome: record({
      v: int(0, 65535), session: id, room: id, role, mode, resume: token,
      world: record({ name, title: string(), summary: string(), digest: string(128), license: string(128) }),
      size: places(int(1, 65535), int(1, 65535)), codec: name, rate: float(0.001, 1000), budget_ms: duration,
      tick: int(), controls: list(control),
      layers: list(record({ name, low: float(), high: float(), unit: label, encoding: oneOf("u16") })),
      state: list(record({ name, low: float(), high: float(), unit: label, "cyclic?": bool })),
      starts: int(), commands: map(map(any)),
      limits: record({
        max_message: int(), input_hz: float(), command_hz: float(), keys: int(), image_bytes: int(),
        image_pixels: int(), session_seconds: float(), idle_seconds: float(), resume_seconds: float(),
        rewind_ticks: int(),
      }),
      capabilities: list(name), credit: int(1, 64), server: record({ name: label, version: label }),
      paused: bool, held_seq: int(),
    }),
    frame: record({
      seq: int(), tick: int(), pts: int(), applied: int(), key: bool, codec: name, data: bin, reward: float(),
      ended: bool, steps: int(), met: bool, replaced: int(), "ts?": int(), "layers?": map(bin, 16),
      "state?": values, "truncated?": bool, "held?": bool, "stages?": map(duration, 32),
      "total_ms?": duration, "queue_ms?": duration, "encode_ms?": duration, "hash?": string(128),
      "drift?": float(),
    }),
    accepted: record({ re: int(), "position?": int() }),
    applied: record({ re: int(), tick: int(), "result?": map(any) }),
    error: record({
      code: name, message: string(), retry: bool, fatal: bool, "re?": int(), "retry_after_ms?": int(),
      "position?": int(), "detail?": map(any),
    }),
    event: record({ name, "data?": map(any) }),
    pong: record({ t0: int(), t1: int(), t2: int() }),
    goaway: record({ action: oneOf("resume", "reconnect", "stop"), reason: string(256), in_ms: int(), "url?": string() }),
  },
};

const noExt = {
  tryToEncode: () => null,
  decode: (_data, type) => bad("the message", `holds ext type ${type}`),
};

const options = {
  extensionCodec: noExt,
  maxArrayLength: MAX_ITEMS,
  maxMapLength: MAX_ITEMS,
  mapKeyConverter: (key) => (typeof key === "string" ? key : bad("the message", "has a key that is no string")),
};

export const pack = (message) => encode(message, { ignoreUndefined: true });

// The map in `bytes`; throws WireError.
export function unpack(bytes, maxBytes = 16 * 1024 * 1024) {
  if (bytes.length > maxBytes) throw new WireError("too_large", `has ${bytes.length} bytes`);
  let value;
  try {
    value = decode(bytes, options);
  } catch (error) {
    if (error instanceof WireError) throw error;
    throw new WireError("bad_message", String(error));
  }
  if (!isMap(value)) bad("the message", "is no map");
  walk(value, 1, { seen: 1 });
  if (Object.keys(value).length !== entries(bytes)) bad("the message", "names a key twice");
  return value;
}

// The message in `bytes`, from "client" or "server"; throws WireError.
export function read(bytes, sender, maxBytes) {
  const value = unpack(bytes, maxBytes);
  if (typeof value.t !== "string") bad("t", "is no string");
  const check = TYPES[sender][value.t];
  if (check === undefined) throw new WireError("unknown_type", `there is no ${value.t}`);
  check(value, value.t);
  return value;
}

function walk(value, depth, count) {
  if (depth > MAX_DEPTH) bad("the message", "is nested too deep");
  const items = Array.isArray(value) ? value : Object.values(value);
  count.seen += Array.isArray(value) ? items.length : 2 * items.length;
  if (count.seen > MAX_VALUES) bad("the message", "holds too much");
  for (const item of items) {
    if (typeof item === "number") {
      if (!Number.isFinite(item)) bad("the message", `holds ${item}`);
      if (Number.isInteger(item) && !Number.isSafeInteger(item) && Math.abs(item) <= 2 ** 64)
        bad("the message", `holds ${item}`);
    } else if (Array.isArray(item) || isMap(item)) walk(item, depth + 1, count);
  }
}

function entries(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[0] === 0xde) return view.getUint16(1);
  return bytes[0] === 0xdf ? view.getUint32(1) : bytes[0] & 0x0f;
}
