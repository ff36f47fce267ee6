// Demo pages: bundles each packages/*/demo into .demo/<name>/ and serves them. With --build only bundles.
// node scripts/demo.mjs [--build] [--port N]; then open http://127.0.0.1:N/three/?server=localhost:8765

import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, context } from "esbuild";
import { inlineWorker } from "./inline_worker.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, ".demo");
const only = process.argv.includes("--build");
const port = Number(process.argv[process.argv.indexOf("--port") + 1]) || 8080;

const names = readdirSync(join(root, "packages")).filter((name) => existsSync(join(root, "packages", name, "demo/main.ts")));
rmSync(out, { recursive: true, force: true });
for (const name of names) {
  mkdirSync(join(out, name), { recursive: true });
  cpSync(join(root, "packages", name, "demo/index.html"), join(out, name, "index.html"));
}
const options = {
  entryPoints: Object.fromEntries(names.map((name) => [`${name}/main`, join(root, "packages", name, "demo/main.ts")])),
  bundle: true,
  outdir: out,
  format: "esm",
  target: "es2022",
  minify: only,
  conditions: ["worldsdk-source"],
  plugins: [inlineWorker],
  logLevel: "warning",
};
if (only) {
  await build(options);
  console.log(names.join(" "));
} else {
  const served = await (await context(options)).serve({ host: "127.0.0.1", port, servedir: out });
  for (const name of names) console.log(`http://127.0.0.1:${served.port}/${name}/?server=localhost:8765`);
  console.log(`let these pages in: worldsdk serve doom-maze --allow-origin http://127.0.0.1:${served.port}`);
}
