// How good a connection is, from moments in milliseconds: round trips, jitter, hand to eye.

const KEPT = 512; // about a quarter of a minute at 35 Hz
const LONGEST_MS = 60_000; // an action above this is a machine that slept, not a connection
const TRIPS = 16; // the quickest of so many round trips tells the clocks' offset best
const RATE_MS = 2000;

/** One look at a connection. Milliseconds; 0 where nothing was measured yet. */
export interface Quality {
  /** Frames a second that came. */
  rate: number;
  /** Since the server finished the newest frame. */
  age_ms: number;
  /** From an input to the first picture that holds it being on the screen: median and 95th percentile. */
  action_to_photon_ms: number;
  action_to_photon_p95_ms: number;
  /** Median round trip of a ping. */
  rtt_ms: number;
  /** 95th percentile of how much later than the quickest a frame came. */
  jitter_ms: number;
  /** Frames that came. */
  frames: number;
  /** Made by the server and overtaken by newer ones before they could be sent. */
  replaced: number;
  /** Received, and overtaken before they were shown. */
  dropped: number;
  /** Shown after their due moment. */
  late: number;
  /** Frames whose tick did not meet its deadline. */
  missed: number;
  /** Beats that showed the last picture once more; of those, moved with the camera. */
  held: number;
  warped: number;
  /** Times that the connection was lost and taken up again. */
  reconnects: number;
}

export class Meter {
  frames = 0;
  replaced = 0;
  overtaken = 0;
  missed = 0;
  reconnects = 0;
  private readonly trips: { trip: number; offset: number }[] = [];
  private readonly transit: number[] = [];
  private readonly actions: number[] = [];
  private readonly arrivals: number[] = [];
  private applied = 0;

  /** Ms to add to a moment of the server's clock; null before the first round trip. */
  get offset(): number | null {
    if (!this.trips.length) return null;
    return this.trips.reduce((best, one) => (one.trip < best.trip ? one : best)).offset;
  }

  ponged(trip: number, offset: number): void {
    push(this.trips, { trip, offset }, TRIPS);
  }

  came(frame: { pts: number; arrived: number; replaced: number; overtaken: number; met: boolean }): void {
    this.frames += 1;
    this.replaced += frame.replaced;
    this.overtaken += frame.overtaken;
    this.missed += frame.met ? 0 : 1;
    push(this.transit, frame.arrived - frame.pts, KEPT);
    push(this.arrivals, frame.arrived, KEPT);
  }

  /** A frame was shown. Only the first that holds an input says how long that input took. */
  shown(applied: number, ts: number | null, now: number): void {
    if (ts === null || applied <= this.applied) return;
    this.applied = applied;
    const took = now - ts;
    if (took >= 0 && took <= LONGEST_MS) push(this.actions, took, KEPT);
  }

  /** Inputs up to `seq` measure nothing: time stood still, or went elsewhere, while they were on their way. */
  skip(seq: number): void {
    this.applied = Math.max(this.applied, seq);
  }

  /** A new connection: another way here, inputs that go on from `seq`. */
  renew(seq: number): void {
    this.applied = Math.min(this.applied, seq);
    this.transit.length = this.trips.length = this.arrivals.length = 0;
  }

  /** Milliseconds of the latest actions, oldest first. */
  get latest(): readonly number[] {
    return this.actions;
  }

  read(now: number): Omit<Quality, "age_ms" | "late" | "held" | "warped"> {
    const recent = this.arrivals.filter((arrived) => now - arrived <= RATE_MS);
    const span = recent.length > 1 ? (recent[recent.length - 1] as number) - (recent[0] as number) : 0;
    const quickest = Math.min(...this.transit);
    return {
      rate: span > 0 ? ((recent.length - 1) * 1000) / span : 0,
      action_to_photon_ms: percentile(this.actions, 50),
      action_to_photon_p95_ms: percentile(this.actions, 95),
      rtt_ms: percentile(this.trips.map(({ trip }) => trip), 50),
      jitter_ms: percentile(this.transit.map((one) => one - quickest), 95),
      frames: this.frames,
      replaced: this.replaced,
      dropped: this.overtaken,
      missed: this.missed,
      reconnects: this.reconnects,
    };
  }
}

/** Nearest rank; 0 without values. */
export function percentile(values: readonly number[], percent: number): number {
  if (!values.length) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] as number;
}

function push<T>(list: T[], value: T, most: number): void {
  list.push(value);
  if (list.length > most) list.shift();
}
