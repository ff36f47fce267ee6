// Everything that is held down, from whatever device, as one input message: levels, not events.

import type { Control, Levels } from "../protocol/messages.js";
import type { Held } from "../wire/dialogue.js";

const AT_REST = "[{},[],{}]";

/**
 * What a player holds. A press that is over before it could be sent is in the next input all the same.
 *
 * Moments are ms of `nowMs`; that of the first change since the last input becomes the input's time stamp.
 */
export class HeldInput {
  /** Codes, pad inputs and controls that the world listens to: nothing else leaves this page. */
  keys = new Set<string>();
  pads = new Set<string>();
  controls = new Map<string, Control>();
  mouse = false;
  /** Code on this keyboard -> code that the world listens to, for players who want other keys. */
  aliases: { [code: string]: string } = {};

  private readonly down = new Map<string, string>();
  private tapped = new Set<string>();
  private padNow: Levels = {};
  private touchNow: Levels = {};
  private touchTaps: Levels = {};
  private named: Levels = {};
  private namedTaps: Levels = {};
  private motion: [number, number] = [0, 0];
  private since: number | null = null;
  private last = AT_REST;

  /** Learns what the world listens to. What is held stays held, as far as the world knows it. */
  bind(controls: readonly Control[]): void {
    this.controls = new Map(controls.map((control) => [control.name, control]));
    this.keys = new Set(controls.flatMap((control) => Object.keys(control.keys)));
    this.pads = new Set(controls.flatMap((control) => Object.keys(control.pad)));
    this.mouse = controls.some((control) => control.mouse !== null);
    this.last = AT_REST;
  }

  /** Whether a key of this keyboard moves anything. */
  listens(code: string): boolean {
    return this.keys.has(this.aliases[code] ?? code);
  }

  press(code: string, at: number): void {
    const meant = this.aliases[code] ?? code;
    if (!this.keys.has(meant)) return;
    this.down.set(code, meant);
    this.tapped.add(meant);
    this.mark(at);
  }

  lift(code: string, at: number): void {
    if (this.down.delete(code)) this.mark(at);
  }

  /** Levels of all gamepads together. */
  pad(levels: Levels, at: number): void {
    this.padNow = levels;
    this.mark(at);
  }

  /** An on-screen stick or button, under a gamepad's name for it. */
  touch(name: string, value: number, at: number): void {
    this.touchNow[name] = value;
    strongest(this.touchTaps, name, value);
    this.mark(at);
  }

  /** A control by its own name; 0 lets go of it. */
  set(name: string, value: number, at: number): void {
    this.named[name] = value;
    strongest(this.namedTaps, name, value);
    this.mark(at);
  }

  move(right: number, down: number, at: number): void {
    this.motion[0] += right;
    this.motion[1] += down;
    this.mark(at);
  }

  /** Lets go of everything that fingers hold; controls set by name stay, or not. */
  release(at: number, named = false): void {
    this.down.clear();
    this.tapped.clear();
    this.padNow = {};
    this.touchNow = {};
    this.touchTaps = {};
    this.motion = [0, 0];
    if (named) this.named = this.namedTaps = {};
    this.mark(at);
  }

  /** What to send now, or null where nothing has changed. Taps and motion in it are used up. */
  take(now: number, ticks = 1, always = false): (Held & { again: boolean }) | null {
    const pad: Levels = {};
    for (const source of [this.padNow, this.touchNow, this.touchTaps]) {
      for (const [name, value] of Object.entries(source)) if (this.pads.has(name)) strongest(pad, name, value);
    }
    const controls: Levels = {};
    for (const source of [this.named, this.namedTaps]) {
      for (const [name, value] of Object.entries(source)) if (this.controls.has(name)) strongest(controls, name, value);
    }
    for (const levels of [pad, controls]) {
      for (const name of Object.keys(levels)) if (!levels[name]) delete levels[name];
    }
    const held = new Set(this.down.values());
    const keys = [...new Set([...held, ...this.tapped])].sort().slice(0, 32);
    const again =
      keys.some((code) => !held.has(code)) ||
      Object.keys(this.touchTaps).some((name) => this.touchTaps[name] !== this.touchNow[name]) ||
      Object.keys(this.namedTaps).some((name) => this.namedTaps[name] !== this.named[name]);
    const mouse = this.motion;
    this.motion = [0, 0];
    this.tapped.clear();
    this.touchTaps = {};
    this.namedTaps = {};
    const level = JSON.stringify([controls, keys, pad]);
    const changed = level !== this.last || mouse[0] !== 0 || mouse[1] !== 0;
    this.last = level;
    const ts = Math.min(this.since ?? now, now);
    this.since = null;
    return changed || always ? { ts, controls, keys, pad, mouse, ticks, again } : null;
  }

  private mark(at: number): void {
    this.since ??= at;
  }
}

function strongest(levels: Levels, name: string, value: number): void {
  if (Math.abs(value) >= Math.abs(levels[name] ?? 0)) levels[name] = value;
}
