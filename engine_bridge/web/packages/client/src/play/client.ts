// A connection to a world, for a page: verbs, events, the newest frame.

import { ErrorCode } from "../protocol/constants.js";
import { type Failure, failure, WorldError } from "../protocol/failures.js";
import type { Data, Levels, Welcome } from "../protocol/messages.js";
import { type BindOptions, Bindings } from "../input/bindings.js";
import { HeldInput } from "../input/held.js";
import { nowMs } from "../wire/clock.js";
import { type Host, makeHost } from "../wire/host.js";
import type { Layer } from "../wire/layers.js";
import type { Report } from "../wire/reports.js";
import { bad, imageFile, type ImageSource, require, rgb, whole } from "./arguments.js";
import { Emitter } from "./emitter.js";
import { WorldFrame } from "./frame.js";
import { Meter, type Quality } from "./meter.js";
import { type ConnectOptions, patienceOf, wishesOf } from "./options.js";

/** An answer to a command: the first tick that it holds for, and what came of it. */
export interface Applied {
  tick: number;
  result: Data;
}

export type Events = {
  /** A server said welcome; again after each time that the connection was lost. */
  connected: [welcome: Welcome, resumed: boolean];
  /** A frame came. Its picture may be gone when the next has come. */
  frame: [frame: WorldFrame];
  applied: [command: string, tick: number, result: Data];
  /** Once a second. */
  quality: [quality: Quality];
  /** What the server tells: `queue viewers recording quality warning drift ended paused resumed speed`. */
  event: [name: string, data: Data];
  /** Something was refused or went wrong; the connection may well go on. */
  failed: [code: string, message: string, failure: Failure];
  disconnected: [code: number, reason: string, willRetry: boolean, failure: Failure | null];
};

interface Waiting {
  name: string;
  args: Data;
  resolve: (applied: Applied) => void;
  reject: (error: WorldError) => void;
}

const QUALITY_MS = 1000;
const INPUT_SHARE = 0.7; // of the rate that the server allows, so that a hiccup is no offence

/** Commands after which an earlier input says nothing about how long inputs take to be seen. */
const TIME_CHANGING = new Set(["pause", "resume", "reset", "start", "restore", "rewind", "speed", "observe"]);

/** See the package's README. Every verb returns a promise, and tells of its failure by `failed` too. */
export class WorldClient extends Emitter<Events> {
  readonly held = new HeldInput();
  readonly meter = new Meter();
  /** Of the newest connection; null before the first. */
  welcome: Welcome | null = null;
  /** The newest, and only that. */
  frame: WorldFrame | null = null;
  connected = false;
  paused = false;
  ended = false;
  speed = 1;
  /** Filled in by whatever shows frames: see `WorldScreen`. */
  readonly presentation = { late: 0, dropped: 0, held: 0, warped: 0 };

  private host: Host | null = null;
  private bindings: Bindings | null = null;
  private bind: boolean | BindOptions = true;
  private opening: { resolve: (welcome: Welcome) => void; reject: (error: WorldError) => void } | null = null;
  private asked = new Map<number, Waiting>();
  private asks = 0;
  private sentSeq = 0;
  private steps: { resolve: (frame: WorldFrame) => void; reject: (error: WorldError) => void }[] = [];
  private mayInput = 0;
  private inputTimer: ReturnType<typeof setTimeout> | undefined;
  private qualityTimer: ReturnType<typeof setInterval> | undefined;

  get state(): Levels {
    return this.frame?.state ?? {};
  }

  get layers(): { [name: string]: Layer } {
    return this.frame?.layers ?? {};
  }

  get tick(): number {
    return this.frame?.tick ?? 0;
  }

  get reward(): number {
    return this.frame?.reward ?? 0;
  }

  /** Ms since the server finished the newest frame, by the clocks' offset; since it came, before that is known. */
  get ageMs(): number {
    if (this.frame === null) return 0;
    const { offset } = this.meter;
    const { pts, arrived } = this.frame;
    return Math.max(0, nowMs() - (offset === null ? arrived : Math.min(pts + offset, arrived)));
  }

  /** Whether decoding happens on another thread. */
  get threaded(): boolean {
    return this.host?.threaded ?? false;
  }

  // Coming and going.

  /** Connects; resolves to the server's welcome. A connection that there was is ended first. */
  async connect(url: string, options: ConnectOptions = {}): Promise<Welcome> {
    this.disconnect("connecting elsewhere");
    this.bind = options.bind ?? true;
    const host = makeHost(options.worker ?? true, (report) => {
      if (host === this.host) this.take(report);
    });
    this.host = host;
    const promise = new Promise<Welcome>((resolve, reject) => (this.opening = { resolve, reject }));
    promise.catch(() => {});
    try {
      const token = typeof options.token === "function" ? await options.token() : options.token;
      const origin = typeof location === "undefined" || location.origin === "null" ? null : location.origin;
      host.post({ kind: "open", url, origin, wishes: wishesOf(options, token), patience: patienceOf(options) });
    } catch (error) {
      const why = failure("unauthenticated", `No token could be had: ${error instanceof Error ? error.message : error}.`);
      this.over({ code: 1006, reason: "", failure: why, willRetry: false });
    }
    return promise;
  }

  /** Leaves: the seat is free at once. */
  disconnect(reason = ""): void {
    const { host } = this;
    if (host === null) return;
    this.host = null;
    host.post({ kind: "close", reason });
    // The goodbye is on its way; a worker that is ended at once would take it along.
    setTimeout(() => host.end(), 500);
    this.over({ code: 1000, reason, failure: null, willRetry: false });
  }

  // Verbs.

  /** Begins again, elsewhere or from a picture. */
  start(from: { seed?: number; start?: number; image?: ImageSource; frames?: ImageSource[] } = {}): Promise<Applied> {
    return this.verb("start", async ({ size, starts }) => {
      const seed = whole(from.seed ?? 0, "seed");
      if (from.frames) return { seed, frames: await Promise.all(from.frames.map((frame) => imageFile(frame, size))) };
      if (from.image) return { seed, image: await imageFile(from.image, size) };
      return { seed, start: whole(from.start ?? 0, "start", 0, Math.max(0, starts - 1)) };
    });
  }

  /** Begins again; what is left out stays. */
  reset({ seed, start }: { seed?: number; start?: number } = {}): Promise<Applied> {
    return this.verb("reset", () => ({
      ...(seed === undefined ? {} : { seed: whole(seed, "seed") }),
      ...(start === undefined ? {} : { start: whole(start, "start") }),
    }));
  }

  pause(): Promise<Applied> {
    return this.command("pause");
  }

  resume(): Promise<Applied> {
    return this.command("resume");
  }

  /** 0.1 to 4 times the world's own. */
  setSpeed(factor: number): Promise<Applied> {
    return this.verb("speed", () => {
      if (!(factor >= 0.1 && factor <= 4)) throw bad(`the speed is ${factor}`, "give 0.1 to 4");
      return { factor };
    });
  }

  /** The world as bytes, to be kept and restored. */
  snapshot(): Promise<Uint8Array> {
    return quietly(this.command("snapshot").then(({ result }) => (result["snapshot"] as Uint8Array).slice()));
  }

  restore(snapshot: Uint8Array | ArrayBuffer): Promise<Applied> {
    return this.command("restore", { snapshot: new Uint8Array(snapshot as ArrayBuffer) });
  }

  /** A twin of the world: another client joins it with `connect(url, { resume })`. */
  fork(): Promise<{ room: string; session: string; resume: string }> {
    return quietly(this.command("fork").then(({ result }) => result as { room: string; session: string; resume: string }));
  }

  rewind(ticks: number): Promise<Applied> {
    return this.verb("rewind", () => ({ ticks: whole(ticks, "ticks", 1) }));
  }

  /** Tells the world what it should see: a picture of the page's own, as its next frame. */
  observe(what: { image?: ImageSource; pixels?: Uint8Array | Uint8ClampedArray; controls?: Levels }): Promise<Applied> {
    return this.verb("observe", async ({ size }) => {
      const args: Data = what.controls ? { controls: what.controls } : {};
      if (what.image) return { ...args, image: await imageFile(what.image, size) };
      if (what.pixels) return { ...args, pixels: rgb(what.pixels, size) };
      throw bad("observe has no picture", "give image or pixels");
    });
  }

  /** Sets state variables, where `welcome.commands` has `state`: those that `welcome.state` calls settable. */
  setState(values: Levels): Promise<Applied> {
    return this.command("state", { values });
  }

  /** What is left out stays. */
  setQuality(wish: { steps?: number; codec?: string; jpegQuality?: number; credit?: number; hash?: boolean }): Promise<Applied> {
    const { jpegQuality, ...rest } = wish;
    return this.command("quality", { ...rest, ...(jpegQuality === undefined ? {} : { jpeg_quality: jpegQuality }) });
  }

  setPrompt(text: string): Promise<Applied> {
    return this.command("prompt", { text });
  }

  setAnchor(image: ImageSource): Promise<Applied> {
    return this.verb("anchor", async ({ size }) => ({ image: await imageFile(image, size) }));
  }

  /** Begins or ends a log on the server. */
  record(on: boolean): Promise<Applied> {
    return this.command("record", { on });
  }

  /** Any command by the protocol's name. */
  command(name: string, args: Data = {}): Promise<Applied> {
    return this.verb(name, () => args);
  }

  /** Refused before anything is sent where there is no connection, or where it may not be. */
  private verb(name: string, build: (welcome: Welcome) => Data | Promise<Data>): Promise<Applied> {
    const promise = new Promise<Applied>((resolve, reject) => {
      const send = (args: Data): void => {
        this.present(name);
        this.asks += 1;
        this.asked.set(this.asks, { name, args, resolve, reject });
        this.host?.post({ kind: "command", ask: this.asks, name, args });
      };
      const refuse = (error: unknown): void => {
        if (error instanceof WorldError) this.emit("failed", error.code, error.message, error);
        reject(error instanceof WorldError ? error : bad(`${name} failed: ${error}`, "look at its arguments"));
      };
      try {
        const args = build(this.present(name));
        if (args instanceof Promise) args.then(send).catch(refuse);
        else send(args);
      } catch (error) {
        refuse(error);
      }
    });
    return quietly(promise);
  }

  // Controls.

  /** Holds a control at a value until something else is set; 0 lets go. Throws WorldError `control_invalid`. */
  setControl(name: string, value: number): void {
    if (this.welcome !== null) {
      const control = this.held.controls.get(name);
      const names = [...this.held.controls.keys()].join(", ");
      if (control === undefined) throw this.told(failure(ErrorCode.CONTROL_INVALID, `There is no control ${name}.`, `there are: ${names}`));
      if (!(value >= Math.min(0, control.low) && value <= control.high)) {
        throw this.told(failure(ErrorCode.CONTROL_INVALID, `${name} is ${value}.`, `give ${control.low} to ${control.high} ${control.unit}`));
      }
    }
    this.held.set(name, value, nowMs());
    this.flushInput();
  }

  /** Holds a control at its most. */
  press(name: string): void {
    this.setControl(name, this.held.controls.get(name)?.high ?? 1);
  }

  release(name: string): void {
    this.setControl(name, 0);
  }

  /** Lets go of everything. */
  releaseAll(): void {
    this.held.release(nowMs(), true);
    this.flushInput();
  }

  /** Sends what is held if that has changed: at once, or as soon as the server's limits allow. */
  flushInput(): void {
    if (!this.connected || this.welcome?.role !== "player" || this.inputTimer !== undefined) return;
    const now = nowMs();
    const later = (ms: number): void => {
      this.inputTimer = setTimeout(() => {
        this.inputTimer = undefined;
        this.flushInput();
      }, ms);
    };
    if (now < this.mayInput) return later(this.mayInput - now);
    const taken = this.held.take(now);
    if (taken === null) return;
    const { again, ...held } = taken;
    const pause = 1000 / (INPUT_SHARE * (this.welcome.limits.input_hz || 120));
    this.mayInput = now + pause;
    this.host?.post({ kind: "input", held });
    if (again) later(pause);
  }

  /** Lockstep: takes `ticks` ticks with what is held, and resolves to the frame after the last. */
  step(ticks = 1): Promise<WorldFrame> {
    if (this.welcome?.mode !== "lockstep") return Promise.reject(bad("this world has its own clock", "connect with mode: 'lockstep'"));
    const { again: _again, ...held } = this.held.take(nowMs(), whole(ticks, "ticks", 1, 1000), true) as NonNullable<ReturnType<HeldInput["take"]>>;
    const promise = new Promise<WorldFrame>((resolve, reject) => this.steps.push({ resolve, reject }));
    this.host?.post({ kind: "input", held });
    return promise;
  }

  // Presentation.

  /** Whoever shows frames says when one was on the screen (ms of `nowMs`): the server learns it too. */
  shown(frame: WorldFrame, at: number): void {
    this.meter.shown(frame.applied, frame.ts, at);
    this.host?.post({ kind: "shown", connection: frame.connection, seq: frame.seq, at });
  }

  get quality(): Quality {
    const { late, held, warped, dropped } = this.presentation;
    const read = this.meter.read(nowMs());
    return { ...read, age_ms: this.ageMs, late, held, warped, dropped: read.dropped + dropped };
  }

  // What comes back.

  private take(report: Report): void {
    switch (report.kind) {
      case "welcome":
        return this.welcomed(report.welcome, report.resumed, report.connection);
      case "frame":
        return this.framed(new WorldFrame(report.frame));
      case "sent":
        this.sentSeq = Math.max(this.sentSeq, report.seq);
        return;
      case "accepted":
        return;
      case "applied":
        return this.applied(report.ask, report.tick, report.result);
      case "refused": {
        const waiting = this.asked.get(report.ask);
        this.asked.delete(report.ask);
        const error = this.told(report.failure);
        return waiting?.reject(error);
      }
      case "failed":
        this.steps.splice(0, 1).forEach(({ reject }) => reject(new WorldError(report.failure)));
        this.told(report.failure);
        return;
      case "event":
        return this.heard(report.name, report.data);
      case "ponged":
        return this.meter.ponged(report.rttMs, report.offsetMs);
      case "closed":
        return this.over(report.closing);
    }
  }

  private welcomed(welcome: Welcome, resumed: boolean, connection: number): void {
    this.welcome = welcome;
    this.connected = true;
    this.paused = welcome.paused;
    this.sentSeq = welcome.held_seq;
    this.meter.renew(welcome.held_seq);
    if (connection > 1) this.meter.reconnects += 1;
    this.held.bind(welcome.controls);
    if (this.bind !== false && welcome.role === "player" && typeof document !== "undefined") {
      this.bindings ??= new Bindings(this, this.bind === true ? {} : this.bind);
    }
    this.qualityTimer ??= setInterval(() => this.connected && this.emit("quality", this.quality), QUALITY_MS);
    this.emit("connected", welcome, resumed);
    this.opening?.resolve(welcome);
    this.opening = null;
    this.flushInput();
  }

  private framed(frame: WorldFrame): void {
    this.host?.post({ kind: "taken" });
    this.meter.came(frame);
    const before = this.frame;
    this.frame = frame;
    this.ended = frame.ended;
    this.emit("frame", frame);
    before?.release();
    // The present comes unasked with each connection, before any step.
    if (frame.seq > 1) this.steps.shift()?.resolve(frame);
  }

  private applied(ask: number, tick: number, result: Data): void {
    const waiting = this.asked.get(ask);
    if (waiting === undefined) return;
    this.asked.delete(ask);
    if (TIME_CHANGING.has(waiting.name)) this.meter.skip(this.sentSeq);
    if (waiting.name === "pause") this.paused = true;
    else if (waiting.name === "resume") this.paused = false;
    else if (waiting.name === "speed") this.speed = waiting.args["factor"] as number;
    this.emit("applied", waiting.name, tick, result);
    waiting.resolve({ tick, result });
  }

  private heard(name: string, data: Data): void {
    if (name === "paused") {
      this.paused = true;
      this.meter.skip(this.sentSeq);
    } else if (name === "resumed") this.paused = false;
    else if (name === "ended") this.ended = true;
    else if (name === "speed" && typeof data["factor"] === "number") this.speed = data["factor"];
    this.emit("event", name, data);
  }

  private over(closing: { code: number; reason: string; failure: Failure | null; willRetry: boolean }): void {
    this.connected = false;
    clearTimeout(this.inputTimer);
    this.inputTimer = undefined;
    const why = closing.failure ?? failure("lost", "The connection was closed.", "connect again");
    if (closing.failure !== null) this.told(closing.failure);
    if (!closing.willRetry) {
      const { host } = this;
      this.host = null;
      if (closing.failure !== null) host?.end();
      this.bindings?.unbind();
      this.bindings = null;
      clearInterval(this.qualityTimer);
      this.qualityTimer = undefined;
      for (const { reject } of [...this.asked.values(), ...this.steps]) reject(new WorldError(why));
      this.asked.clear();
      this.steps = [];
    }
    this.emit("disconnected", closing.code, closing.reason, closing.willRetry, closing.failure);
    if (closing.willRetry) return;
    this.opening?.reject(new WorldError(why));
    this.opening = null;
  }

  /** The welcome, for a command that it allows. Throws WorldError. */
  private present(name: string): Welcome {
    if (this.welcome === null || this.host === null) {
      throw new WorldError(failure("lost", `There is no connection for ${name}.`, "connect first"));
    }
    require(this.welcome, name);
    return this.welcome;
  }

  private told(why: Failure): WorldError {
    const error = new WorldError(why);
    this.emit("failed", why.code, error.message, why);
    return error;
  }
}

/** Whoever does not wait for a verb hears of its failure by `failed`, not by the console. */
function quietly<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
