// What the overlay tells, measured on this page's own clock.

const KEPT_MS = 8000;

export class Meter {
  constructor() {
    this.reset();
  }

  reset() {
    this._shown = [];
    this._photon = [];
    this._traffic = [];
    this._applied = 0;
    this._replaced = 0;
    this.last = null;
  }

  /** A frame is on the screen at `at` (ms); `bytes` is the connection's total so far. */
  shown(frame, at, bytes) {
    this.last = frame;
    this._replaced += frame.replaced;
    this._shown.push({ at, met: frame.met, model: frame.total_ms ?? 0 });
    this._traffic.push({ at, bytes });
    // Only the first frame that an input is in shows how long that input took.
    if (frame.ts !== undefined && frame.ts !== null && frame.applied > this._applied) {
      this._applied = frame.applied;
      this._photon.push({ at, ms: at - frame.ts / 1000 });
    }
    for (const list of [this._shown, this._photon, this._traffic]) {
      while (list.length > 2 && list[0].at < at - KEPT_MS) list.shift();
    }
  }

  /** Milliseconds of the latest actions, oldest first. */
  get photon() {
    return this._photon.map((entry) => entry.ms);
  }

  /** Texts by name of the overlay's lines. */
  lines(rtt) {
    const shown = this._shown;
    const span = shown.length > 1 ? (shown.at(-1).at - shown[0].at) / 1000 : 0;
    const photon = [...this.photon].sort((a, b) => a - b);
    const traffic = this._traffic;
    const bytes = traffic.length > 1 ? traffic.at(-1).bytes - traffic[0].bytes : 0;
    const model = shown.map((entry) => entry.model).sort((a, b) => a - b);
    return {
      fps: span ? `${((shown.length - 1) / span).toFixed(1)} /s` : "–",
      photon: photon.length ? `${ms(at(photon, 0.5))}, p95 ${ms(at(photon, 0.95))}` : "–",
      rtt: Number.isFinite(rtt) ? ms(rtt) : "–",
      model: model.length ? ms(at(model, 0.5)) : "–",
      met: shown.length ? `${((100 * shown.filter((e) => e.met).length) / shown.length).toFixed(0)} %` : "–",
      replaced: String(this._replaced),
      traffic: span ? `${(bytes / span / 1000).toFixed(0)} kB/s` : "–",
      tick: this.last ? String(this.last.tick) : "–",
    };
  }
}

/** "good", "fair" or "bad", from the round trip and how long ago a frame came. */
export function health(open, rtt, silentMs) {
  if (!open) return "bad";
  if (rtt > 150 || silentMs > 1500) return "bad";
  return rtt > 60 || silentMs > 500 ? "fair" : "good";
}

/** A line of small columns, 0 to 100 ms high. */
export function spark(canvas, values) {
  const context = canvas.getContext("2d");
  const { width, height } = canvas;
  context.clearRect(0, 0, width, height);
  const most = Math.max(50, ...values);
  const latest = values.slice(-Math.floor(width / 4));
  latest.forEach((value, index) => {
    const tall = Math.max(1, (value / most) * height);
    context.fillStyle = value < 50 ? "#70cd96" : value < 100 ? "#ffc45c" : "#ff6961";
    context.fillRect(width - (latest.length - index) * 4, height - tall, 3, tall);
  });
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
const ms = (value) => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
