// Unit tests: bundled by esbuild, run by node's own test runner. Arguments name test files; none means all.

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { inlineWorker } from "./inline_worker.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = join(root, "packages/client/test");
const out = join(root, ".tests");
const asked = process.argv.slice(2);
const files = readdirSync(source).filter((name) => name.endsWith(".test.ts"));
const chosen = files.filter((name) => !asked.length || asked.some((word) => name.startsWith(word)));
rmSync(out, { recursive: true, force: true });
mkdirSync(out);
await build({
  entryPoints: chosen.map((name) => join(source, name)),
  bundle: true,
  outdir: out,
  platform: "node",
  format: "esm",
  target: "node20",
  outExtension: { ".js": ".mjs" },
  conditions: ["worldsdk-source"],
  define: { REPOSITORY: JSON.stringify(join(root, "../..")) },
  plugins: [inlineWorker],
  logLevel: "warning",
});
const built = chosen.map((name) => join(out, basename(name, ".ts") + ".mjs"));
const done = spawnSync(process.execPath, ["--test", "--test-reporter=spec", ...built], { stdio: "inherit" });
process.exit(done.status ?? 1);
