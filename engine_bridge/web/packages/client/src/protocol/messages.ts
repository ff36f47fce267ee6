// The messages of protocol/SPEC.md, sections 4 and 5, as they travel: names and units are the specification's.

import type { Mode, Role } from "./constants.js";

/** A map as it travels. */
export type Data = { [key: string]: unknown };

/** Control name (or key, or pad input) -> value. */
export type Levels = { [name: string]: number };

export interface Hello {
  t: "hello";
  v: [number, number];
  role: Role;
  mode: Mode;
  codecs: string[];
  max_message: number;
  credit?: number;
  room?: string;
  token?: string;
  resume?: string;
  layers?: string[];
  client?: { name?: string; version?: string; engine?: string };
}

export interface Input {
  t: "input";
  seq: number;
  ts: number;
  controls?: Levels;
  keys?: string[];
  pad?: Levels;
  mouse?: [number, number];
  ticks?: number;
}

/** A control that the world listens to, and what moves it. */
export interface Control {
  name: string;
  kind: "button" | "axis";
  low: number;
  high: number;
  values: number[] | null;
  unit: string;
  keys: Levels;
  pad: Levels;
  mouse: ["x" | "y", number] | null;
  help: string;
}

export interface LayerInfo {
  name: string;
  low: number;
  high: number;
  unit: string;
  encoding: "u16";
}

export interface VariableInfo {
  name: string;
  low: number;
  high: number;
  unit: string;
  cyclic?: boolean;
  /** Whether the command `state` takes it. */
  settable?: boolean;
}

export interface Limits {
  max_message: number;
  input_hz: number;
  command_hz: number;
  keys: number;
  image_bytes: number;
  image_pixels: number;
  session_seconds: number;
  idle_seconds: number;
  resume_seconds: number;
  rewind_ticks: number;
}

export interface Welcome {
  t: "welcome";
  v: number;
  session: string;
  room: string;
  role: Role;
  mode: Mode;
  resume: string;
  world: { name: string; title: string; summary: string; digest: string; license: string };
  size: [number, number];
  codec: string;
  rate: number;
  budget_ms: number;
  tick: number;
  controls: Control[];
  layers: LayerInfo[];
  state: VariableInfo[];
  starts: number;
  commands: { [name: string]: Data };
  limits: Limits;
  capabilities: string[];
  credit: number;
  server: { name: string; version: string };
  paused: boolean;
  held_seq: number;
}

export interface FrameMessage {
  t: "frame";
  seq: number;
  tick: number;
  pts: number;
  applied: number;
  key: boolean;
  codec: string;
  data: Uint8Array;
  reward: number;
  ended: boolean;
  steps: number;
  met: boolean;
  replaced: number;
  ts?: number | null;
  layers?: { [name: string]: Uint8Array } | null;
  state?: Levels | null;
  truncated?: boolean | null;
  held?: boolean | null;
  stages?: Levels | null;
  total_ms?: number | null;
  queue_ms?: number | null;
  encode_ms?: number | null;
  hash?: string | null;
  drift?: number | null;
}

export interface Accepted {
  t: "accepted";
  re: number;
  position?: number | null;
}

export interface Applied {
  t: "applied";
  re: number;
  tick: number;
  result?: Data | null;
}

export interface ErrorMessage {
  t: "error";
  code: string;
  message: string;
  retry: boolean;
  fatal: boolean;
  re?: number | null;
  retry_after_ms?: number | null;
  position?: number | null;
  detail?: Data | null;
}

export interface EventMessage {
  t: "event";
  name: string;
  data?: Data | null;
}

export interface Pong {
  t: "pong";
  t0: number;
  t1: number;
  t2: number;
}

export interface GoAway {
  t: "goaway";
  action: "resume" | "reconnect" | "stop";
  reason: string;
  in_ms: number;
  url?: string | null;
}

export type ServerMessage = Welcome | FrameMessage | Accepted | Applied | ErrorMessage | EventMessage | Pong | GoAway;
