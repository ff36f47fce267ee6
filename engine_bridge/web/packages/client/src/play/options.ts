import { Limit } from "../protocol/constants.js";
import type { Hello } from "../protocol/messages.js";
import type { BindOptions } from "../input/bindings.js";
import type { Wishes } from "../wire/dialogue.js";
import type { WorkerOption } from "../wire/host.js";
import { PATIENCE, type Patience } from "../wire/link.js";

/** How to connect. Everything has a default. */
export interface ConnectOptions {
  /** `player` has hands, `viewer` looks on, `stepper` moves the world tick by tick. */
  role?: Hello["role"];
  /** `realtime`: the server's clock; `lockstep`: the world moves with `step` only. Follows from the role. */
  mode?: Hello["mode"];
  /** Room to join; without one a player gets a world of their own. */
  room?: string;
  /** Signed admission, or what gets one. */
  token?: string | (() => string | Promise<string>);
  /** Token of an earlier `welcome.resume` or of a `fork()`. */
  resume?: string;
  /** In order of preference; by default what this browser can show, best first for the way there. */
  codecs?: string[];
  /** Layers wanted with each frame; `["*"]`: all. */
  layers?: string[];
  /** Frames that may be on their way. */
  credit?: number;
  /** Bytes of the largest message that is taken. */
  maxMessage?: number;
  /** Seconds spent on taking up a lost connection; 0 never tries. */
  reconnectSeconds?: number;
  /** Keyboard, mouse and gamepad of the page: false leaves them alone. */
  bind?: boolean | BindOptions;
  /** False: no worker. A string or URL: where `@worldsdk/client/worker` is served, for pages whose policy forbids blob workers. */
  worker?: WorkerOption;
  /** Name of the engine, for the server's log. */
  engine?: string;
}

const LIVE_CREDIT = 3; // one being shown, one being decoded, one on its way
const STEP_CREDIT = 8;

export function wishesOf(options: ConnectOptions, token: string | undefined): Omit<Wishes, "codecs"> & { codecs?: string[] } {
  const role = options.role ?? (options.mode === "lockstep" ? "stepper" : "player");
  const mode = options.mode ?? (role === "stepper" ? "lockstep" : "realtime");
  return {
    role,
    mode,
    layers: options.layers ?? [],
    credit: options.credit ?? (mode === "lockstep" ? STEP_CREDIT : LIVE_CREDIT),
    maxMessage: options.maxMessage ?? Limit.MAX_MESSAGE_BYTES,
    engine: options.engine ?? "browser",
    ...(options.codecs ? { codecs: options.codecs } : {}),
    ...(options.room ? { room: options.room } : {}),
    ...(options.resume ? { resume: options.resume } : {}),
    ...(token ? { token } : {}),
  };
}

export function patienceOf({ reconnectSeconds }: ConnectOptions): Patience {
  return reconnectSeconds === undefined ? PATIENCE : { ...PATIENCE, reconnectMs: 1000 * reconnectSeconds };
}
