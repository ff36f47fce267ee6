import assert from "node:assert/strict";
import { test } from "node:test";
import type { Data } from "../src/protocol/messages.js";
import { Bench, frame, HELD, WELCOME } from "./support.js";

test("hello says what is wished for, and each frame is acknowledged at once", () => {
  const bench = new Bench({ room: "den", token: "t", layers: ["*"] });
  const socket = bench.greet();
  const hello = socket.sent[0] as Data;
  assert.equal(bench.sockets[0]?.url, "ws://localhost:1/play");
  assert.deepEqual([hello["t"], hello["v"], hello["room"], hello["token"], hello["layers"], hello["credit"]], ["hello", [0, 0], "den", "t", ["*"], 3]);
  socket.say(frame(1));
  socket.say(frame(2));
  assert.deepEqual(socket.of("ack"), [{ t: "ack", seq: 1 }, { t: "ack", seq: 2 }]);
  bench.link.dialogue.shown(1, 2, 2000.5);
  assert.deepEqual(socket.of("ack")[2], { t: "ack", seq: 2, shown: 2_000_500 });
});

test("in lockstep acks wait for half of the window", () => {
  const bench = new Bench({ role: "stepper", mode: "lockstep", credit: 8 });
  const socket = bench.greet({ role: "stepper", mode: "lockstep", credit: 8 });
  for (const seq of [1, 2, 3]) socket.say(frame(seq));
  assert.equal(socket.of("ack").length, 0);
  socket.say(frame(4));
  assert.deepEqual(socket.of("ack"), [{ t: "ack", seq: 4 }]);
});

test("a lost connection is taken up again with the newest token, and what was not heard is said again", () => {
  const bench = new Bench();
  const first = bench.greet();
  bench.link.dialogue.input(HELD);
  bench.link.dialogue.input({ ...HELD, keys: [] });
  bench.link.dialogue.command(1, "pause", {});
  bench.link.dialogue.command(2, "rewind", { ticks: 3 });
  first.drop();
  assert.equal(bench.closings[0]?.willRetry, true);
  assert.ok((bench.closings[0]?.waitMs ?? 0) >= 150 && (bench.closings[0]?.waitMs ?? 0) <= 250);
  bench.link.dialogue.command(3, "rewind", { ticks: 1 }); // asked for while nobody hears: never sent twice
  bench.pass(300);
  assert.equal(bench.sockets.length, 2);
  const second = bench.greet({ resume: "token-2", held_seq: 1 });
  assert.equal((second.sent[0] as Data)["resume"], "token-1");
  const [, resumed] = bench.heard("welcomed")[1] as [unknown, boolean];
  assert.equal(resumed, true);
  assert.deepEqual(second.of("input").map(({ seq, keys }) => [seq, keys]), [[2, undefined]]);
  // A pause does no harm twice; whether the rewind happened is not known, so the caller is told.
  assert.deepEqual(second.of("command").map(({ name, args }) => [name, args]), [["pause", undefined], ["rewind", { ticks: 1 }]]);
  const [refused] = bench.heard("refused") as [[number, { code: string }]];
  assert.deepEqual([refused[0], refused[1].code], [2, "lost"]);
  second.drop();
  bench.pass(300);
  assert.equal((bench.socket.open(), bench.socket.sent[0] as Data)["resume"], "token-2");
});

test("waits grow while nobody answers, and end", () => {
  const bench = new Bench({}, 5000);
  bench.greet().drop();
  for (let round = 0; round < 40 && bench.closings.at(-1)?.willRetry; round += 1) {
    bench.pass(bench.closings.at(-1)?.waitMs ?? 0);
    bench.socket.drop();
  }
  const waits = bench.closings.filter(({ willRetry }) => willRetry).map(({ waitMs }) => waitMs);
  assert.ok(waits.length >= 3 && (waits.at(-1) as number) > (waits[0] as number) * 2, `${waits}`);
  assert.equal(bench.closings.at(-1)?.willRetry, false);
  assert.match(bench.closings.at(-1)?.failure?.message ?? "", /attempts to take it up again failed/);
});

test("a server that cannot be reached is explained, with this page's origin", () => {
  const bench = new Bench();
  bench.socket.drop();
  const [closing] = bench.closings;
  assert.equal(closing?.willRetry, false);
  assert.equal(closing?.failure?.code, "unreachable");
  assert.match(closing?.failure?.cure ?? "", /--allow-origin http:\/\/page\.example/);
});

test("another version is said with both versions and the cure", () => {
  const bench = new Bench();
  bench.socket.open();
  bench.socket.say({
    t: "error", code: "unsupported_version", message: "no common version", retry: false, fatal: true,
    detail: { fix: "this server speaks minor versions 4 to 7" },
  });
  bench.socket.drop(4426, "unsupported_version");
  const { message, cure } = bench.closings[0]?.failure ?? { message: "", cure: "" };
  assert.match(message, /worldsdk\.v1\.msgpack, version 1\.0/);
  assert.match(cure, /minor versions 4 to 7/);
});

test("close codes are sentences, and those that cannot be cured by waiting end it", () => {
  for (const [code, name] of [[4409, "conflict"], [4410, "session_over"], [4505, "idle"], [4501, "session_failed"]] as const) {
    const bench = new Bench();
    bench.greet().drop(code);
    assert.deepEqual([bench.closings[0]?.failure?.code, bench.closings[0]?.willRetry], [name, false]);
    assert.ok((bench.closings[0]?.failure?.cure.length ?? 0) > 5);
  }
  const slow = new Bench();
  slow.greet().drop(4504);
  assert.equal(slow.closings[0]?.willRetry, true);
});

test("goaway: resume comes back, elsewhere if told so; stop does not", () => {
  const bench = new Bench();
  const socket = bench.greet();
  socket.say({ t: "goaway", action: "resume", reason: "restart", in_ms: 0, url: "ws://other:2/play" });
  socket.drop(1001);
  bench.pass(300);
  assert.equal(bench.socket.url, "ws://other:2/play");
  const stopped = new Bench();
  const last = stopped.greet();
  last.say({ t: "goaway", action: "stop", reason: "closing", in_ms: 0 });
  last.drop(1001);
  assert.deepEqual([stopped.closings[0]?.willRetry, stopped.closings[0]?.failure?.code], [false, "ended"]);
});

test("a viewer comes back to the room, without a token", () => {
  const bench = new Bench({ role: "viewer", room: "den" });
  bench.greet({ role: "viewer", room: "den", resume: "" }).drop();
  bench.pass(300);
  bench.socket.open();
  assert.deepEqual([(bench.socket.sent[0] as Data)["room"], (bench.socket.sent[0] as Data)["resume"]], ["den", undefined]);
});

test("a silent server is given up, a pinged one is not", () => {
  const bench = new Bench();
  const socket = bench.greet();
  for (let second = 0; second < 20; second += 1) {
    bench.pass(1000);
    socket.say({ t: "pong", t0: (bench.time - 10) * 1000, t1: 500, t2: 1500 });
  }
  assert.equal(bench.closings.length, 0);
  assert.ok(socket.of("ping").length >= 19);
  assert.ok(Math.abs((bench.heard("ponged")[0] as [number])[0] - 9) < 1e-6);
  bench.pass(12_000);
  assert.equal(bench.closings[0]?.failure?.code, "timeout");
  assert.equal(bench.closings[0]?.willRetry, true);
});

test("a server that breaks the protocol is left", () => {
  for (const bad of [frame(2), { t: "applied", re: 9, tick: 1 }, { ...WELCOME }]) {
    const bench = new Bench();
    bench.greet().say(bad);
    assert.deepEqual([bench.closings[0]?.failure?.code, bench.closings[0]?.willRetry], ["bad_message", false]);
  }
});

test("messages of a newer server are passed over", () => {
  const bench = new Bench();
  const socket = bench.greet();
  socket.say({ t: "weather", rain: true });
  socket.say({ t: "event", name: "unheard of", data: {} });
  socket.say(frame(1, { unheard: 1 }));
  assert.equal(bench.closings.length, 0);
  assert.equal(bench.heard("frame").length, 1);
});

test("leaving says goodbye and gives up what waits", () => {
  const bench = new Bench();
  const socket = bench.greet();
  bench.link.dialogue.command(7, "reset", {});
  bench.link.close("enough");
  assert.deepEqual(socket.of("bye"), [{ t: "bye", reason: "enough" }]);
  assert.equal((bench.heard("refused")[0] as unknown[])[0], 7);
  assert.deepEqual([bench.closings.length, bench.closings[0]?.failure, bench.closings[0]?.willRetry], [1, null, false]);
});
