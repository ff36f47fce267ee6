// esbuild plugin: `import text from "inline-worker:./worker.js"` is the bundled script, as a string.

import { dirname, join } from "node:path";
import { build } from "esbuild";

export const inlineWorker = {
  name: "inline-worker",
  setup(builder) {
    builder.onResolve({ filter: /^inline-worker:/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.replace("inline-worker:", "").replace(/\.js$/, ".ts")),
      namespace: "inline-worker",
    }));
    builder.onLoad({ filter: /.*/, namespace: "inline-worker" }, async ({ path }) => {
      const bundled = await build(workerOptions(path));
      return {
        contents: bundled.outputFiles[0].text,
        loader: "text",
        watchDirs: [dirname(path)],
      };
    });
  },
};

/** Options that bundle a worker's entry into one classic script, in memory. */
export function workerOptions(entry) {
  return {
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2022",
    conditions: ["worldsdk-source"],
    outfile: "worker.js",
  };
}
