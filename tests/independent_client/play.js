// Plays: node play.js URL TICKS. Steps a world in lockstep, gives it commands, drops the connection and comes
// back, then plays in real time. Prints one JSON line; exit code 1 where the server broke a rule.

import assert from "node:assert";
import { pack, read, SUBPROTOCOL } from "./wire.js";

const [url, ticks] = [process.argv[2], Number(process.argv[3])];
const PATIENCE_MS = 20000;
const now = () => Math.round(performance.now() * 1000);

class Connection {
  constructor() {
    this.waiting = [];
    this.wake = null;
    this.frames = 0;
    this.sequence = 0;
    this.commands = 0;
    this.socket = new WebSocket(url, [SUBPROTOCOL]);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = (event) => this.push(read(new Uint8Array(event.data), "server"));
    this.closed = new Promise((done) => {
      this.socket.onclose = (event) => {
        done(event.code);
        this.push({ t: "closed", code: event.code });
      };
    });
  }

  push(message) {
    this.waiting.push(message);
    this.wake?.();
  }

  send(message) {
    this.socket.send(pack(message));
  }

  // The next message of a type; news that nobody asked for is passed over, anything else is a fault.
  async next(type, ...skip) {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      while (this.waiting.length === 0) {
        assert(Date.now() < deadline, `no ${type} came`);
        await new Promise((done) => {
          this.wake = done;
          setTimeout(done, 1000);
        });
      }
      const message = this.waiting.shift();
      if (message.t === "frame") {
        this.frames += 1;
        assert.strictEqual(message.seq, this.frames, "frames are numbered without gaps");
        this.send({ t: "ack", seq: message.seq, shown: now() });
      }
      if (message.t === type) return message;
      assert(message.t === "event" || skip.includes(message.t), `${JSON.stringify(message)} instead of ${type}`);
    }
  }

  async open(role, mode, resume) {
    await new Promise((done, failed) => {
      this.socket.onopen = done;
      this.socket.onerror = () => failed(new Error(`cannot connect to ${url}`));
    });
    assert.strictEqual(this.socket.protocol, SUBPROTOCOL);
    this.send({
      t: "hello", v: [0, 0], role, mode, codecs: ["raw_rgb"], max_message: 8388608, credit: 4, resume,
      client: { name: "independent", version: "1.0", engine: "node" },
    });
    this.welcome = await this.next("welcome");
    this.sequence = this.welcome.held_seq;
    this.frame = await this.next("frame");
    assert(this.frame.key, "the first frame is whole");
    return this.welcome;
  }

  input(fields) {
    this.sequence += 1;
    this.send({ t: "input", seq: this.sequence, ts: now(), ...fields });
  }

  async command(name, args = {}) {
    this.commands += 1;
    this.send({ t: "command", id: this.commands, name, args });
    assert.strictEqual((await this.next("accepted", "frame")).re, this.commands);
    const applied = await this.next("applied", "frame");
    assert.strictEqual(applied.re, this.commands);
    return applied;
  }
}

function keysAt(tick, controls) {
  const codes = controls.flatMap((control) => Object.keys(control.keys).slice(0, 1));
  return codes.filter((_code, place) => (tick >> (place % 5)) % 3 === 1).slice(0, 32);
}

async function lockstep() {
  let connection = new Connection();
  const welcome = await connection.open("stepper", "lockstep");
  const [width, height] = welcome.size;
  const seen = new Set();
  let ends = 0;
  let tick = connection.frame.tick;
  let token = welcome.resume;
  for (let done = 0; done < ticks; done += 1) {
    if (done === Math.floor(ticks / 2)) {
      // Leaves without bye, as a lost connection would, and comes back.
      connection.socket.close();
      await connection.closed;
      const next = new Connection();
      const again = await next.open("stepper", "lockstep", token);
      assert.strictEqual(again.session, welcome.session);
      assert.strictEqual(again.held_seq, connection.sequence);
      assert.notStrictEqual(again.resume, token, "tokens rotate");
      assert.strictEqual(next.frame.tick, tick, "nothing was lost");
      [connection, token] = [next, again.resume];
    }
    connection.input({ keys: keysAt(done, welcome.controls), mouse: [done % 7, 0] });
    const frame = await connection.next("frame");
    tick += 1;
    assert.strictEqual(frame.tick, tick);
    assert.strictEqual(frame.applied, connection.sequence);
    assert(frame.ts <= now());
    assert.strictEqual(frame.data.length, width * height * 3);
    for (const { name } of welcome.state) assert(Number.isFinite(frame.state[name]), `state ${name}`);
    seen.add(frame.hash || Buffer.from(frame.data).toString("base64"));
    if (frame.ended) {
      ends += 1;
      const applied = await connection.command("reset");
      tick = (await connection.next("frame")).tick;
      assert.strictEqual(tick, applied.tick);
    }
  }
  connection.send({ t: "ping", t0: 77 });
  assert.strictEqual((await connection.next("pong")).t0, 77);
  connection.send({ t: "bye" });
  assert.strictEqual(await connection.closed, 1000);
  return { world: welcome.world.name, ticks, different: seen.size, ends };
}

async function realtime(count) {
  const connection = new Connection();
  const welcome = await connection.open("player", "realtime");
  const codes = welcome.controls.flatMap((control) => Object.keys(control.keys));
  const waits = [];
  let tick = connection.frame.tick;
  for (let done = 0; done < count; done += 1) {
    connection.input({ keys: done % 8 < 4 ? codes.slice(0, 1) : [] });
    const frame = await connection.next("frame");
    assert(frame.tick > tick, "real time goes on");
    tick = frame.tick;
    if (frame.ts !== undefined) waits.push((now() - frame.ts) / 1000);
  }
  await connection.command("pause");
  await connection.command("resume");
  connection.send({ t: "bye", reason: "done" });
  assert.strictEqual(await connection.closed, 1000);
  waits.sort((a, b) => a - b);
  return { frames: count, hand_to_eye_ms: waits[Math.floor(waits.length / 2)] };
}

try {
  console.log(JSON.stringify({ lockstep: await lockstep(), realtime: await realtime(40) }));
} catch (error) {
  console.error(error.stack);
  process.exit(1);
}
