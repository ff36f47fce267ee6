// Packages for publishing: dist/ of each, JavaScript by esbuild, declarations by tsc.

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { inlineWorker, workerOptions } from "./inline_worker.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
// Where `npm run pack` puts what can be installed elsewhere.
mkdirSync(join(root, "dist"), { recursive: true });
const order = ["client", ...readdirSync(join(root, "packages")).filter((name) => name !== "client")];
for (const name of order) rmSync(join(root, "packages", name, "dist"), { recursive: true, force: true });
for (const name of order) {
  const folder = join(root, "packages", name);
  const { dependencies = {}, peerDependencies = {}, exports: entries } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const sources = Object.values(entries).flatMap((entry) => entry["worldsdk-source"] ?? []);
  const outside = Object.keys({ ...dependencies, ...peerDependencies });
  await build({
    entryPoints: sources.map((path) => join(folder, path)),
    bundle: true,
    splitting: true,
    outdir: join(folder, "dist"),
    format: "esm",
    target: "es2022",
    external: outside.flatMap((one) => [one, `${one}/*`]),
    plugins: [inlineWorker],
    sourcemap: true,
    logLevel: "warning",
  });
  if (name === "client") {
    const bundled = await build(workerOptions(join(folder, "src/wire/worker.ts")));
    writeFileSync(join(folder, "dist/worker.js"), bundled.outputFiles[0].contents);
  }
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const arguments_ = ["-p", "tsconfig.build.json", "--rootDir", join(folder, "src"), "--outDir", join(folder, "dist")];
  writeFileSync(
    join(root, "tsconfig.build.json"),
    JSON.stringify({
      extends: "./tsconfig.json",
      compilerOptions: { noEmit: false, declaration: true, emitDeclarationOnly: true, customConditions: [] },
      include: [`packages/${name}/src`],
    }),
  );
  try {
    const done = spawnSync(process.execPath, [tsc, ...arguments_], { cwd: root, stdio: "inherit" });
    if (done.status !== 0) process.exit(1);
  } finally {
    rmSync(join(root, "tsconfig.build.json"));
  }
}
