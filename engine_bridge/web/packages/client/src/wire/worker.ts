// Entry of the worker: an engine behind messages.

import { Engine } from "./engine.js";
import type { Request } from "./reports.js";

const scope = globalThis as unknown as {
  onmessage: ((event: { data: Request }) => void) | null;
  postMessage(message: unknown, transfer: Transferable[]): void;
};

const engine = new Engine((report, transfer) => scope.postMessage(report, transfer));
scope.onmessage = ({ data }) => engine.take(data);
// So that the page knows at once that a worker is allowed.
scope.postMessage({ kind: "ready" }, []);
