// The socket's side of a client: link, decoding, and handing frames over, newest first. Runs in a worker or not.

import { type Failure, failure, WorldError } from "../protocol/failures.js";
import type { FrameMessage, Welcome } from "../protocol/messages.js";
import { address, isLoopback } from "./address.js";
import { nowMs } from "./clock.js";
import { type Layer, readLayer } from "./layers.js";
import { Link, type Surroundings, SURROUNDINGS } from "./link.js";
import { codecs, type Picture, PictureReader } from "./pictures.js";
import type { FrameReport, Report, Request } from "./reports.js";

/** Frames handed to the page that it has not taken up: a page that stands still gets the newest, not all. */
const IN_HAND = 3;

interface Waiting {
  message: FrameMessage;
  connection: number;
  arrived: number;
}

/** Give it requests; it gives reports, with what may be transferred instead of copied. */
export class Engine {
  private link: Link | null = null;
  private welcome: Welcome | null = null;
  private reader: PictureReader | null = null;
  private queue: Waiting[] = [];
  private decoding = false;
  private inHand = 0;
  private overtaken = 0;
  private closed = false;

  constructor(
    private readonly report: (report: Report, transfer: Transferable[]) => void,
    private readonly around: Surroundings = SURROUNDINGS,
  ) {}

  take(request: Request): void {
    switch (request.kind) {
      case "open":
        void this.open(request);
        return;
      case "input": {
        const seq = this.link?.dialogue.input(request.held) ?? 0;
        return this.say({ kind: "sent", seq });
      }
      case "command":
        if (this.link === null || this.closed) {
          const lost = failure("lost", `There is no connection for ${request.name}.`, "connect first");
          return this.say({ kind: "refused", ask: request.ask, failure: lost });
        }
        return this.link.dialogue.command(request.ask, request.name, request.args);
      case "shown":
        return this.link?.dialogue.shown(request.connection, request.seq, request.at);
      case "taken":
        this.inHand -= 1;
        return this.pump();
      case "close":
        this.closed = true;
        if (this.link === null) this.say({ kind: "closed", closing: { code: 1000, reason: request.reason, failure: null, willRetry: false, waitMs: 0 } });
        this.link?.close(request.reason);
        this.end();
    }
  }

  private async open({ url, origin, wishes, patience }: Request & { kind: "open" }): Promise<void> {
    try {
      const wanted = wishes.codecs ?? (await codecs(isLoopback(address(url))));
      if (this.closed) return;
      this.link = new Link(url, { ...wishes, codecs: wanted }, this.listener(), patience, { ...this.around, origin });
      this.link.open();
    } catch (error) {
      if (!(error instanceof WorldError)) throw error;
      const { code, sentence, cure, retry } = error;
      const why = { code, message: sentence, cure, retry };
      this.say({ kind: "closed", closing: { code: 1006, reason: "", failure: why, willRetry: false, waitMs: 0 } });
    }
  }

  private listener(): ConstructorParameters<typeof Link>[2] {
    return {
      welcomed: (welcome, resumed) => {
        this.end();
        this.welcome = welcome;
        this.reader = new PictureReader(...welcome.size);
        this.say({ kind: "welcome", welcome, resumed, connection: this.connection });
      },
      frame: (message) => this.came(message),
      accepted: (ask, position) => this.say({ kind: "accepted", ask, position }),
      applied: (ask, tick, result) => this.say({ kind: "applied", ask, tick, result }),
      refused: (ask, why) => this.say({ kind: "refused", ask, failure: why }),
      troubled: (why) => this.say({ kind: "failed", failure: why }),
      event: (name, data) => this.say({ kind: "event", name, data }),
      ponged: (rttMs, offsetMs) => this.say({ kind: "ponged", rttMs, offsetMs }),
      closed: (closing) => this.say({ kind: "closed", closing }),
    };
  }

  private get connection(): number {
    return this.link?.dialogue.connections ?? 0;
  }

  private end(): void {
    this.queue = [];
    this.reader?.close();
    this.reader = null;
  }

  private came(message: FrameMessage): void {
    const all = this.welcome?.mode === "lockstep";
    if (!all && !PictureReader.leans(message.codec)) {
      this.overtaken += this.queue.length;
      this.queue = [];
    }
    this.queue.push({ message, connection: this.connection, arrived: nowMs() });
    this.pump();
  }

  /** Decodes and hands over, one after the other. */
  private pump(): void {
    while (!this.decoding && this.queue.length) {
      const leans = PictureReader.leans((this.queue[0] as Waiting).message.codec);
      if (this.inHand >= IN_HAND && !leans) return;
      const waiting = this.queue.shift() as Waiting;
      const { codec, data, key, pts } = waiting.message;
      try {
        const picture = (this.reader as PictureReader).read(codec, data, key, pts);
        if (!(picture instanceof Promise)) {
          this.hand(waiting, picture);
          continue;
        }
        this.decoding = true;
        picture.then(
          (done) => this.decoded(() => this.hand(waiting, done)),
          (error: Error) => this.decoded(() => this.undecoded(waiting, error)),
        );
      } catch (error) {
        this.undecoded(waiting, error as Error);
      }
    }
  }

  private decoded(then: () => void): void {
    this.decoding = false;
    then();
    this.pump();
  }

  private hand(waiting: Waiting, picture: Picture): void {
    if (waiting.connection !== this.connection || this.closed) {
      if (picture.kind === "image") picture.image.close();
      return;
    }
    if (this.inHand >= IN_HAND && this.welcome?.mode !== "lockstep") {
      // Only a stream comes here: it had to be decoded, but need not be shown.
      this.overtaken += 1;
      if (picture.kind === "image") picture.image.close();
      return;
    }
    const { message, connection, arrived } = waiting;
    const layers: { [name: string]: Layer } = {};
    for (const info of this.welcome?.layers ?? []) {
      const bytes = message.layers?.[info.name];
      const layer = bytes && readLayer(info, bytes, picture.width, picture.height);
      if (layer) layers[info.name] = layer;
    }
    const frame: FrameReport = {
      connection,
      arrived,
      picture,
      layers,
      seq: message.seq,
      tick: message.tick,
      pts: message.pts / 1000,
      applied: message.applied,
      ts: message.ts == null ? null : message.ts / 1000,
      codec: message.codec,
      key: message.key,
      state: message.state ?? {},
      reward: message.reward,
      ended: message.ended,
      truncated: message.truncated ?? false,
      held: message.held ?? false,
      steps: message.steps,
      met: message.met,
      replaced: message.replaced,
      overtaken: this.overtaken,
      stages: message.stages ?? {},
      totalMs: message.total_ms ?? 0,
      queueMs: message.queue_ms ?? 0,
      encodeMs: message.encode_ms ?? 0,
      hash: message.hash ?? "",
      drift: message.drift ?? null,
    };
    this.overtaken = 0;
    this.inHand += 1;
    const transfer: Transferable[] = Object.values(layers).map((layer) => layer.data.buffer);
    transfer.push(picture.kind === "image" ? picture.image : picture.data.buffer);
    this.say({ kind: "frame", frame }, transfer);
  }

  private undecoded(waiting: Waiting, error: Error): void {
    if (waiting.connection !== this.connection || this.closed) return;
    const { codec } = waiting.message;
    const why: Failure = failure("decode", `A ${codec} frame could not be decoded: ${error.message}.`, "offer other codecs, jpeg for one");
    this.say({ kind: "failed", failure: why });
    // A broken stream stays broken: whole pictures from here on.
    if (PictureReader.leans(codec) && this.welcome?.capabilities.includes("quality")) {
      this.queue = [];
      this.link?.dialogue.command(0, "quality", { codec: "jpeg" });
    }
  }

  private say(report: Report, transfer: Transferable[] = []): void {
    this.report(report, transfer);
  }
}
