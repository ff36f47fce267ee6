// Checks every golden vector: node vectors.js FOLDER. Prints one JSON line; exit code 1 where one fails.

import { deepStrictEqual } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pack, read, unpack, WireError } from "./wire.js";

// JavaScript has one kind of number, and this msgpack library reads strings without checking their UTF-8.
const CANNOT_TELL = ["a float for an integer", "a string that is not UTF-8"];

const folder = process.argv[2];
const failures = [];
let checked = 0;

const toJson = (value) => {
  if (value instanceof Uint8Array) return { $bin: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
  return value;
};

for (const file of readdirSync(folder).filter((one) => one.endsWith(".jsonl")).sort()) {
  for (const line of readFileSync(join(folder, file), "utf8").split("\n").filter(Boolean)) {
    const vector = JSON.parse(line);
    const bytes = new Uint8Array(Buffer.from(vector.hex, "hex"));
    checked += 1;
    try {
      if (vector.valid) {
        const message = read(bytes, vector.direction, vector.max_bytes);
        deepStrictEqual(toJson(message), vector.json);
        deepStrictEqual(toJson(unpack(pack(message))), vector.json);
      } else if (!CANNOT_TELL.includes(vector.name)) {
        let code = null;
        try {
          read(bytes, vector.direction, vector.max_bytes);
        } catch (error) {
          if (!(error instanceof WireError)) throw error;
          code = error.code;
        }
        deepStrictEqual(code, vector.error);
      }
    } catch (error) {
      failures.push(`${file}: ${vector.name}: ${error.message}`);
    }
  }
}
console.log(JSON.stringify({ checked, failures }));
process.exit(failures.length ? 1 : 0);
