// A dialogue over sockets that come and go: connects, watches, reconnects and resumes, and says when it cannot.

import { ErrorCode, Protocol } from "../protocol/constants.js";
import { readServer } from "../protocol/read.js";
import { WireError } from "../protocol/errors.js";
import { type Failure, failure, failureOfClose, unreachable, WorldError } from "../protocol/failures.js";
import { address } from "./address.js";
import { Backoff } from "./backoff.js";
import { nowMs } from "./clock.js";
import { Dialogue, type Listener, type Wishes } from "./dialogue.js";

/** How long to wait for what, in milliseconds. */
export interface Patience {
  /** For the handshake and `welcome`. */
  openMs: number;
  /** Without a byte, though pinged: the path is dead even if nobody closed it. */
  silenceMs: number;
  /** Between two pings. */
  pingMs: number;
  /** On taking up a lost connection, before giving up; 0 never tries. */
  reconnectMs: number;
}

export const PATIENCE: Patience = { openMs: 10_000, silenceMs: 10_000, pingMs: 1000, reconnectMs: 30_000 };

/** The part of a WebSocket that is used here. */
export interface Socket {
  binaryType: string;
  readyState: number;
  onopen: ((event: unknown) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

/** The world outside: replaced in tests. */
export interface Surroundings {
  socket(url: string, protocol: string): Socket;
  now(): number;
  later(ms: number, action: () => void): () => void;
  /** Origin of the page, null where there is none. */
  origin: string | null;
}

export const SURROUNDINGS: Surroundings = {
  socket: (url, protocol) => new WebSocket(url, protocol) as unknown as Socket,
  now: nowMs,
  later(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
  origin: typeof location === "undefined" || location.origin === "null" ? null : location.origin,
};

export interface Closing {
  /** WebSocket close code; 1006 where there was no closing handshake. */
  code: number;
  reason: string;
  /** Why, in a sentence; null where this side said goodbye. */
  failure: Failure | null;
  willRetry: boolean;
  /** Until the next attempt. */
  waitMs: number;
}

export interface LinkListener extends Omit<Listener, "send"> {
  closed(closing: Closing): void;
}

const OPEN = 1;
const ABNORMAL = 1006;

/** Opened by `open`, ended by `close` or when `closed` is told with `willRetry` false. */
export class Link {
  readonly dialogue: Dialogue;
  private readonly url: string;
  private target: string;
  private socket: Socket | null = null;
  private backoff: Backoff | null = null;
  private closing = false;
  private opened = false;
  private everWelcomed = false;
  private heard = 0;
  private cancel: (() => void)[] = [];

  /** @throws WorldError `bad_argument` for an address that is none. */
  constructor(
    url: string,
    wishes: Wishes,
    private readonly listener: LinkListener,
    private readonly patience: Patience = PATIENCE,
    private readonly around: Surroundings = SURROUNDINGS,
  ) {
    this.url = this.target = address(url);
    const send = (bytes: Uint8Array<ArrayBuffer>): void => {
      if (this.socket?.readyState === OPEN) this.socket.send(bytes);
    };
    const welcomed: Listener["welcomed"] = (welcome, resumed) => {
      this.everWelcomed = true;
      this.backoff = null;
      listener.welcomed(welcome, resumed);
    };
    const rest = Object.fromEntries(
      (["frame", "accepted", "applied", "refused", "troubled", "event", "ponged"] as const).map((name) => [
        name,
        (...args: unknown[]) => (listener[name] as (...args: unknown[]) => void)(...args),
      ]),
    ) as unknown as Omit<Listener, "send" | "welcomed">;
    this.dialogue = new Dialogue(wishes, { send, welcomed, ...rest }, around.now);
  }

  open(): void {
    this.opened = false;
    let socket: Socket;
    try {
      socket = this.around.socket(this.target, Protocol.SUBPROTOCOL);
    } catch (error) {
      // A page loaded over https may not open ws://.
      const said = error instanceof Error ? error.message : String(error);
      return this.over({ ...unreachable(this.target, this.around.origin), message: said, retry: false }, 0, "");
    }
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.heard = this.around.now();
    socket.onopen = () => {
      if (socket !== this.socket) return;
      this.opened = true;
      this.dialogue.open();
    };
    socket.onmessage = ({ data }) => {
      if (socket === this.socket) this.received(data);
    };
    socket.onclose = ({ code, reason }) => {
      if (socket === this.socket) this.lost(code, reason, null);
    };
    socket.onerror = () => {}; // onclose follows, and says as much
    this.watch(socket);
  }

  /** Says goodbye, so that the server frees the seat at once. */
  close(reason = ""): void {
    if (this.closing) return;
    this.closing = true;
    this.quiet();
    const socket = this.socket;
    if (socket === null) return this.over(null, 1000, reason);
    if (socket.readyState === OPEN) this.dialogue.bye(reason);
    socket.close(1000, "");
    this.lost(1000, reason, null);
  }

  private received(data: unknown): void {
    this.heard = this.around.now();
    try {
      if (!(data instanceof ArrayBuffer)) throw new WireError("bad_message", "the server sent text");
      const message = readServer(new Uint8Array(data), this.dialogue.wishes.maxMessage);
      if (message !== null) this.dialogue.receive(message);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.drop(failure(error.code, `The server broke the protocol: ${error.message}.`, "update the older side", false));
    }
  }

  /** Pings; gives the connection up where nothing comes. */
  private watch(socket: Socket): void {
    this.quiet();
    const beat = (): void => {
      if (socket !== this.socket) return;
      const silent = this.around.now() - this.heard;
      const welcomed = this.dialogue.welcome !== null;
      const limit = welcomed ? this.patience.silenceMs : this.patience.openMs;
      if (silent > limit) {
        const what = welcomed ? "The server was silent" : `No welcome came from ${this.target}`;
        return this.drop(failure("timeout", `${what} for ${limit / 1000} s.`, "check the network and the server's load", true));
      }
      if (welcomed) this.dialogue.ping();
      this.cancel = [this.around.later(this.patience.pingMs, beat)];
    };
    this.cancel = [this.around.later(this.patience.pingMs, beat)];
  }

  private quiet(): void {
    for (const cancel of this.cancel) cancel();
    this.cancel = [];
  }

  /** Lets go of a socket without waiting for an answer that may never come. */
  private drop(why: Failure): void {
    const socket = this.socket;
    this.lost(ABNORMAL, "", why);
    socket?.close();
  }

  private lost(code: number, reason: string, why: Failure | null): void {
    this.socket = null;
    this.quiet();
    const { fatal, goaway, wishes, resumeToken, retryAfterMs } = this.dialogue;
    this.dialogue.lost();
    if (this.closing) return this.over(null, code, reason);
    const viewer = wishes.role === "viewer";
    let cause = why ?? fatal ?? failureOfClose(code, reason);
    if (cause === null && !this.opened) cause = unreachable(this.target, this.around.origin);
    if (goaway !== null && (goaway.action === "stop" || (goaway.action === "reconnect" && !viewer))) {
      const cure = goaway.action === "stop" ? "start the server again" : "connect again for a new session";
      return this.over(failure("ended", `The server ended the session: ${goaway.reason || "it is closing"}.`, cure), code, reason);
    }
    if (cause === null && code === 1000 && goaway === null) {
      return this.over(failure("ended", "The server ended the session.", "connect again for a new one"), code, reason);
    }
    cause ??= failure("lost", "The connection was lost.", "it is taken up again by itself", true);
    // Nobody is there to play: coming back by itself would keep the seat for ever.
    const idle = cause.code === ErrorCode.IDLE && wishes.mode === "realtime";
    const homeless = !resumeToken && !viewer;
    if (!this.everWelcomed || idle || !cause.retry || homeless || this.patience.reconnectMs <= 0) {
      return this.over(cause, code, reason);
    }
    if (goaway?.url) this.target = redirected(goaway.url, this.url);
    const now = this.around.now();
    this.backoff ??= new Backoff(this.patience.reconnectMs, now);
    const wait = this.backoff.next(now, Math.max(retryAfterMs, goaway?.in_ms ?? 0));
    if (wait === null) {
      const cure = "check the server, then connect again; a snapshot can be restored there";
      const tried = `${this.backoff.attempts - 1} attempts to take it up again failed`;
      return this.over(failure("lost", `The connection was lost, and ${tried}: ${cause.message}`, cure), code, reason);
    }
    this.listener.closed({ code, reason, failure: cause, willRetry: true, waitMs: wait });
    this.cancel = [this.around.later(wait, () => this.open())];
  }

  private over(why: Failure | null, code: number, reason: string): void {
    this.closing = true;
    this.dialogue.abandon(why ?? failure("lost", "The connection was closed.", "connect again"));
    this.listener.closed({ code, reason, failure: why, willRetry: false, waitMs: 0 });
  }
}

function redirected(url: string, before: string): string {
  try {
    return address(url);
  } catch (error) {
    if (error instanceof WorldError) return before;
    throw error;
  }
}
