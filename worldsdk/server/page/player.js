// The player's state: ready, playing, paused, rewinding, and what each verb asks of the server.
// Emits "phase" (a word for the page) and "say" ({text, bad}).

import { Refusal } from "./link.js";
import * as shelf from "./shelf.js";
import { explain } from "./words.js";

const REWIND_EVERY_MS = 90; // below what servers let through of commands, and still smooth
const REWIND_SPEED = 2;

export class Player extends EventTarget {
  constructor(link, devices) {
    super();
    this.link = link;
    this.devices = devices;
    this.phase = "connecting";
    this.refusal = null;
    this.tick = 0;
    this._wants = false; // whether the world is to go on as soon as it can
    this._rewinding = null;
    link.addEventListener("phase", ({ detail }) => this._linked(detail));
    link.addEventListener("welcome", ({ detail }) => this._welcomed(detail));
  }

  get watching() {
    return this.link.wishes.role === "viewer";
  }

  /** Goes on from a standstill. */
  async play() {
    if (!["ready", "paused"].includes(this.phase)) return;
    this._wants = true;
    if (this.watching) return this._set("playing");
    this.devices.release();
    this.devices.repeat();
    this._set("playing");
    if (!(await this.ask("resume"))) this._stand("paused");
  }

  /** Stands still. */
  async pause() {
    if (this.phase !== "playing") return;
    this._stand("paused");
    if (!this.watching) await this.ask("pause");
  }

  toggle() {
    return this.phase === "playing" ? this.pause() : this.play();
  }

  /** Begins again; with other `args` ({seed, start, image}) elsewhere. */
  async begin(args) {
    if (!this._alive()) return false;
    const done = args === undefined ? await this.ask("reset") : await this.ask("start", args);
    if (done) this._say(args === undefined ? "Begun again" : args.image ? "Begun from your picture" : `Seed ${args.seed}, start ${args.start}`);
    return Boolean(done);
  }

  async save() {
    if (!this._alive()) return;
    const tick = this.tick;
    const result = await this.ask("snapshot");
    if (!result) return;
    // A copy: what was decoded lies inside the whole message.
    await shelf.put(this.link.welcome.world.digest, { snapshot: result.snapshot.slice(), tick });
    this._say(`Saved at tick ${tick}`);
    this.dispatchEvent(new Event("saved"));
  }

  async load() {
    if (!this._alive()) return;
    const save = await shelf.get(this.link.welcome.world.digest);
    if (!save) return this._say("Nothing is saved yet");
    if (await this.ask("restore", { snapshot: save.snapshot })) this._say(`Back at tick ${save.tick}`);
  }

  /** Time runs backwards until `endRewind`. */
  async startRewind() {
    if (this._rewinding || !this._alive() || !this.link.can("rewind")) return;
    const hold = (this._rewinding = { on: true });
    const before = this.phase;
    this._set("rewinding");
    if (before === "playing") await this.ask("pause");
    const step = Math.max(1, Math.round((this.link.welcome.rate * REWIND_SPEED * REWIND_EVERY_MS) / 1000));
    while (hold.on && this.phase === "rewinding") {
      const next = performance.now() + REWIND_EVERY_MS;
      const ticks = Math.min(step, this.tick);
      if (ticks < 1 || !(await this._try("rewind", { ticks }))) {
        this._say("There is nothing before this");
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
    }
    this._rewinding = null;
    if (this.phase !== "rewinding") return; // lost meanwhile
    this._set("paused");
    if (before === "playing") await this.play();
    else if (before === "ready") this._set("ready");
  }

  endRewind() {
    if (this._rewinding) this._rewinding.on = false;
  }

  /** Any command; says what went wrong. Resolves to the result, or undefined. */
  async ask(name, args = {}) {
    try {
      return await this.link.command(name, args);
    } catch (error) {
      this._complain(error);
      return undefined;
    }
  }

  async _try(name, args) {
    try {
      return await this.link.command(name, args);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return undefined;
    }
  }

  _alive() {
    return !this.watching && ["ready", "playing", "paused"].includes(this.phase);
  }

  _stand(phase) {
    this._wants = false;
    this.devices.release();
    this._set(phase);
  }

  async _welcomed(welcome) {
    this.tick = welcome.tick;
    this.devices.repeat();
    if (this.watching) {
      this._wants = true;
      return this._set("playing");
    }
    if (this._wants) {
      this._set("playing");
      if (welcome.paused) await this.ask("resume");
      return;
    }
    if (welcome.resumed || this.link.wishes.room) {
      this._set(welcome.resumed ? "paused" : "ready");
      return;
    }
    // Nobody plays yet: the world waits at its beginning, not at what passed before the page was there.
    this._set("ready");
    if (!welcome.paused) await this.ask("pause");
    if (this.phase === "ready" && this.link.can("reset")) await this.ask("reset");
  }

  _linked({ phase, refusal }) {
    this.refusal = refusal;
    this.devices.release();
    if (phase === "over") this._wants = false;
    if (phase !== "open") this._set(phase);
  }

  _set(phase) {
    if (phase === this.phase) return;
    this.phase = phase;
    this.dispatchEvent(new Event("phase"));
  }

  _complain(error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.code === "lost") return; // the card says it already
    const { title, detail } = explain(error);
    this._say(detail || title, true);
  }

  _say(text, bad = false) {
    this.dispatchEvent(new CustomEvent("say", { detail: { text, bad } }));
  }
}
