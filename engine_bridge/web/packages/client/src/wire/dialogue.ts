// One client's side of a session, across all of its connections. Messages in, messages out: no socket, no waiting.

import { Version } from "../protocol/constants.js";
import { pack } from "../protocol/codec.js";
import { WireError } from "../protocol/errors.js";
import { type Failure, failure, failureOf } from "../protocol/failures.js";
import type { Data, FrameMessage, GoAway, Hello, Levels, ServerMessage, Welcome } from "../protocol/messages.js";
import { CLIENT_VERSION } from "../version.js";
import { micros, nowMs } from "./clock.js";

/** What a client asks for in `hello`. */
export interface Wishes {
  role: Hello["role"];
  mode: Hello["mode"];
  codecs: string[];
  layers: string[];
  credit: number;
  maxMessage: number;
  engine: string;
  room?: string;
  token?: string;
  resume?: string;
}

/** What is held, and how the mouse moved since the last input. `ts`: ms of the event that made it so. */
export interface Held {
  ts: number;
  controls: Levels;
  keys: string[];
  pad: Levels;
  mouse: [number, number];
  ticks: number;
}

interface Asked {
  ask: number;
  name: string;
  args: Data;
  accepted: boolean;
}

/** What a dialogue tells its owner, as it happens. */
export interface Listener {
  send(bytes: Uint8Array<ArrayBuffer>): void;
  welcomed(welcome: Welcome, resumed: boolean): void;
  frame(message: FrameMessage): void;
  accepted(ask: number, position: number): void;
  applied(ask: number, tick: number, result: Data): void;
  refused(ask: number, error: Failure): void;
  troubled(error: Failure): void;
  event(name: string, data: Data): void;
  ponged(rttMs: number, offsetMs: number): void;
}

/** Commands that may be said again when it is not known whether they arrived: twice does what once does. */
const REPEATABLE = new Set(["pause", "resume", "reset", "start", "speed", "snapshot", "restore", "quality"]);

/** Outlives connections; `open` begins each. */
export class Dialogue {
  welcome: Welcome | null = null;
  goaway: GoAway | null = null;
  /** Why the server will not go on, once it said so. */
  fatal: Failure | null = null;
  retryAfterMs = 0;
  resumeToken: string;
  /** Counts connections that were welcomed. */
  connections = 0;
  private session = "";
  private room: string;
  private seq = 0;
  private newest: Held | null = null;
  private unsaid = false;
  private ids = 0;
  private asked = new Map<number, Asked>();
  private frames = 0;
  private unacked = 0;

  constructor(
    readonly wishes: Wishes,
    private readonly listener: Listener,
    private readonly now: () => number = nowMs,
  ) {
    this.resumeToken = wishes.resume ?? "";
    this.room = wishes.room ?? "";
  }

  /** A connection is open: says hello. What the one before it was told is forgotten. */
  open(): void {
    this.lost();
    this.frames = this.unacked = 0;
    const { role, mode, codecs, layers, credit, maxMessage, engine, token } = this.wishes;
    const hello: Hello = {
      t: "hello",
      v: [0, Version.MINOR],
      role,
      mode,
      codecs,
      max_message: maxMessage,
      credit,
      client: { name: "@worldsdk/client", version: CLIENT_VERSION, engine },
    };
    if (layers.length) hello.layers = layers;
    if (this.room) hello.room = this.room;
    if (token) hello.token = token;
    if (this.resumeToken) hello.resume = this.resumeToken;
    this.listener.send(pack(hello));
  }

  /** Sends what is held; returns the input's number. */
  input(held: Held): number {
    this.newest = held;
    this.unsaid = this.welcome === null;
    return this.unsaid ? 0 : this.sayNewest();
  }

  /** Sends a command; its answer is told under the number `ask`. */
  command(ask: number, name: string, args: Data): void {
    if (this.welcome === null) this.asked.set(-ask, { ask, name, args, accepted: false });
    else this.sayCommand({ ask, name, args, accepted: false });
  }

  ping(): void {
    this.listener.send(pack({ t: "ping", t0: micros(this.now()) }));
  }

  /** A frame of connection number `connection` is on the screen since `at` ms. */
  shown(connection: number, seq: number, at: number): void {
    if (this.welcome === null || connection !== this.connections) return;
    this.listener.send(pack({ t: "ack", seq, shown: micros(at) }));
  }

  bye(reason: string): void {
    this.listener.send(pack({ t: "bye", reason: reason.slice(0, 256) }));
  }

  /** The connection is gone: what is asked for from here on waits for the next. */
  lost(): void {
    this.welcome = this.goaway = this.fatal = null;
    this.retryAfterMs = 0;
  }

  /** Gives up every command that waits: the session will not come back. */
  abandon(why: Failure): void {
    const waiting = [...this.asked.values()];
    this.asked.clear();
    for (const { ask } of waiting) this.listener.refused(ask, why);
  }

  /** Takes a message. @throws WireError where the server broke the protocol: the connection is no good. */
  receive(message: ServerMessage): void {
    if (this.welcome === null && !["welcome", "error", "goaway", "pong", "event"].includes(message.t)) {
      throw new WireError("bad_message", `${message.t} came before welcome`);
    }
    switch (message.t) {
      case "welcome":
        return this.welcomed(message);
      case "frame":
        return this.framed(message);
      case "accepted":
        return this.listener.accepted(this.settling(message.re, false).ask, message.position ?? 0);
      case "applied":
        return this.listener.applied(this.settling(message.re, true).ask, message.tick, message.result ?? {});
      case "error":
        if (message.re != null) return this.listener.refused(this.settling(message.re, true).ask, failureOf(message));
        if (!message.fatal) return this.listener.troubled(failureOf(message));
        this.fatal = failureOf(message);
        this.retryAfterMs = message.retry ? (message.retry_after_ms ?? 0) : 0;
        return;
      case "event":
        return this.listener.event(message.name, message.data ?? {});
      case "pong": {
        const now = this.now();
        const trip = Math.max(0, now - message.t0 / 1000 - (message.t2 - message.t1) / 1000);
        const offset = (message.t0 / 1000 + now) / 2 - (message.t1 + message.t2) / 2000;
        return this.listener.ponged(trip, offset);
      }
      case "goaway":
        this.goaway = message;
    }
  }

  private welcomed(message: Welcome): void {
    if (this.welcome !== null) throw new WireError("bad_message", "the server said welcome twice");
    if (message.v > Version.MINOR) {
      throw new WireError("bad_message", `welcome.v is ${message.v}, it was offered 0 to ${Version.MINOR}`);
    }
    const resumed = this.session !== "" && this.session === message.session;
    this.welcome = message;
    this.session = message.session;
    this.resumeToken = message.resume;
    // Viewers have no token to come back with, only the room's name.
    if (message.role === "viewer") this.room = message.room;
    this.connections += 1;
    this.listener.welcomed(message, resumed);
    this.resend(message.held_seq);
  }

  /** What the server did not get is said again; what cannot be repeated is given up. */
  private resend(heldSeq: number): void {
    const waiting = [...this.asked];
    this.asked.clear();
    const unheard = this.unsaid || this.seq > heldSeq;
    this.seq = heldSeq;
    this.unsaid = false;
    if (this.newest !== null && unheard) this.sayNewest();
    for (const [id, asked] of waiting) {
      if (id < 0 || REPEATABLE.has(asked.name)) this.sayCommand({ ...asked, accepted: false });
      else {
        this.listener.refused(
          asked.ask,
          failure(
            "lost",
            `The connection was lost while ${asked.name} was on its way.`,
            "it may or may not have happened: look at the frame's tick",
          ),
        );
      }
    }
  }

  private framed(message: FrameMessage): void {
    if (message.seq !== this.frames + 1) {
      throw new WireError("bad_message", `frame.seq is ${message.seq}, ${this.frames + 1} is next`);
    }
    if (message.applied > this.seq) throw new WireError("bad_message", `frame.applied is ${message.applied}: never sent`);
    this.frames = message.seq;
    this.unacked += 1;
    const { mode, credit } = this.welcome as Welcome;
    // In lockstep nothing is replaced: half a window at once spares most acks.
    if (mode === "realtime" || 2 * this.unacked >= credit) {
      this.unacked = 0;
      this.listener.send(pack({ t: "ack", seq: message.seq }));
    }
    this.listener.frame(message);
  }

  private settling(re: number, last: boolean): Asked {
    const asked = this.asked.get(re);
    if (asked === undefined || (!last && asked.accepted)) {
      throw new WireError("bad_message", `a receipt for command ${re}, which does not wait for one`);
    }
    asked.accepted = true;
    if (last) this.asked.delete(re);
    return asked;
  }

  private sayNewest(): number {
    const { ts, controls, keys, pad, mouse, ticks } = this.newest as Held;
    this.seq += 1;
    this.listener.send(
      pack({
        t: "input",
        seq: this.seq,
        ts: micros(ts),
        controls: Object.keys(controls).length ? controls : undefined,
        keys: keys.length ? keys : undefined,
        pad: Object.keys(pad).length ? pad : undefined,
        mouse: mouse[0] || mouse[1] ? mouse : undefined,
        ticks: ticks > 1 ? ticks : undefined,
      }),
    );
    return this.seq;
  }

  private sayCommand(asked: Asked): void {
    this.ids += 1;
    this.asked.set(this.ids, asked);
    const args = Object.keys(asked.args).length ? asked.args : undefined;
    this.listener.send(pack({ t: "command", id: this.ids, name: asked.name, args }));
  }
}
