import assert from "node:assert/strict";
import { test } from "node:test";
import { readPads } from "../src/input/gamepad.js";
import { HeldInput } from "../src/input/held.js";
import { WELCOME } from "./support.js";

function bound(): HeldInput {
  const held = new HeldInput();
  held.bind(WELCOME.controls);
  return held;
}

test("levels are sent when they change, with the moment of the change", () => {
  const held = bound();
  assert.equal(held.take(1), null);
  held.press("KeyW", 10);
  const taken = held.take(12);
  assert.deepEqual([taken?.keys, taken?.ts, taken?.again], [["KeyW"], 10, false]);
  assert.equal(held.take(13), null);
  held.lift("KeyW", 20);
  assert.deepEqual(held.take(21)?.keys, []);
});

test("a press that is over before it was sent is sent, then let go of", () => {
  const held = bound();
  held.press("KeyW", 10);
  held.lift("KeyW", 11);
  const tap = held.take(12);
  assert.deepEqual([tap?.keys, tap?.again], [["KeyW"], true]);
  assert.deepEqual(held.take(13)?.keys, []);
  held.set("walk", 1, 14);
  held.set("walk", 0, 15);
  assert.deepEqual([held.take(16)?.controls, held.take(17)?.controls], [{ walk: 1 }, {}]);
});

test("what the world does not listen to stays on this page", () => {
  const held = bound();
  held.press("KeyP", 1);
  held.pad({ B: 1 }, 2);
  held.touch("RightStickX", 1, 3);
  assert.equal(held.take(4), null);
  assert.equal(held.listens("KeyP"), false);
  held.aliases = { KeyP: "KeyW" };
  held.press("KeyP", 5);
  assert.deepEqual(held.take(6)?.keys, ["KeyW"]);
});

test("mouse motion adds up and is used up", () => {
  const held = bound();
  held.move(3, 1, 1);
  held.move(4, -2, 2);
  assert.deepEqual([held.take(3)?.mouse, held.take(4)], [[7, -1], null]);
});

test("letting go releases fingers, and names where asked", () => {
  const held = bound();
  held.press("KeyW", 1);
  held.set("turn", -4, 1);
  held.take(2);
  held.release(3);
  assert.deepEqual([held.take(4)?.keys, held.take(5, 1, true)?.controls], [[], { turn: -4 }]);
  held.release(6, true);
  assert.deepEqual(held.take(7)?.controls, {});
});

test("gamepads: the standard mapping, dead zones, the strongest of several", () => {
  const buttons = Array.from({ length: 17 }, (_, place) => ({ value: place === 0 ? 1 : place === 7 ? 0.5 : 0 }));
  const pad = { connected: true, mapping: "standard", buttons, axes: [0.1, -1, 0.575, 0] };
  const weak = { ...pad, buttons: [], axes: [0, 0.2, 0, 0] };
  const levels = readPads([null, pad, weak, { ...pad, mapping: "", axes: [1] }]);
  assert.deepEqual(Object.keys(levels).sort(), ["A", "LeftStickY", "RightStickX", "RightTrigger"]);
  assert.deepEqual([levels["A"], levels["RightTrigger"], levels["LeftStickY"]], [1, 0.5, -1]);
  assert.ok(Math.abs((levels["RightStickX"] as number) - 0.5) < 1e-9);
});
