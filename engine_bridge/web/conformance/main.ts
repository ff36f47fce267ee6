// Arguments: the folder of vectors and, for a session too, a server's address. Prints one JSON line.

import { playLive } from "./live.js";
import { checkVectors } from "./vectors.js";

const [folder, url] = process.argv.slice(2);
if (folder === undefined) {
  console.error("usage: conformance.mjs FOLDER [ws://host:port/play]");
  process.exit(2);
}
const { passed, failures } = checkVectors(folder);
for (const line of failures) console.error(line);
let live: { [figure: string]: unknown } | null = null;
let broken = failures.length > 0;
if (url !== undefined) {
  try {
    live = await playLive(url);
  } catch (error) {
    broken = true;
    console.error(error instanceof Error ? error.message : String(error));
    live = { frames: 0, error: error instanceof Error ? error.message : String(error) };
  }
}
console.log(JSON.stringify({ bridge: "web", vectors: { passed, failed: failures.length }, live }));
process.exit(broken ? 1 : 0);
