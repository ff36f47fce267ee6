/**
 * Milliseconds on one clock for the page and its workers.
 *
 * `performance.now()` alone begins at another moment in each of them.
 */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** As the wire has times. */
export function micros(ms: number): number {
  return Math.round(ms * 1000);
}
