// How long to wait before the next attempt to connect.

const FIRST_MS = 200; // a restarted server needs about that long to listen again
const LONGEST_MS = 5000; // a player who looks at a frozen picture should not have to wait longer
const SPREAD = 0.25; // so that the clients of a server that came back do not all come at once

/** Waits that double from 0.2 s to 5 s, within a total of `totalMs` from `now`. */
export class Backoff {
  attempts = 0;
  private readonly ends: number;

  constructor(
    totalMs: number,
    now: number,
    private readonly chance: () => number = Math.random,
  ) {
    this.ends = now + totalMs;
  }

  /** Milliseconds to wait, never less than the server `asked` for; null where the attempt would begin too late. */
  next(now: number, asked = 0): number | null {
    let wait = Math.min(FIRST_MS * 2 ** this.attempts, LONGEST_MS);
    wait *= 1 + SPREAD * (2 * this.chance() - 1);
    wait = Math.max(wait, asked);
    this.attempts += 1;
    return now + wait <= this.ends ? wait : null;
  }
}
