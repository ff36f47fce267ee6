// A small panel that says how the connection feels: from hand to eye, age, rates.

import type { WorldClient } from "./client.js";

const EVERY_MS = 250;
const COLUMN = 3;

const STYLE =
  "position:absolute;right:12px;top:12px;padding:8px 10px;border-radius:6px;background:#0c0f14cc;color:#e8ecf1;" +
  "font:12px/1.5 ui-monospace,monospace;white-space:pre;pointer-events:none;z-index:10";

/** Shows `client.quality` in a corner of `parent` until `remove`. */
export class LatencyOverlay {
  readonly element: HTMLElement;
  private readonly lines: HTMLElement;
  private readonly chart: HTMLCanvasElement;
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(
    private readonly client: WorldClient,
    parent: HTMLElement = document.body,
  ) {
    this.element = document.createElement("div");
    this.element.setAttribute("style", STYLE);
    this.element.setAttribute("role", "status");
    this.element.dataset["worldsdk"] = "overlay";
    this.lines = this.element.appendChild(document.createElement("div"));
    this.chart = this.element.appendChild(document.createElement("canvas"));
    [this.chart.width, this.chart.height] = [180, 32];
    this.chart.style.display = "block";
    parent.append(this.element);
    this.timer = setInterval(() => this.draw(), EVERY_MS);
    this.draw();
  }

  remove(): void {
    clearInterval(this.timer);
    this.element.remove();
  }

  private draw(): void {
    const { client } = this;
    const quality = client.quality;
    const world = client.welcome?.world.title ?? "no world";
    const how = !client.connected ? "not connected" : client.paused ? "paused" : `${quality.rate.toFixed(1)} /s`;
    this.lines.textContent = [
      `${world}  ${how}`,
      `hand to eye  ${ms(quality.action_to_photon_ms)}  p95 ${ms(quality.action_to_photon_p95_ms)}`,
      `age ${ms(quality.age_ms)}  round trip ${ms(quality.rtt_ms)}  jitter ${ms(quality.jitter_ms)}`,
      `late ${quality.late}  missed ${quality.missed}  replaced ${quality.replaced}  dropped ${quality.dropped}`,
      `held ${quality.held}  turned ${quality.warped}  tick ${client.tick}`,
    ].join("\n");
    this.element.dataset["actionToPhotonMs"] = quality.action_to_photon_ms.toFixed(1);
    this.spark();
  }

  /** The latest actions as columns: green below 50 ms, amber below 100, red above. */
  private spark(): void {
    const { width, height } = this.chart;
    const context = this.chart.getContext("2d") as CanvasRenderingContext2D;
    context.clearRect(0, 0, width, height);
    const values = this.client.meter.latest.slice(-Math.floor(width / COLUMN));
    const most = Math.max(100, ...values);
    values.forEach((value, place) => {
      const tall = Math.max(1, (value / most) * height);
      context.fillStyle = value < 50 ? "#70cd96" : value < 100 ? "#ffc45c" : "#ff6961";
      context.fillRect(width - (values.length - place) * COLUMN, height - tall, COLUMN - 1, tall);
    });
  }
}

function ms(value: number): string {
  return value > 0 ? `${value.toFixed(value < 10 ? 1 : 0)} ms` : "–";
}
