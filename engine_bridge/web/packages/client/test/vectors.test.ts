import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { checkVectors } from "../../../conformance/vectors.js";

declare const REPOSITORY: string;

test("every golden vector is decoded, or refused with the code it deserves", () => {
  const folder = join(REPOSITORY, "protocol/vectors");
  const { passed, failures } = checkVectors(folder);
  assert.deepEqual(failures, []);
  assert.ok(passed > 60 && readdirSync(folder).length >= 3);
});
