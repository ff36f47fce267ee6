// What tests share: a server that is no server, a clock that moves when told.

import { pack, unpack } from "../src/protocol/codec.js";
import type { Data, Welcome } from "../src/protocol/messages.js";
import type { Wishes } from "../src/wire/dialogue.js";
import { type Closing, Link, type LinkListener, PATIENCE, type Socket, type Surroundings } from "../src/wire/link.js";

export const WELCOME: Welcome = {
  t: "welcome",
  v: 0,
  session: "s1",
  room: "r1",
  role: "player",
  mode: "realtime",
  resume: "token-1",
  world: { name: "toy", title: "Toy", summary: "", digest: "", license: "MIT" },
  size: [2, 1],
  codec: "raw_rgba",
  rate: 20,
  budget_ms: 50,
  tick: 0,
  controls: [
    { name: "walk", kind: "button", low: 0, high: 1, values: null, unit: "", keys: { KeyW: 1 }, pad: { A: 1 }, mouse: null, help: "" },
    { name: "turn", kind: "axis", low: -8, high: 8, values: null, unit: "degrees/tick", keys: {}, pad: { LeftStickX: 8 }, mouse: ["x", 0.1], help: "" },
  ],
  layers: [{ name: "depth", low: 1, high: 3, unit: "m", encoding: "u16" }],
  state: [],
  starts: 2,
  commands: { pause: {}, resume: {} },
  limits: {
    max_message: 0, input_hz: 100, command_hz: 20, keys: 32, image_bytes: 0, image_pixels: 0,
    session_seconds: 0, idle_seconds: 0, resume_seconds: 60, rewind_ticks: 0,
  },
  capabilities: ["reset", "rewind"],
  credit: 3,
  server: { name: "toy", version: "9" },
  paused: false,
  held_seq: 0,
};

export const WISHES: Wishes = {
  role: "player",
  mode: "realtime",
  codecs: ["raw_rgba"],
  layers: [],
  credit: 3,
  maxMessage: 1 << 20,
  engine: "test",
};

export function frame(seq: number, more: Data = {}): Data {
  return {
    t: "frame", seq, tick: seq, pts: seq * 50_000, applied: 0, key: true, codec: "raw_rgba", data: new Uint8Array(8),
    reward: 0, ended: false, steps: 1, met: true, replaced: 0, ...more,
  };
}

export class FakeSocket implements Socket {
  binaryType = "";
  readyState = 0;
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: Socket["onerror"] = null;
  sent: Data[] = [];

  constructor(readonly url: string) {}

  send(data: Uint8Array<ArrayBuffer>): void {
    this.sent.push(unpack(data));
  }

  close(): void {
    this.readyState = 3;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.({});
  }

  say(message: object): void {
    this.onmessage?.({ data: pack(message).slice().buffer });
  }

  drop(code = 1006, reason = ""): void {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }

  /** Messages of a type that the client sent. */
  of(type: string): Data[] {
    return this.sent.filter(({ t }) => t === type);
  }
}

/** A link among fake sockets; `log` tells what its owner heard. */
export class Bench {
  time = 1_000_000;
  sockets: FakeSocket[] = [];
  log: [string, ...unknown[]][] = [];
  private timers: { at: number; action: () => void }[] = [];
  readonly link: Link;

  constructor(wishes: Partial<Wishes> = {}, reconnectMs = 30_000) {
    const around: Surroundings = {
      socket: (url) => {
        this.sockets.push(new FakeSocket(url));
        return this.socket;
      },
      now: () => this.time,
      later: (ms, action) => {
        const timer = { at: this.time + ms, action };
        this.timers.push(timer);
        return () => (this.timers = this.timers.filter((one) => one !== timer));
      },
      origin: "http://page.example",
    };
    const hear = (name: string) => (...args: unknown[]) => void this.log.push([name, ...args]);
    const names = ["welcomed", "frame", "accepted", "applied", "refused", "troubled", "event", "ponged", "closed"];
    const listener = Object.fromEntries(names.map((name) => [name, hear(name)])) as unknown as LinkListener;
    this.link = new Link("localhost:1", { ...WISHES, ...wishes }, listener, { ...PATIENCE, reconnectMs }, around);
    this.link.open();
  }

  get socket(): FakeSocket {
    return this.sockets[this.sockets.length - 1] as FakeSocket;
  }

  /** The connection opens and is welcomed. */
  greet(more: Partial<Welcome> = {}): FakeSocket {
    this.socket.open();
    this.socket.say({ ...WELCOME, ...more });
    return this.socket;
  }

  pass(ms: number): void {
    const until = this.time + ms;
    for (;;) {
      const due = this.timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.timers = this.timers.filter((one) => one !== due);
      this.time = Math.max(this.time, due.at);
      due.action();
    }
    this.time = until;
  }

  heard(name: string): unknown[][] {
    return this.log.filter(([one]) => one === name).map(([, ...args]) => args);
  }

  get closings(): Closing[] {
    return this.heard("closed").map(([closing]) => closing as Closing);
  }
}

export const HELD = { ts: 5, controls: {}, keys: ["KeyW"], pad: {}, mouse: [0, 0] as [number, number], ticks: 1 };
