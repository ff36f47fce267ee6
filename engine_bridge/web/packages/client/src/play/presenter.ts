// When to show which frame: an absolute schedule from the server's time stamps, behind a buffer that adapts.
//
// A frame's way here takes a least time, learnt from the quickest of the last seconds, plus jitter. Each is due at
// its stamp + least time + delay, where the delay covers all but the worst jitter: pictures then follow each other
// as evenly as they were made. A frame that comes after its moment is shown at once (late); one that is overtaken
// before it was shown is dropped; a beat without a new one shows the last once more (held). No clock, no I/O.

const KEPT = 512;
const COVERED_PERCENT = 95; // covering the rest would cost every frame
const LONGEST_DELAY_BEATS = 3; // more than either is felt in the hand before it is seen as smoothness:
const LONGEST_DELAY_MS = 100; // beats of slow worlds are long
const MARGIN_MS = 0.5; // what a loop that waits for a moment may itself be late
const GAP_MS = 500; // time stood still: what was learnt is stale
const WAITING = 8; // credit keeps it far below

interface Waiting<T> {
  frame: T;
  due: number;
  late: boolean;
}

/** Decides what is on the screen. Times in ms; `period` between two ticks of the world. */
export class Presenter<T> {
  late = 0;
  dropped = 0;
  held = 0;
  /** Ms that frames are kept back at present. */
  delay = 0;
  private transit: number[] = [];
  private waiting: Waiting<T>[] = [];
  private lastPts: number | null = null;
  private expected: number | null = null;
  private heldSince = 0;

  /** `discard` is told of frames that will not be shown. */
  constructor(
    readonly period: number,
    private readonly discard: (frame: T) => void = () => {},
  ) {}

  /** A frame came in at `arrived`, stamped `pts` by the server's clock. */
  add(frame: T, pts: number, arrived: number): void {
    if (this.lastPts === null || !(pts - this.lastPts >= 0 && pts - this.lastPts <= GAP_MS)) this.restart();
    this.lastPts = pts;
    this.transit.push(arrived - pts);
    if (this.transit.length > KEPT) this.transit.shift();
    const least = Math.min(...this.transit);
    // By the schedule as it was: no frame may excuse its own lateness.
    const due = pts + least + this.delay;
    this.adapt(least);
    this.waiting.push({ frame, due, late: arrived > due + MARGIN_MS });
    while (this.waiting.length > WAITING) this.drop(this.waiting.shift() as Waiting<T>);
  }

  /** The frame to show from now on, or null where what is shown stays. */
  take(now: number): T | null {
    let newest: Waiting<T> | null = null;
    while (this.waiting.length && (this.waiting[0] as Waiting<T>).due <= now) {
      if (newest !== null) this.drop(newest);
      newest = this.waiting.shift() as Waiting<T>;
    }
    if (newest === null) return null;
    this.late += newest.late ? 1 : 0;
    this.expected = Math.max(newest.due, now - this.period) + this.period;
    this.heldSince = 0;
    return newest.frame;
  }

  /** Beats by which the next frame is late; 0 where it is not, or none has been shown yet. */
  overdue(now: number): number {
    if (this.expected === null || now <= this.expected || this.waiting.length) return 0;
    return (now - this.expected) / this.period;
  }

  /** Whether one more beat has passed without a frame; each is said, and counted in `held`, once. */
  hold(now: number): boolean {
    if (this.overdue(now) < this.heldSince + 0.5) return false;
    this.held += 1;
    this.heldSince += 1;
    return true;
  }

  /** Forgets the schedule, for a world that stood still or jumped; what waits is due at once. */
  restart(): void {
    this.transit = [];
    for (const one of this.waiting) one.due = 0;
    this.lastPts = this.expected = null;
    this.delay = 0;
  }

  /** Drops everything. */
  clear(): void {
    for (const one of this.waiting.splice(0)) this.discard(one.frame);
    this.restart();
  }

  private drop(one: Waiting<T>): void {
    this.dropped += 1;
    this.discard(one.frame);
  }

  private adapt(least: number): void {
    const sorted = [...this.transit].sort((a, b) => a - b);
    // Rounded down: one hitch among the first few frames is not yet a habit of the way.
    const rank = Math.floor((COVERED_PERCENT / 100) * (sorted.length - 1));
    const wanted = Math.min((sorted[rank] as number) - least, LONGEST_DELAY_BEATS * this.period, LONGEST_DELAY_MS);
    // Up at once, for a hitch is seen; down slowly, for each step down is one too.
    this.delay = wanted > this.delay ? wanted : Math.max(wanted, this.delay - 0.01 * this.period);
  }
}

const FRAME_SHARE = 0.2; // of each frame's length in the mean that counts as the engine's

/**
 * How far ahead an engine looks that draws at its own rate: half of its frame. What is due nearer to this frame than to the
 * next is then shown now: pictures are on time on average, and not half a frame late.
 */
export class FrameLead {
  private last: number | null = null;
  private mean = 0;

  /** To be asked once in each of the engine's frames. Times in ms; `period` between two ticks of the world. */
  at(now: number, period: number): number {
    const passed = Math.min(now - (this.last ?? now), period);
    this.last = now;
    this.mean += FRAME_SHARE * (passed - this.mean);
    return this.mean / 2;
  }
}
