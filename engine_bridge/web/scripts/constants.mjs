// Copies the generated names and numbers of the protocol into the client; with --check only compares.

import { readFileSync, writeFileSync } from "node:fs";

const source = new URL("../../../protocol/constants/worldsdk_protocol.ts", import.meta.url);
const copy = new URL("../packages/client/src/protocol/constants.ts", import.meta.url);

const wanted = readFileSync(source, "utf8");
if (process.argv.includes("--check")) {
  if (readFileSync(copy, "utf8") !== wanted) {
    console.error("packages/client/src/protocol/constants.ts is not protocol/constants/worldsdk_protocol.ts: npm run constants");
    process.exit(1);
  }
} else {
  writeFileSync(copy, wanted);
}
