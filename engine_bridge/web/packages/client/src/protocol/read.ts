// Every message of both sides, checked: protocol/SPEC.md, sections 4 and 5.

import { Limit } from "./constants.js";
import { unpack } from "./codec.js";
import { WireError } from "./errors.js";
import { any, bin, bool, type Check, float, int, list, map, nil, oneOf, places, record, text } from "./fields.js";
import type { Data, ServerMessage } from "./messages.js";

const name = text(64, 1);
const label = text(64);
const id = text(128, 1);
const token = text(4096);
const values = map(float(), 256);
const duration = float(0, 1e12);
const credit = int(1, Limit.MAX_CREDIT);
const role = oneOf("player", "viewer", "stepper");
const mode = oneOf("realtime", "lockstep");

const control = record({
  name,
  kind: oneOf("button", "axis"),
  low: float(),
  high: float(),
  values: nil(list(float())),
  unit: label,
  keys: values,
  pad: values,
  mouse: nil(places(oneOf("x", "y"), float())),
  help: text(),
});

const variable = { name, low: float(), high: float(), unit: label };

const limits = record({
  max_message: int(),
  input_hz: float(),
  command_hz: float(),
  keys: int(),
  image_bytes: int(),
  image_pixels: int(),
  session_seconds: float(),
  idle_seconds: float(),
  resume_seconds: float(),
  rewind_ticks: int(),
});

const CLIENT: { [type: string]: Check } = {
  hello: record({
    v: places(int(0, 65535), int(0, 65535)),
    role,
    mode,
    codecs: list(name, 16, 1),
    max_message: int(1024),
    "credit?": credit,
    "room?": id,
    "token?": token,
    "resume?": token,
    "layers?": list(name, 16),
    "client?": record({ "name?": label, "version?": label, "engine?": label }),
  }),
  input: record({
    seq: int(),
    ts: int(),
    "controls?": values,
    "keys?": list(name, Limit.MAX_KEYS),
    "pad?": values,
    "mouse?": places(float(), float()),
    "ticks?": int(1, Limit.MAX_TICKS),
  }),
  ack: record({ seq: int(), "shown?": int(), "credit?": credit }),
  command: record({ id: int(), name, "args?": map(any) }),
  ping: record({ t0: int() }),
  bye: record({ "reason?": text(256) }),
};

const SERVER: { [type: string]: Check } = {
  welcome: record({
    v: int(0, 65535),
    session: id,
    room: id,
    role,
    mode,
    resume: token,
    world: record({ name, title: text(), summary: text(), digest: text(128), license: text(128) }),
    size: places(int(1, 65535), int(1, 65535)),
    codec: name,
    rate: float(0.001, 1000),
    budget_ms: duration,
    tick: int(),
    controls: list(control),
    layers: list(record({ ...variable, encoding: oneOf("u16") })),
    state: list(record({ ...variable, "cyclic?": bool, "settable?": bool })),
    starts: int(),
    commands: map(map(any)),
    limits,
    capabilities: list(name),
    credit,
    server: record({ name: label, version: label }),
    paused: bool,
    held_seq: int(),
  }),
  frame: record({
    seq: int(),
    tick: int(),
    pts: int(),
    applied: int(),
    key: bool,
    codec: name,
    data: bin,
    reward: float(),
    ended: bool,
    steps: int(),
    met: bool,
    replaced: int(),
    "ts?": int(),
    "layers?": map(bin, 16),
    "state?": values,
    "truncated?": bool,
    "held?": bool,
    "stages?": map(duration, 32),
    "total_ms?": duration,
    "queue_ms?": duration,
    "encode_ms?": duration,
    "hash?": text(128),
    "drift?": float(),
  }),
  accepted: record({ re: int(), "position?": int() }),
  applied: record({ re: int(), tick: int(), "result?": map(any) }),
  error: record({
    code: name,
    message: text(),
    retry: bool,
    fatal: bool,
    "re?": int(),
    "retry_after_ms?": int(),
    "position?": int(),
    "detail?": map(any),
  }),
  event: record({ name, "data?": map(any) }),
  pong: record({ t0: int(), t1: int(), t2: int() }),
  goaway: record({ action: oneOf("resume", "reconnect", "stop"), reason: text(256), in_ms: int(), "url?": text() }),
};

const TYPES = { client: CLIENT, server: SERVER };

/**
 * The message in `bytes`, sent by `sender`.
 *
 * @throws WireError `too_large`, `bad_message`, or `unknown_type` for a `t` that this version does not know.
 */
export function read(bytes: Uint8Array, sender: "client" | "server", maxBytes?: number): Data {
  const value = unpack(bytes, maxBytes);
  const type = value["t"];
  if (typeof type !== "string") throw new WireError("bad_message", "t is no string");
  const check = Object.hasOwn(TYPES[sender], type) ? TYPES[sender][type] : undefined;
  if (check === undefined) throw new WireError("unknown_type", `there is no message of type ${type.slice(0, 64)}`);
  check(value, type);
  return value;
}

/** The server's message in `bytes`, or null for a type that this version does not know. Throws WireError. */
export function readServer(bytes: Uint8Array, maxBytes?: number): ServerMessage | null {
  try {
    return read(bytes, "server", maxBytes) as unknown as ServerMessage;
  } catch (error) {
    if (error instanceof WireError && error.code === "unknown_type") return null;
    throw error;
  }
}
