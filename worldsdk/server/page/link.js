// The wire: hello and welcome, inputs, frames, commands with their two receipts, and coming back after a drop.
// Emits "phase", "welcome", "frame", "notice" and "event"; knows nothing of pictures or keys.

const { encode, decode } = globalThis.MessagePack;

const SUBPROTOCOL = "worldsdk.v1.msgpack";
const MINOR = 0;
const MAX_MESSAGE = 16 * 1024 * 1024;
const CREDIT = 3; // one being shown, one being decoded, one on its way
const PING_MS = 1000;
const SILENT_MS = 8000; // nothing for so long, though pinged: the path is dead even if nobody closed it
const COMMAND_MS = 15000;
const BACKOFF_MS = [150, 400, 1000, 2000, 4000]; // the last is repeated
const GIVE_UP_MS = 60000;

/** Microseconds on this page's own monotonic clock. */
export const now = () => Math.round(performance.now() * 1000);

export class Refusal extends Error {
  constructor(code, message, retry = false) {
    super(message);
    this.code = code;
    this.retry = retry;
  }
}

export class Link extends EventTarget {
  /** @param {{url: string, role: string, room?: string, codecs: string[]}} wishes */
  constructor(wishes) {
    super();
    this.wishes = wishes;
    this.token = undefined;
    this.welcome = null;
    this.rtt = NaN;
    this.bytes = 0;
    this.phase = "connecting";
    this._seq = 0;
    this._id = 0;
    this._asked = new Map();
    this._resume = "";
    this._attempt = 0;
    this._lostAt = 0;
    this._refusal = null;
    this._goaway = null;
    this._timer = 0;
  }

  get open() {
    return this.phase === "open";
  }

  /** Connects; with the last resume token where there is one. */
  connect() {
    clearTimeout(this._timer);
    this._refusal = this._goaway = null;
    this._heard = performance.now();
    const socket = new WebSocket(this.wishes.url, SUBPROTOCOL);
    socket.binaryType = "arraybuffer";
    this._socket = socket;
    socket.onopen = () => this._hello();
    socket.onmessage = (event) => {
      if (socket === this._socket) this._receive(event.data);
    };
    socket.onclose = (event) => {
      if (socket === this._socket) this._closed(event);
    };
    clearInterval(this._pinger);
    this._pinger = setInterval(() => this._beat(), PING_MS);
  }

  /** Begins anew, without the session that was. */
  restart() {
    this._resume = "";
    this._attempt = 0;
    this._set("connecting");
    this.connect();
  }

  /** Leaves for good. */
  leave() {
    if (this.open) this._send({ t: "bye", reason: "page closed" });
    this._socket?.close(1000);
  }

  /** Sends device state; returns its number, or 0 while there is no connection. */
  input({ controls, keys, pad, mouse }) {
    if (!this.open) return 0;
    const message = { t: "input", seq: ++this._seq, ts: now() };
    if (Object.keys(controls).length) message.controls = controls;
    if (keys.length) message.keys = keys;
    if (Object.keys(pad).length) message.pad = pad;
    if (mouse[0] || mouse[1]) message.mouse = mouse;
    this._send(message);
    return this._seq;
  }

  /** Returns the credit of a frame; `shown` is when it was on the screen, if it was. */
  ack(seq, shown) {
    if (!this.open) return;
    this._send(shown === undefined ? { t: "ack", seq } : { t: "ack", seq, shown });
  }

  /** Resolves to the command's result once it is applied; rejects with a Refusal. */
  command(name, args = {}) {
    if (!this.open) return Promise.reject(new Refusal("lost", "There is no connection.", true));
    const id = ++this._id;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this._asked.delete(id);
        reject(new Refusal("timeout", `The server did not answer "${name}".`, true));
      }, COMMAND_MS);
      this._asked.set(id, { resolve, reject, timer });
      this._send({ t: "command", id, name, args });
    });
  }

  can(capability) {
    return this.welcome?.capabilities.includes(capability) ?? false;
  }

  _hello() {
    const { role, room, codecs } = this.wishes;
    const hello = {
      t: "hello",
      v: [MINOR, MINOR],
      role,
      mode: "realtime",
      codecs,
      max_message: MAX_MESSAGE,
      credit: CREDIT,
      client: { name: "worldsdk-page", engine: "browser" },
    };
    if (room) hello.room = room;
    if (this.token) hello.token = this.token;
    if (this._resume) hello.resume = this._resume;
    this._send(hello);
  }

  _send(message) {
    if (this._socket?.readyState === WebSocket.OPEN) this._socket.send(encode(message));
  }

  _beat() {
    if (this._socket?.readyState > WebSocket.OPEN) return;
    if (performance.now() - this._heard > SILENT_MS) {
      // close() would wait for an answer that never comes: let go of the socket first.
      const dead = this._socket;
      this._closed({ code: 1006, reason: "" });
      dead.close();
    } else if (this.open) {
      this._send({ t: "ping", t0: now() });
    }
  }

  _receive(data) {
    this._heard = performance.now();
    if (!(data instanceof ArrayBuffer)) return;
    this.bytes += data.byteLength;
    let message;
    try {
      message = decode(new Uint8Array(data));
    } catch {
      return this._emit("notice", new Refusal("bad_message", "The server sent something unreadable."));
    }
    switch (message?.t) {
      case "welcome":
        return this._welcomed(message);
      case "frame":
        return this._emit("frame", message);
      case "applied":
        return this._settle(message.re, (asked) => asked.resolve(message.result ?? {}));
      case "error":
        return this._failed(message);
      case "pong":
        this.rtt = (now() - message.t0 - (message.t2 - message.t1)) / 1000;
        return;
      case "event":
        return this._emit("event", message);
      case "goaway":
        this._goaway = message;
        return;
    }
  }

  _welcomed(message) {
    const resumed = this._resume !== "" && this.welcome?.session === message.session;
    this.welcome = message;
    this._resume = message.resume;
    this._seq = Math.max(this._seq, message.held_seq);
    this._attempt = this._lostAt = 0;
    this._set("open");
    this._emit("welcome", { ...message, resumed });
  }

  _failed(message) {
    const refusal = new Refusal(message.code, message.message, message.retry);
    if (message.fatal) this._refusal = refusal;
    else if (message.re !== undefined) this._settle(message.re, (asked) => asked.reject(refusal));
    else this._emit("notice", refusal);
  }

  _settle(id, how) {
    const asked = this._asked.get(id);
    if (!asked) return;
    clearTimeout(asked.timer);
    this._asked.delete(id);
    how(asked);
  }

  _closed(event) {
    clearInterval(this._pinger);
    this._socket = null;
    for (const id of [...this._asked.keys()]) {
      this._settle(id, (asked) => asked.reject(new Refusal("lost", "The connection was lost.", true)));
    }
    const refusal = this._refusal;
    const tried = this._resume !== "";
    if (this._goaway?.action === "stop") {
      return this._end(new Refusal("stopped", this._goaway.reason || "The server is closing."));
    }
    if (refusal && tried && ["conflict", "no_room", "session_over"].includes(refusal.code) && !this.open) {
      // What we would have come back to is gone.
      this._resume = "";
      this._emit("notice", new Refusal("gone", "The session was gone: this is a new one."));
    } else if (refusal && !refusal.retry) {
      return this._end(refusal);
    } else if (event.code === 1000) {
      return this._end(new Refusal("left", "The server has ended the session."));
    }
    if (this._goaway?.action === "reconnect") this._resume = "";
    this._lostAt ||= performance.now();
    if (performance.now() - this._lostAt > GIVE_UP_MS) {
      return this._end(refusal ?? new Refusal("unreachable", "The server does not answer."));
    }
    this._set(this.welcome ? "lost" : "connecting", refusal);
    const wait = BACKOFF_MS[Math.min(this._attempt++, BACKOFF_MS.length - 1)] * (0.8 + 0.4 * Math.random());
    this._timer = setTimeout(() => this.connect(), Math.max(wait, this._goaway?.in_ms ?? 0));
  }

  _end(refusal) {
    this._resume = "";
    this._lostAt = 0;
    this._set("over", refusal);
  }

  _set(phase, refusal = null) {
    this.phase = phase;
    this._emit("phase", { phase, refusal });
  }

  _emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
