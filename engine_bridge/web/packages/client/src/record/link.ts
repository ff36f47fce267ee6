// One recording's connection, without a page: greets the receiver, keeps rows within its window, comes back.
// protocol/RECORDING.md is the wire.

import { pack, unpack } from "../protocol/codec.js";
import { Limit, Recording, RecordLimit } from "../protocol/constants.js";
import { WireError } from "../protocol/errors.js";
import { type Failure, failure, failureOfClose, KNOWN } from "../protocol/failures.js";
import type { Data } from "../protocol/messages.js";
import { address } from "../wire/address.js";
import { type Socket, SURROUNDINGS, type Surroundings } from "../wire/link.js";
import type { RowBody } from "./forms.js";

export interface RecordListener {
  /** Rows may come; the dataset has `frames` already. */
  ready(frames: number): void;
  /** Rows were taken: there may be room again. */
  receipt(): void;
  /** The connection is gone, and is tried again. */
  lost(): void;
  /** It is over: all is written where `failure` is null. */
  over(failure: Failure | null, reason: string, frames: number, episodes: number): void;
}

type State = "idle" | "opening" | "recording" | "ending" | "waiting";

const OPEN_MS = 5000;
const RETRY_MS = 1000;
const NORMAL = 1000;

export class RecordLink {
  state: State = "idle";
  /** Rows of the dataset that are on the disk. */
  written = 0;
  private readonly url: string;
  private socket: Socket | null = null;
  private begin: Data = {};
  private greeted = false;
  private sent = 0;
  private taken = 0;
  private window = 0;
  private most: number = RecordLimit.MAX_ROW_BYTES;
  private cancel: () => void = () => {};

  /** @throws WorldError `bad_argument` for an address that is none. */
  constructor(
    url: string,
    private readonly listener: RecordListener,
    private readonly around: Surroundings = SURROUNDINGS,
  ) {
    this.url = address(url, Recording.PATH);
  }

  open(begin: Data): void {
    this.begin = begin;
    this.greeted = false;
    this.attempt();
  }

  /** Whether a row could be sent now. */
  get room(): boolean {
    return this.state === "recording" && this.sent - this.taken < this.window;
  }

  /** Sends a row; false where it is larger than the receiver takes. Call it only where there is `room`. */
  send(row: RowBody): boolean {
    const bytes = pack({ t: "row", seq: this.sent + 1, ...row });
    if (bytes.length > this.most) return false;
    this.socket?.send(bytes);
    this.sent += 1;
    return true;
  }

  /** Asks for everything to be written; `over` follows. */
  finish(): void {
    if (this.state === "recording") {
      this.state = "ending";
      this.socket?.send(pack({ t: "end" }));
    } else if (this.state !== "idle" && this.state !== "ending") {
      this.drop();
      this.end(null, "");
    }
  }

  private attempt(): void {
    this.state = "opening";
    const socket = this.around.socket(this.url, Recording.SUBPROTOCOL);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(pack(this.begin));
    socket.onmessage = ({ data }) => {
      if (socket === this.socket) this.take(data);
    };
    socket.onclose = ({ code, reason }) => {
      if (socket === this.socket) this.closed(code, reason);
    };
    this.cancel = this.around.later(OPEN_MS, () => {
      this.drop();
      this.closed(1006, "");
    });
  }

  private take(data: unknown): void {
    let message: Data;
    try {
      if (!(data instanceof ArrayBuffer)) throw new WireError("bad_message", "the message is text");
      message = unpack(new Uint8Array(data), Limit.MAX_MESSAGE_BYTES);
    } catch (error) {
      this.drop();
      return this.end(failure("bad_message", `The receiver broke the protocol: ${error instanceof Error ? error.message : error}.`), "");
    }
    const count = (name: string): number => (typeof message[name] === "number" ? (message[name] as number) : 0);
    const text = (name: string): string => (typeof message[name] === "string" ? (message[name] as string) : "");
    switch (message["t"]) {
      case "ready":
        this.cancel();
        this.greeted = true;
        this.sent = this.taken = 0;
        this.window = Math.max(1, count("window"));
        this.most = count("max_message");
        this.state = "recording";
        return this.listener.ready(count("frames"));
      case "receipt":
        this.taken = Math.max(this.taken, count("seq"));
        this.written = count("frames");
        return this.listener.receipt();
      case "done":
        this.written = count("frames");
        this.drop(NORMAL);
        return this.end(null, text("reason"), count("episodes"));
      case "error": {
        this.drop();
        const code = text("code") || "internal";
        return this.end(failure(code, text("message"), KNOWN[code]?.cure), "");
      }
    }
  }

  private closed(code: number, reason: string): void {
    this.cancel();
    this.socket = null;
    if (this.greeted && code === NORMAL) return this.end(null, reason);
    const coded = code >= 4000 ? failureOfClose(code, reason) : null;
    if (coded !== null) return this.end(coded, "");
    if (!this.greeted) {
      const why = `No receiver answers at ${this.url}.`;
      const page = this.around.origin === null ? "" : `, with --allow-origin ${this.around.origin}`;
      return this.end(failure("unreachable", why, `start one: worldsdk record --listen --out DIR${page}`), "");
    }
    this.state = "waiting";
    this.listener.lost();
    this.cancel = this.around.later(RETRY_MS, () => this.attempt());
  }

  private drop(code = NORMAL): void {
    this.cancel();
    const { socket } = this;
    this.socket = null;
    socket?.close(code);
  }

  private end(why: Failure | null, reason: string, episodes = 0): void {
    this.state = "idle";
    this.listener.over(why, reason, this.written, episodes);
  }
}
