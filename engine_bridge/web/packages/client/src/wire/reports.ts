// What crosses between the page and the thread that has the socket. Everything here can be cloned.

import type { Failure } from "../protocol/failures.js";
import type { Data, Levels, Welcome } from "../protocol/messages.js";
import type { Held, Wishes } from "./dialogue.js";
import type { Layer } from "./layers.js";
import type { Closing, Patience } from "./link.js";
import type { Picture } from "./pictures.js";

/** A frame, decoded. Times in ms of `nowMs`, but `pts`: ms of the server's clock. */
export interface FrameReport {
  connection: number;
  seq: number;
  tick: number;
  pts: number;
  applied: number;
  ts: number | null;
  arrived: number;
  codec: string;
  key: boolean;
  picture: Picture;
  layers: { [name: string]: Layer };
  state: Levels;
  reward: number;
  ended: boolean;
  truncated: boolean;
  held: boolean;
  steps: number;
  met: boolean;
  replaced: number;
  /** Received, and overtaken before they were decoded or taken by the page, since the frame before. */
  overtaken: number;
  stages: Levels;
  totalMs: number;
  queueMs: number;
  encodeMs: number;
  hash: string;
  drift: number | null;
}

export type Request =
  | { kind: "open"; url: string; origin: string | null; wishes: Omit<Wishes, "codecs"> & { codecs?: string[] }; patience: Patience }
  | { kind: "input"; held: Held }
  | { kind: "command"; ask: number; name: string; args: Data }
  | { kind: "taken" }
  | { kind: "shown"; connection: number; seq: number; at: number }
  | { kind: "close"; reason: string };

export type Report =
  | { kind: "welcome"; welcome: Welcome; resumed: boolean; connection: number }
  | { kind: "frame"; frame: FrameReport }
  | { kind: "sent"; seq: number }
  | { kind: "accepted"; ask: number; position: number }
  | { kind: "applied"; ask: number; tick: number; result: Data }
  | { kind: "refused"; ask: number; failure: Failure }
  | { kind: "failed"; failure: Failure }
  | { kind: "event"; name: string; data: Data }
  | { kind: "ponged"; rttMs: number; offsetMs: number }
  | { kind: "closed"; closing: Closing };
