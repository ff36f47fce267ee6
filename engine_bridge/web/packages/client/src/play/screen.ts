// The world's picture on a canvas of its own size, kept up to date by whoever has a render loop.

import { nowMs } from "../wire/clock.js";
import type { WorldClient } from "./client.js";
import type { WorldFrame } from "./frame.js";
import { FrameLead, Presenter } from "./presenter.js";
import { CameraWarp, headingOf, profileOf } from "./warp.js";

export interface ScreenOptions {
  /** `paced` shows frames as evenly as they were made; `newest` each as soon as it is here. */
  pacing?: "paced" | "newest";
  /** Whether a picture is turned with the camera while the next is late. */
  warp?: boolean;
}

type Context = CanvasRenderingContext2D;

const PROFILE_ROWS = 16;

/**
 * Owns a canvas; `update` once in each frame of the page or engine draws what is due there.
 *
 * The canvas has the world's size from `connected` on, and 1 x 1 before. It is never replaced: textures can be made of it once.
 */
export class WorldScreen {
  readonly canvas: HTMLCanvasElement;
  /** The frame on the canvas. */
  shown: WorldFrame | null = null;
  private readonly context: Context;
  private presenter = new Presenter<WorldFrame>(1000 / 30);
  private warp = new CameraWarp(null);
  private shift = 0;
  private readonly still: { canvas: HTMLCanvasElement; context: Context };
  private readonly small: { canvas: HTMLCanvasElement; context: Context };
  private submitted: WorldFrame | null = null;
  private readonly lead = new FrameLead();
  private listening: (() => void)[];
  private readonly resized = new Set<(width: number, height: number) => void>();
  private before = { late: 0, dropped: 0, held: 0 };

  constructor(
    readonly client: WorldClient,
    private readonly options: ScreenOptions = {},
  ) {
    [this.canvas, this.context] = makeCanvas();
    const [still, stillContext] = makeCanvas();
    this.still = { canvas: still, context: stillContext };
    const [small, smallContext] = makeCanvas(true);
    this.small = { canvas: small, context: smallContext };
    this.listening = [
      client.on("connected", () => this.begin()),
      client.on("frame", (frame) => this.presenter.add(frame.retain(), frame.pts, frame.arrived)),
      client.on("applied", (name) => this.jumped(name)),
      client.on("disconnected", () => this.presenter.clear()),
    ];
    if (client.welcome !== null) {
      this.begin();
      if (client.frame?.alive) this.presenter.add(client.frame.retain(), client.frame.pts, client.frame.arrived);
    }
  }

  get width(): number {
    return this.canvas.width;
  }

  get height(): number {
    return this.canvas.height;
  }

  /** Calls back with the world's size, now if it is known and whenever it changes; until the returned function is called. */
  onResize(callback: (width: number, height: number) => void): () => void {
    this.resized.add(callback);
    if (this.client.welcome !== null) callback(this.width, this.height);
    return () => void this.resized.delete(callback);
  }

  /** Draws what is due at `now` (ms of `nowMs`). Returns whether the canvas has changed. */
  update(now: number = nowMs()): boolean {
    // What was drawn in the last turn of the loop is on the screen by now, at the earliest.
    if (this.submitted?.alive) this.client.shown(this.submitted, now);
    this.submitted?.release();
    this.submitted = null;
    const due = this.options.pacing === "newest" ? Infinity : now + this.lead.at(now, this.presenter.period);
    const frame = this.presenter.take(due);
    const changed = frame === null ? this.turn(now) : this.draw(frame);
    this.count();
    return changed;
  }

  dispose(): void {
    for (const off of this.listening.splice(0)) off();
    this.presenter.clear();
    this.submitted?.release();
    this.submitted = null;
    this.resized.clear();
  }

  private begin(): void {
    const { welcome } = this.client;
    if (welcome === null) return;
    const [width, height] = welcome.size;
    this.presenter.clear();
    this.presenter = new Presenter(1000 / welcome.rate, (frame) => frame.release());
    this.before = { late: 0, dropped: 0, held: 0 };
    this.warp = new CameraWarp(this.options.warp === false ? null : headingOf(welcome.state.map(({ name }) => name)));
    if (this.width !== width || this.height !== height) {
      for (const canvas of [this.canvas, this.still.canvas]) [canvas.width, canvas.height] = [width, height];
      [this.small.canvas.width, this.small.canvas.height] = [width, Math.min(height, PROFILE_ROWS)];
      for (const callback of this.resized) callback(width, height);
    }
  }

  private jumped(name: string): void {
    if (["start", "reset", "restore", "rewind", "observe", "pause", "resume", "speed"].includes(name)) {
      this.presenter.restart();
      this.warp.forget();
    }
  }

  private draw(frame: WorldFrame): boolean {
    if (!frame.alive) return false;
    frame.draw(this.context);
    this.shift = 0;
    this.shown = frame;
    this.submitted = frame; // holds the picture until it is reported
    this.warp.learn(frame.tick, frame.state, () => this.profile());
    return true;
  }

  /** Nothing new is due: moves what is shown with the camera. */
  private turn(now: number): boolean {
    const { presenter, client } = this;
    if (client.paused || !client.connected || this.shown === null) return false;
    const beat = presenter.hold(now);
    const shift = this.warp.shift(presenter.overdue(now));
    if (shift === this.shift) return false;
    if (this.shift === 0) this.still.context.drawImage(this.canvas, 0, 0);
    if (beat && shift !== 0) client.presentation.warped += 1;
    this.shift = shift;
    const { width, height } = this;
    // What comes into view repeats the column at the edge.
    const edge = shift > 0 ? 0 : width - 1;
    this.context.drawImage(this.still.canvas, edge, 0, 1, height, shift > 0 ? 0 : width + shift, 0, Math.abs(shift), height);
    this.context.drawImage(this.still.canvas, shift, 0);
    return true;
  }

  private profile(): ReturnType<typeof profileOf> {
    const { canvas, context } = this.small;
    context.drawImage(this.canvas, 0, 0, canvas.width, canvas.height);
    return profileOf(context.getImageData(0, 0, canvas.width, canvas.height).data, canvas.width, canvas.height);
  }

  private count(): void {
    const { late, dropped, held } = this.presenter;
    const { presentation } = this.client;
    presentation.late += late - this.before.late;
    presentation.dropped += dropped - this.before.dropped;
    presentation.held += held - this.before.held;
    this.before = { late, dropped, held };
  }
}

function makeCanvas(readBack = false): [HTMLCanvasElement, Context] {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d", { willReadFrequently: readBack }) as Context;
  return [canvas, context];
}
