import assert from "node:assert/strict";
import { test } from "node:test";
import { WorldRecorder } from "../src/record/recorder.js";
import type { RecorderOptions } from "../src/record/recorder.js";
import type { Surroundings } from "../src/wire/link.js";
import { FakeSocket } from "./support.js";

const OPTIONS: RecorderOptions = {
  game: "toy",
  size: [8, 8],
  rate: 30,
  controls: [{ name: "jump", keys: { Space: 1 } }, { name: "turn", kind: "axis", low: -8, high: 8 }],
  variables: [{ name: "x", low: 0, high: 1 }],
};
const PIXELS = new Uint8Array(8 * 8 * 4).fill(7);
const READY = { t: "ready", v: 0, window: 2, max_message: 1 << 20, frames: 5 };

function bench(more: Partial<RecorderOptions> = {}) {
  const sockets: FakeSocket[] = [];
  const timers: (() => void)[] = [];
  const around: Surroundings = {
    socket: (url) => {
      sockets.push(new FakeSocket(url));
      return sockets.at(-1) as FakeSocket;
    },
    now: () => 0,
    later: (_ms, action) => {
      timers.push(action);
      return () => timers.splice(timers.indexOf(action) >>> 0, 1);
    },
    origin: "http://page.example",
  };
  const recorder = new WorldRecorder({ ...OPTIONS, ...more }, around);
  return { recorder, timers, sockets, socket: () => sockets.at(-1) as FakeSocket };
}

async function recording() {
  const one = bench();
  const started = one.recorder.start();
  one.socket().open();
  one.socket().say(READY);
  assert.equal(await started, 5);
  return one;
}

test("announces the game, with all that a control has", async () => {
  const { socket } = await recording();
  assert.equal(socket().url, "ws://localhost:8766/record");
  const begin = socket().of("begin")[0] as any;
  assert.deepEqual(begin.size, [8, 8]);
  assert.deepEqual(begin.controls[0], {
    name: "jump", kind: "button", low: 0, high: 1, values: null, unit: "", keys: { Space: 1 }, pad: {}, mouse: null, help: "",
  });
  assert.equal(begin.token, undefined);
});

test("numbers rows, cuts episodes, and turns RGBA into RGB", async () => {
  const { recorder, socket } = await recording();
  assert.equal(recorder.tick({ pixels: PIXELS, controls: { jump: 1 }, variables: { x: 0.5 } }), true);
  assert.equal(recorder.tick({ pixels: PIXELS, reward: 1, ended: true }), true);
  socket().say({ t: "receipt", seq: 2, frames: 0 });
  recorder.tick({ pixels: PIXELS });
  socket().say({ t: "receipt", seq: 3, frames: 3 });
  recorder.newEpisode(9);
  recorder.tick({ pixels: PIXELS });
  const rows = socket().of("row") as any[];
  assert.deepEqual(rows.map(({ seq }) => seq), [1, 2, 3, 4]);
  assert.deepEqual(rows.map(({ episode }) => episode - rows[0].episode), [0, 0, 1, 2]);
  assert.deepEqual(rows.map(({ seed }) => seed), [0, 0, 0, 9]);
  assert.equal(rows[0].pixels.length, 8 * 8 * 3);
  assert.equal(recorder.written, 3);
});

test("a receiver that is behind costs ticks, and what follows is a new episode", async () => {
  const { recorder, socket } = await recording();
  const taken = [0, 1, 2, 3].map(() => recorder.tick({ pixels: PIXELS }));
  assert.deepEqual(taken, [true, true, false, false]);
  let woken = false;
  const room = recorder.room().then(() => (woken = true));
  socket().say({ t: "receipt", seq: 1, frames: 0 });
  await room;
  assert.ok(woken);
  assert.equal(recorder.tick({ pixels: PIXELS }), true);
  const rows = socket().of("row") as any[];
  assert.equal(rows[2].dropped, 2);
  assert.ok(rows[2].episode > rows[1].episode);
  assert.equal(recorder.dropped, 2);
});

test("stop waits until all is written", async () => {
  const { recorder, socket } = await recording();
  recorder.tick({ pixels: PIXELS });
  const stopped = recorder.stop();
  assert.equal(socket().of("end").length, 1);
  assert.equal(recorder.tick({ pixels: PIXELS }), false);
  socket().say({ t: "done", frames: 6, episodes: 2, dropped: 0, reason: "" });
  assert.deepEqual(await stopped, { frames: 6, episodes: 2, rows: 1, dropped: 0, reason: "" });
  assert.equal(recorder.recording, false);
});

test("a lost receiver is tried again, and the rest is a new episode", async () => {
  const { recorder, socket, sockets, timers } = await recording();
  recorder.tick({ pixels: PIXELS });
  const before = (socket().of("row")[0] as any).episode;
  socket().drop();
  assert.equal(recorder.tick({ pixels: PIXELS }), false);
  timers.splice(0).forEach((action) => action());
  assert.equal(sockets.length, 2);
  socket().open();
  socket().say(READY);
  recorder.tick({ pixels: PIXELS });
  const row = socket().of("row")[0] as any;
  assert.equal(row.seq, 1);
  assert.ok(row.episode > before && row.dropped === 1);
});

test("a refusal names what was wrong", async () => {
  const { recorder, socket } = await recording();
  const told: string[] = [];
  recorder.on("failed", (code, message) => told.push(`${code}: ${message}`));
  socket().say({ t: "error", code: "record_invalid", message: "row 1, variable 'x': is 7", retry: false, fatal: true });
  assert.match(told[0] as string, /record_invalid: row 1, variable 'x': is 7/);
});

test("nobody there is told with the cure", async () => {
  const { recorder, socket } = bench();
  const started = recorder.start();
  socket().drop();
  await assert.rejects(started, /worldsdk record --listen .*--allow-origin http:\/\/page.example/);
});

test("what cannot be recorded is refused before it connects", () => {
  const wrong: [Partial<RecorderOptions>, RegExp][] = [
    [{ size: [4, 8] }, /size/],
    [{ rate: 0 }, /rate/],
    [{ controls: [] }, /steers/],
    [{ controls: [{ name: "up", low: 1, high: 2 }] }, /rest/],
    [{ url: "ws://localhost/?token=abc" }, /secret/],
  ];
  for (const [options, message] of wrong) assert.throws(() => bench(options), message);
});

test("a picture of another size is refused", async () => {
  const { recorder } = await recording();
  assert.throws(() => recorder.tick({ pixels: new Uint8Array(5) }), /192/);
  assert.throws(() => recorder.tick({}), /picture/);
});
