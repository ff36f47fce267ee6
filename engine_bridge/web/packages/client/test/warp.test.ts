import assert from "node:assert/strict";
import { test } from "node:test";
import { CameraWarp, headingOf, movement, profileOf } from "../src/play/warp.js";

const WIDTH = 80;

/** A world seen from inside: columns of a fixed panorama, `degrees` turned, 2 pixels to the right for each degree. */
function view(degrees: number): ReturnType<typeof profileOf> {
  const data = new Uint8ClampedArray(WIDTH * 4 * 4);
  for (let x = 0; x < WIDTH; x += 1) {
    const place = x - 2 * degrees;
    const value = 128 + 60 * Math.sin(place / 5) + 50 * Math.sin(place / 11 + 1);
    for (let y = 0; y < 4; y += 1) data.fill(value, 4 * (y * WIDTH + x), 4 * (y * WIDTH + x) + 3);
  }
  return profileOf(data, WIDTH, 4);
}

test("it learns how far the picture moves with each degree, and moves it", () => {
  const warp = new CameraWarp(headingOf(["x", "heading"]));
  let heading = 350;
  for (let tick = 0; tick < 8; tick += 1) {
    warp.learn(tick, { heading: heading % 360 }, () => view(heading));
    heading += 3;
  }
  assert.ok(Math.abs((warp.gain ?? 0) - 2) < 0.1, `${warp.gain}`);
  assert.equal(warp.shift(1), 6);
  assert.equal(warp.shift(0.5), 3);
  assert.equal(warp.shift(100), 18); // no further ahead than three beats
  warp.forget();
  assert.equal(warp.shift(1), 0);
});

test("a picture that does not move with the heading is never turned", () => {
  const warp = new CameraWarp("heading");
  for (let tick = 0; tick < 12; tick += 1) warp.learn(tick, { heading: 3 * tick }, () => view(0));
  assert.equal(warp.shift(1), 0);
  const none = new CameraWarp(headingOf(["x", "y"]));
  none.learn(0, { x: 1 }, () => assert.fail("nothing to learn from"));
  assert.equal(none.gain, null);
});

test("movement is found to a fraction, or not at all", () => {
  const moved = movement(view(0), view(2.25));
  assert.ok(moved !== null && Math.abs(moved - 4.5) < 0.2, `${moved}`);
  const noise = profileOf(Uint8ClampedArray.from({ length: WIDTH * 16 }, (_, place) => (place * 7919) % 251), WIDTH, 4);
  assert.equal(movement(view(0), noise), null);
});
