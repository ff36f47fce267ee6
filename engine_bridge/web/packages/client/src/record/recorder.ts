// A page's own game, streamed into a dataset as it is played: `worldsdk train` makes a world of it.

import { RecordLimit } from "../protocol/constants.js";
import { type Failure, failure, WorldError } from "../protocol/failures.js";
import type { Data, Levels } from "../protocol/messages.js";
import { bad, rgb } from "../play/arguments.js";
import { Emitter } from "../play/emitter.js";
import { SURROUNDINGS, type Surroundings } from "../wire/link.js";
import { CLIENT_VERSION } from "../version.js";
import { bytesOf, type ControlWish, controlOf, type LayerWish, type VariableWish } from "./forms.js";
import { RecordLink } from "./link.js";

export interface RecorderOptions {
  /** Default `localhost:8766`. */
  url?: string;
  /** What the game is called in the dataset. */
  game: string;
  /** What is recorded, scaled to `size`; or give `pixels` with each tick. */
  canvas?: HTMLCanvasElement | OffscreenCanvas;
  /** Width and height of the recorded picture. */
  size: [number, number];
  /** Ticks a second of the game's own time. */
  rate: number;
  controls: ControlWish[];
  variables?: VariableWish[];
  layers?: LayerWish[];
  /** Terms of what the pictures show: SPDX or a sentence. */
  licence?: string;
  /** Of the game, plain JSON; goes into the dataset. */
  settings?: Data;
  /** Of a receiver that asks for one. Never in the address. */
  token?: string;
  engine?: string;
}

/** What a tick was. */
export interface Tick {
  /** Name -> value that led to the picture; what is missing is 0. */
  controls?: Levels;
  /** All that were announced, at the moment of the picture. */
  variables?: Levels;
  layers?: { [name: string]: ArrayBufferView };
  /** RGB or RGBA of `size`, instead of the canvas. */
  pixels?: Uint8Array | Uint8ClampedArray;
  reward?: number;
  /** The game itself ended with this tick; the next begins a new episode. */
  ended?: boolean;
}

/** What there is in the dataset, once all of it is written. `reason` is empty where `stop` asked for it. */
export interface Recorded {
  frames: number;
  episodes: number;
  rows: number;
  dropped: number;
  reason: string;
}

export type RecorderEvents = {
  stopped: [recorded: Recorded];
  failed: [code: string, message: string, failure: Failure];
  /** The receiver is gone; it is tried again each second. */
  lost: [];
};

/** See the package's README. One recording at a time; `tick` once for each tick, when its picture is drawn. */
export class WorldRecorder extends Emitter<RecorderEvents> {
  /** Rows sent, and ticks left out, since `start`. */
  rows = 0;
  dropped = 0;
  private readonly link: RecordLink;
  private readonly begin: Data;
  private readonly scaled: OffscreenCanvasRenderingContext2D | null;
  private opening: { resolve: (frames: number) => void; reject: (error: WorldError) => void } | null = null;
  private ending: ((recorded: Recorded) => void)[] = [];
  private failing: ((error: WorldError) => void)[] = [];
  private waiting: (() => void)[] = [];
  private episode = 0;
  private seed = 0;
  private missed = 0;

  /** @throws WorldError `bad_argument` */
  constructor(
    private readonly options: RecorderOptions,
    around: Surroundings = SURROUNDINGS,
  ) {
    super();
    const { size, rate, controls } = options;
    if (size.some((side) => !Number.isInteger(side) || side < 8 || side > RecordLimit.MAX_SIDE)) {
      throw bad(`the size is ${size}`, `give whole numbers from 8 to ${RecordLimit.MAX_SIDE}`);
    }
    if (!(rate >= 0.1 && rate <= 1000)) throw bad(`the rate is ${rate}`, "give 0.1 to 1000 ticks a second");
    if (controls.length === 0) throw bad("nothing steers the game", "name its controls");
    this.begin = {
      t: "begin", v: [0, RecordLimit.MINOR], game: options.game, size, rate, controls: controls.map(controlOf),
      variables: options.variables ?? [], layers: options.layers ?? [], licence: options.licence ?? "",
      settings: options.settings ?? {}, token: options.token,
      client: { name: "@worldsdk/client", version: CLIENT_VERSION, engine: (options.engine ?? "").slice(0, 64) },
    };
    this.scaled = options.canvas
      ? new OffscreenCanvas(...size).getContext("2d", { willReadFrequently: true, alpha: false })
      : null;
    this.link = new RecordLink(
      options.url ?? `localhost:${RecordLimit.PORT}`,
      {
        ready: (frames) => {
          this.cut();
          this.opening?.resolve(frames);
          this.opening = null;
          this.wake();
        },
        receipt: () => this.wake(),
        lost: () => {
          this.cut();
          this.emit("lost");
        },
        over: (why, reason, frames, episodes) => this.over(why, { frames, episodes, rows: this.rows, dropped: this.dropped, reason }),
      },
      around,
    );
  }

  /** Whether ticks are recorded now. */
  get recording(): boolean {
    return this.link.state === "recording";
  }

  /** Rows of the dataset that are on the disk. */
  get written(): number {
    return this.link.written;
  }

  /** Connects; resolves to the number of rows that the dataset has already. */
  start(): Promise<number> {
    if (this.link.state !== "idle") return Promise.reject(bad("it records already", "stop first"));
    this.rows = this.dropped = this.missed = 0;
    const promise = new Promise<number>((resolve, reject) => (this.opening = { resolve, reject }));
    promise.catch(() => {});
    this.link.open(this.begin);
    return promise;
  }

  /**
   * Records the tick that was just drawn: of a WebGL canvas in the same task, or with `preserveDrawingBuffer`.
   * Returns false where it was left out, since nothing is recorded now or the receiver is behind; that is counted,
   * and what comes after it is a new episode.
   *
   * @throws WorldError `bad_argument`: no picture, or one of another size.
   */
  tick(tick: Tick = {}): boolean {
    if (this.link.state === "idle" || this.link.state === "opening" || this.link.state === "ending") return false;
    if (!this.link.room) {
      this.missed += 1;
      this.dropped += 1;
      return false;
    }
    if (this.missed > 0) this.cut();
    const layers = Object.fromEntries(Object.entries(tick.layers ?? {}).map(([name, data]) => [name, bytesOf(data)]));
    const taken = this.link.send({
      episode: this.episode, pixels: this.picture(tick), controls: tick.controls ?? {}, variables: tick.variables ?? {},
      layers, reward: tick.reward ?? 0, ended: tick.ended ?? false, seed: this.seed, dropped: this.missed,
    });
    if (!taken) throw bad("the row is larger than the receiver takes", "record a smaller size, or fewer layers");
    this.missed = 0;
    this.seed = 0;
    this.rows += 1;
    if (tick.ended) this.cut();
    return true;
  }

  /** Resolves when the next tick can be sent: for games that can wait for their receiver. */
  room(): Promise<void> {
    if (this.link.room || this.link.state === "idle") return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** What comes next does not follow from what came last. `seed` is the game's own. */
  newEpisode(seed = 0): void {
    this.cut();
    this.seed = seed;
  }

  /** Ends the recording; resolves when everything is written. */
  stop(): Promise<Recorded> {
    if (this.link.state === "idle") return Promise.reject(bad("nothing is recorded", "start first"));
    const promise = new Promise<Recorded>((resolve, reject) => {
      this.ending.push(resolve);
      this.failing.push(reject);
    });
    promise.catch(() => {});
    this.link.finish();
    return promise;
  }

  private picture({ pixels }: Tick): Uint8Array {
    const { size, canvas } = this.options;
    if (pixels) return rgb(pixels, size);
    if (!canvas || !this.scaled) throw bad("the tick has no picture", "give pixels, or the option canvas");
    this.scaled.imageSmoothingQuality = "high";
    this.scaled.drawImage(canvas, 0, 0, ...size);
    return rgb(this.scaled.getImageData(0, 0, ...size).data, size);
  }

  private cut(): void {
    this.episode += 1;
  }

  private wake(): void {
    if (this.link.room || this.link.state === "idle") this.waiting.splice(0).forEach((resolve) => resolve());
  }

  private over(why: Failure | null, recorded: Recorded): void {
    const opening = this.opening;
    this.opening = null;
    const [ending, failing] = [this.ending.splice(0), this.failing.splice(0)];
    this.wake();
    if (why === null) {
      opening?.reject(new WorldError(failure("ended", "The recording ended before it began.")));
      ending.forEach((resolve) => resolve(recorded));
      this.emit("stopped", recorded);
    } else {
      const error = new WorldError(why);
      opening?.reject(error);
      failing.forEach((reject) => reject(error));
      this.emit("failed", error.code, error.message, error);
    }
  }
}
