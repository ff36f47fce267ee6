// Where the engine runs: a worker, or the page's own thread where there can be none.

import { Engine } from "./engine.js";
import type { Report, Request } from "./reports.js";
import workerSource from "inline-worker:./worker.js";

export interface Host {
  /** Whether decoding happens on another thread. */
  readonly threaded: boolean;
  post(request: Request): void;
  end(): void;
}

/** How to run the engine: by default in a worker made from this bundle; an address of one; or not in a worker. */
export type WorkerOption = boolean | string | URL;

const UP_MS = 15_000; // browsers tell at once of a worker that a policy forbids: this is for one that does not

/** Starts an engine; `report` is called on this thread. */
export function makeHost(option: WorkerOption, report: (report: Report) => void): Host {
  if (option === false || typeof Worker === "undefined") return direct(report);
  return new WorkerHost(option, report);
}

function direct(report: (report: Report) => void): Host {
  const engine = new Engine(report);
  return { threaded: false, post: (request) => engine.take(request), end: () => {} };
}

/** A worker that is replaced by this thread if it does not come up: what was asked of it is asked again. */
class WorkerHost implements Host {
  threaded = true;
  private worker: Worker | null = null;
  private fallback: Host | null = null;
  private early: Request[] | null = [];
  private readonly url: string | null = null;
  private readonly timer: ReturnType<typeof setTimeout>;

  constructor(
    option: WorkerOption,
    private readonly report: (report: Report) => void,
  ) {
    this.timer = setTimeout(() => this.fall(), UP_MS);
    try {
      let at: string | URL;
      if (option === true) at = this.url = URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" }));
      else at = option as string | URL;
      this.worker = new Worker(at, { name: "worldsdk" });
      this.worker.onmessage = ({ data }: MessageEvent<Report | { kind: "ready" }>) => {
        if (data.kind === "ready") this.up();
        else report(data);
      };
      this.worker.onerror = (event) => {
        event.preventDefault();
        this.fall();
      };
    } catch {
      this.fall();
    }
  }

  post(request: Request): void {
    if (this.fallback !== null) return this.fallback.post(request);
    this.early?.push(request);
    this.worker?.postMessage(request);
  }

  end(): void {
    clearTimeout(this.timer);
    if (this.url !== null) URL.revokeObjectURL(this.url);
    this.worker?.terminate();
    this.worker = null;
  }

  private up(): void {
    this.early = null;
    clearTimeout(this.timer);
  }

  private fall(): void {
    if (this.early === null || this.fallback !== null) return;
    const early = this.early;
    this.end();
    this.threaded = false;
    this.fallback = direct(this.report);
    for (const request of early) this.fallback.post(request);
  }
}
