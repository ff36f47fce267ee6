// The golden vectors of protocol/vectors against this client's codec.

import { isDeepStrictEqual } from "node:util";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pack, read, unpack, WireError } from "@worldsdk/client/wire";

/** JavaScript has one kind of number, and its msgpack library reads strings without checking their UTF-8: SPEC.md, section 10. */
const CANNOT_TELL = new Set(["a float for an integer", "a string that is not UTF-8"]);

interface Vector {
  name: string;
  direction: "client" | "server";
  hex: string;
  json: unknown;
  valid: boolean;
  error: string | null;
  max_bytes: number;
}

/** Checks each line of each file in `folder`. */
export function checkVectors(folder: string): { passed: number; failures: string[] } {
  let passed = 0;
  const failures: string[] = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".jsonl")).sort()) {
    for (const line of readFileSync(join(folder, file), "utf8").split("\n").filter(Boolean)) {
      const vector = JSON.parse(line) as Vector;
      const wrong = check(vector);
      if (wrong === null) passed += 1;
      else failures.push(`${file}: ${vector.name}: ${wrong}`);
    }
  }
  return { passed, failures };
}

function check(vector: Vector): string | null {
  const bytes = new Uint8Array(Buffer.from(vector.hex, "hex"));
  try {
    const message = read(bytes, vector.direction, vector.max_bytes);
    if (!vector.valid) return CANNOT_TELL.has(vector.name) ? null : `was taken instead of ${vector.error}`;
    if (!isDeepStrictEqual(toJson(message), vector.json)) return "holds something else";
    return isDeepStrictEqual(toJson(unpack(pack(message))), vector.json) ? null : "changes when it is packed again";
  } catch (error) {
    if (!(error instanceof WireError)) return String(error);
    if (vector.valid) return `was refused: ${error.message}`;
    return error.code === vector.error || CANNOT_TELL.has(vector.name) ? null : `${error.code} instead of ${vector.error}`;
  }
}

function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bin: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
}
