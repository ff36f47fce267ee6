import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { rgb } from "../src/play/arguments.js";
import { WorldClient } from "../src/play/client.js";
import { WorldFrame } from "../src/play/frame.js";
import { WorldError } from "../src/protocol/failures.js";
import { address } from "../src/wire/address.js";
import { readLayer } from "../src/wire/layers.js";
import { PictureReader } from "../src/wire/pictures.js";
import type { FrameReport } from "../src/wire/reports.js";
import { CLIENT_VERSION } from "../src/version.js";
import { FakeSocket, frame, WELCOME } from "./support.js";

declare const REPOSITORY: string;

/** A client on this thread whose server is a fake socket. */
async function connected(more: object = {}): Promise<{ client: WorldClient; socket: FakeSocket; failed: string[] }> {
  const sockets: FakeSocket[] = [];
  const before = globalThis.WebSocket;
  class Fake extends FakeSocket {
    constructor(url: string) {
      super(url);
      sockets.push(this);
    }
  }
  globalThis.WebSocket = Fake as unknown as typeof WebSocket;
  const client = new WorldClient();
  const failed: string[] = [];
  client.on("failed", (code) => failed.push(code));
  const welcome = client.connect("localhost:1", { worker: false, reconnectSeconds: 0 });
  while (!sockets.length) await new Promise((done) => setTimeout(done, 1));
  globalThis.WebSocket = before;
  const socket = sockets[0] as FakeSocket;
  socket.open();
  socket.say({ ...WELCOME, ...more });
  await welcome;
  return { client, socket, failed };
}

test("the version is package.json's", () => {
  const path = join(REPOSITORY, "engine_bridge/web/packages/client/package.json");
  assert.equal(JSON.parse(readFileSync(path, "utf8")).version, CLIENT_VERSION);
});

test("the constants are those of the protocol", () => {
  const [source, copy] = ["protocol/constants/worldsdk_protocol.ts", "engine_bridge/web/packages/client/src/protocol/constants.ts"];
  const [ours, theirs] = [copy, source].map((path) => readFileSync(join(REPOSITORY, path), "utf8"));
  assert.ok(ours === theirs, `${copy} is not ${source}: run 'npm run constants' in engine_bridge/web`);
});

test("addresses are filled in, and secrets in them refused", () => {
  assert.equal(address("localhost:8765"), "ws://localhost:8765/play");
  assert.equal(address("https://a.example/x?y=1#z"), "wss://a.example/x?y=1");
  for (const wrong of ["ftp://a", "ws://", "ws://u:p@a", "ws://a/?token=1"]) {
    assert.throws(() => address(wrong), (error: WorldError) => error.code === "bad_argument" && !error.message.includes("u:p"));
  }
});

test("the newest frame is held, with its layers and state", async () => {
  const { client, socket } = await connected();
  const layers = { depth: new Uint8Array([0, 0, 255, 255]) };
  socket.say(frame(1, { layers, state: { x: 2 }, reward: 1.5, data: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]) }));
  socket.say(frame(2, { ended: true }));
  assert.deepEqual([client.tick, client.ended, client.reward, client.state], [2, true, 0, {}]);
  socket.say(frame(3, { layers, state: { x: 2 } }));
  assert.deepEqual([...(client.layers["depth"]?.data ?? [])], [1, 3]);
  assert.equal(client.state["x"], 2);
  assert.ok(client.ageMs >= 0 && client.quality.frames === 3);
  client.disconnect();
});

test("commands are promises, and what is refused is told too", async () => {
  const { client, socket, failed } = await connected();
  const applied: unknown[] = [];
  client.on("applied", (...args) => applied.push(args));
  const paused = client.pause();
  const { id } = socket.of("command")[0] as { id: number };
  socket.say({ t: "accepted", re: id });
  socket.say({ t: "applied", re: id, tick: 5 });
  assert.deepEqual(await paused, { tick: 5, result: {} });
  assert.deepEqual([applied, client.paused], [[["pause", 5, {}]], true]);
  const rewound = client.rewind(3);
  const second = socket.of("command")[1] as { id: number };
  socket.say({ t: "error", code: "session_invalid", message: "there is nothing before this", retry: false, fatal: false, re: second.id });
  await assert.rejects(rewound, { code: "session_invalid" });
  assert.deepEqual(failed, ["session_invalid"]);
  client.disconnect();
  await assert.rejects(client.pause(), { code: "lost" });
});

test("what a world cannot do is refused before anything is sent", async () => {
  const { client, socket, failed } = await connected();
  for (const asked of [client.setPrompt("rain"), client.snapshot(), client.fork(), client.setState({ x: 1 })]) {
    await assert.rejects(asked, (error: WorldError) => error.code === "not_capable" && error.message.includes("reset, rewind"));
  }
  await assert.rejects(client.rewind(0.5), { code: "bad_argument" });
  assert.deepEqual(failed, ["not_capable", "not_capable", "not_capable", "not_capable", "bad_argument"]);
  assert.equal(socket.of("command").length, 0);
  client.disconnect();
});

test("the command state is there where the server has it", async () => {
  const { client, socket } = await connected({ commands: { pause: {}, state: {} } });
  void client.setState({ health: 50 });
  assert.deepEqual(socket.of("command")[0]?.["args"], { values: { health: 50 } });
  client.disconnect();
});

test("controls by name: checked, held, and not faster than the server allows", async () => {
  const { client, socket, failed } = await connected();
  assert.throws(() => client.setControl("fly", 1), { code: "control_invalid" });
  assert.throws(() => client.setControl("turn", 9), { code: "control_invalid" });
  client.press("walk");
  client.setControl("turn", -2.5);
  client.release("walk");
  assert.deepEqual(socket.of("input").map(({ seq, controls }) => [seq, controls]), [[1, { walk: 1 }]]);
  await new Promise((done) => setTimeout(done, 60));
  assert.deepEqual(socket.of("input").at(-1)?.["controls"], { turn: -2.5 });
  assert.deepEqual(failed, ["control_invalid", "control_invalid"]);
  client.disconnect();
});

test("lockstep: one frame for each step", async () => {
  const { client, socket } = await connected({ role: "stepper", mode: "lockstep" });
  socket.say(frame(1));
  const [first, second] = [client.step(), client.step(4)];
  assert.deepEqual(socket.of("input").map(({ ticks }) => ticks), [undefined, 4]);
  socket.say(frame(2));
  socket.say(frame(3, { tick: 6 }));
  assert.deepEqual([(await first).tick, (await second).tick], [2, 6]);
  client.disconnect();
});

test("a connection that ends ends its promises, and says so once", async () => {
  const { client, socket, failed } = await connected();
  const ends: unknown[] = [];
  client.on("disconnected", (...args) => ends.push(args));
  const waiting = client.reset();
  socket.drop(4501);
  await assert.rejects(waiting, { code: "session_failed" });
  assert.deepEqual(ends.map((args) => (args as unknown[]).slice(0, 3)), [[4501, "", false]]);
  assert.ok(failed.includes("session_failed"));
  assert.equal(client.connected, false);
});

test("pictures: raw ones become RGBA, wrong sizes are said", () => {
  const reader = new PictureReader(2, 1);
  const picture = reader.read("raw_rgb", Uint8Array.from([1, 2, 3, 4, 5, 6]), true, 0);
  assert.deepEqual("data" in picture && [...picture.data], [1, 2, 3, 255, 4, 5, 6, 255]);
  assert.throws(() => reader.read("raw_rgba", new Uint8Array(7), true, 0), /7 bytes instead of 8/);
  assert.deepEqual([...rgb(Uint8Array.from([1, 2, 3, 9, 4, 5, 6, 9]), [2, 1])], [1, 2, 3, 4, 5, 6]);
  assert.throws(() => rgb(new Uint8Array(5), [2, 1]), { code: "bad_argument" });
});

test("layers are numbers between low and high, whatever the alignment", () => {
  const bytes = Uint8Array.from([9, 0, 0, 255, 255, 0, 128]).subarray(1);
  const layer = readLayer({ name: "d", low: -1, high: 1, unit: "", encoding: "u16" }, bytes, 3, 1);
  assert.deepEqual([layer?.data[0], layer?.data[1]], [-1, 1]);
  assert.ok(Math.abs(layer?.data[2] as number) < 1e-4);
  assert.equal(readLayer({ name: "d", low: 0, high: 1, unit: "", encoding: "u16" }, bytes, 2, 1), null);
});

test("a frame's picture lives as long as somebody holds it", () => {
  let closed = 0;
  const image = { close: () => (closed += 1) } as unknown as ImageBitmap;
  const held = new WorldFrame({ tick: 3, picture: { kind: "image", width: 2, height: 1, image } } as FrameReport);
  held.retain().release();
  assert.deepEqual([closed, held.alive, held.tick, held.width], [0, true, 3, 2]);
  held.release();
  assert.deepEqual([closed, held.alive, held.pixels()], [1, false, null]);
});
