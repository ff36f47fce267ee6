// While a frame is late the last one is turned with the camera: a held picture stutters, a turned one less.
//
// A turn by some degrees moves the whole picture sideways by about as many pixels times a gain, which depends on
// the field of view and on which way the heading counts. Neither is on the wire, so the gain is learnt: from how far
// pairs of frames that followed each other moved sideways, and how far the heading did. A world whose picture does
// not move with its heading (seen from above, or without one) learns no gain and is never turned.

import type { Levels } from "../protocol/messages.js";

const HEADINGS = ["heading", "yaw", "angle", "azimuth"];
const REACH = 0.25; // largest sideways move that is looked for, as part of the width
const LEAST_DEGREES = 0.5; // a smaller turn moves a small picture by less than a pixel
const MATCH = 0.7; // the moved frame must differ by less than this part of what the unmoved one does
const ENOUGH = 4; // pairs that must have matched before the gain is believed
const FORGET = 0.98; // weight of what was learnt, with each new pair
const LONGEST_BEATS = 3; // a guess further ahead is worse than a still picture

/** Mean brightness of columns in a few horizontal stripes: `values[stripe * width + x]`. */
export interface Profile {
  width: number;
  values: Float32Array;
}

/** Which of a world's state variables is the heading, if one is. */
export function headingOf(names: readonly string[]): string | null {
  return HEADINGS.find((name) => names.includes(name)) ?? null;
}

/** Learns how a world's picture moves when its camera turns. `variable`: name of the heading, in degrees. */
export class CameraWarp {
  matched = 0;
  private products = 0;
  private squares = 0;
  private last: { tick: number; heading: number; profile: Profile } | null = null;
  private rate = 0;

  constructor(readonly variable: string | null) {}

  /** Pixels to the right that the picture moves for each degree of heading; null before it is known. */
  get gain(): number | null {
    if (this.variable === null || this.matched < ENOUGH || this.squares <= 0) return null;
    return this.products / this.squares;
  }

  /** Takes a frame as it is shown. `profile` is asked for only where it can teach something. */
  learn(tick: number, state: Levels, profile: () => Profile): void {
    const heading = this.variable === null ? undefined : state[this.variable];
    if (heading === undefined) return;
    const before = this.last;
    const now = profile();
    this.last = { tick, heading, profile: now };
    if (before === null || tick <= before.tick || before.profile.width !== now.width) {
      this.rate = 0;
      return;
    }
    const turned = modulo(heading - before.heading + 180, 360) - 180;
    this.rate = turned / (tick - before.tick);
    if (Math.abs(turned) < LEAST_DEGREES || tick !== before.tick + 1) return;
    const moved = movement(before.profile, now);
    if (moved === null) return;
    this.matched += 1;
    this.products = FORGET * this.products + moved * turned;
    this.squares = FORGET * this.squares + turned * turned;
  }

  /** Pixels to the right that the last frame should move when the next is `beats` beats late. */
  shift(beats: number): number {
    const { gain } = this;
    return gain === null ? 0 : Math.round(gain * this.rate * Math.min(beats, LONGEST_BEATS));
  }

  /** The world jumped: the last frame says nothing about the next. */
  forget(): void {
    this.last = null;
    this.rate = 0;
  }
}

/** Of RGBA pixels, `stripes` stripes. */
export function profileOf(data: Uint8ClampedArray, width: number, height: number, stripes = 4): Profile {
  const count = Math.min(stripes, height);
  const rows = Math.floor(height / count);
  const values = new Float32Array(count * width);
  for (let y = 0; y < rows * count; y += 1) {
    const stripe = Math.floor(y / rows) * width;
    for (let x = 0; x < width; x += 1) {
      const at = 4 * (y * width + x);
      values[stripe + x]! += ((data[at] as number) + (data[at + 1] as number) + (data[at + 2] as number)) / (3 * rows);
    }
  }
  return { width, values };
}

/** Pixels to the right that make `before` look like `after`, to a fraction; null where none does. */
export function movement(before: Profile, after: Profile): number | null {
  const reach = Math.max(1, Math.floor(REACH * before.width));
  const errors: number[] = [];
  for (let shift = -reach; shift <= reach; shift += 1) errors.push(difference(before, after, shift));
  let best = 0;
  errors.forEach((error, place) => (best = error < (errors[best] as number) ? place : best));
  const least = errors[best] as number;
  if (least > MATCH * (errors[reach] as number)) return null;
  let whole = best - reach;
  const [left, right] = [errors[best - 1], errors[best + 1]];
  if (left !== undefined && right !== undefined) {
    const bend = left - 2 * least + right;
    if (bend > 0) whole += (0.5 * (left - right)) / bend;
  }
  return whole;
}

function difference(before: Profile, after: Profile, shift: number): number {
  const { width } = before;
  const [from, to] = [Math.max(0, shift), width + Math.min(0, shift)];
  const stripes = before.values.length / width;
  let sum = 0;
  for (let stripe = 0; stripe < stripes; stripe += 1) {
    const row = stripe * width;
    for (let x = from; x < to; x += 1) sum += Math.abs((after.values[row + x] as number) - (before.values[row + x - shift] as number));
  }
  return sum / (stripes * (to - from));
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
