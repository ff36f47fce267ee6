// node conformance.mjs FOLDER [ws://host:port/play]
// Checks the vectors in FOLDER and, given an address, plays there. Prints one JSON line; exit code 1 where one failed.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { inlineWorker } from "./scripts/inline_worker.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
// Beside node_modules, where what is imported is found.
const folder = mkdtempSync(join(here, ".conformance-"));
const script = join(folder, "main.mjs");
let status = 1;
try {
  await build({
    entryPoints: [join(here, "conformance/main.ts")],
    bundle: true,
    outfile: script,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["worldsdk-source"],
    plugins: [inlineWorker],
    logLevel: "warning",
  });
  // Node has a WebSocket of its own, behind a switch until version 22.
  const old = Number(process.versions.node.split(".")[0]) < 22 ? ["--experimental-websocket", "--no-warnings"] : [];
  const done = spawnSync(process.execPath, [...old, script, ...process.argv.slice(2)], { stdio: "inherit" });
  status = done.status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(status);
