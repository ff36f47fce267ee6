// What went wrong, in a sentence with a cure: error codes and close codes of protocol/SPEC.md, section 9.

import { CloseCode, ErrorCode, Protocol, Version } from "./constants.js";
import type { ErrorMessage } from "./messages.js";
import { CLIENT_VERSION } from "../version.js";

/** Everything that can fail, as data that crosses threads. */
export interface Failure {
  /** A code of the protocol, or one of this client: `unreachable`, `lost`, `timeout`, `ended`, `bad_argument`, `decode`. */
  code: string;
  /** What happened, for people. */
  message: string;
  /** What to do about it. */
  cure: string;
  /** Whether the same may work later. */
  retry: boolean;
  /** Milliseconds to wait before that, where the server said. */
  retryAfterMs?: number;
  /** Place in the line for a seat. */
  position?: number;
}

/** A failure as an exception; its message is the sentence and the cure. */
export class WorldError extends Error implements Failure {
  readonly code: string;
  readonly cure: string;
  readonly retry: boolean;
  readonly sentence: string;
  readonly retryAfterMs?: number;
  readonly position?: number;

  constructor(failure: Failure) {
    super(failure.cure ? `${failure.message} (${failure.cure})` : failure.message);
    this.name = "WorldError";
    this.code = failure.code;
    this.sentence = failure.message;
    this.cure = failure.cure;
    this.retry = failure.retry;
    if (failure.retryAfterMs !== undefined) this.retryAfterMs = failure.retryAfterMs;
    if (failure.position !== undefined) this.position = failure.position;
  }
}

interface Known {
  message: string;
  cure: string;
  retry: boolean;
}

const VERSIONS = `@worldsdk/client ${CLIENT_VERSION} speaks ${Protocol.SUBPROTOCOL}, version ${Version.MAJOR}.${Version.MINOR}`;

/** What each code means and what helps. The table only grows; an unknown code goes by the server's `retry`. */
export const KNOWN: { readonly [code: string]: Known } = {
  [ErrorCode.BAD_MESSAGE]: known("The other side sent something that the protocol does not allow.", "update the older side"),
  [ErrorCode.UNAUTHENTICATED]: known(
    "The server wants a token, or the one given has expired or is signed by an unknown key.",
    "give a fresh one as the option token: worldsdk token makes them, each good once",
  ),
  [ErrorCode.FORBIDDEN]: known(
    "The token or this page's origin does not allow it.",
    "ask for a token for this role, room and page, or start the server with --allow-origin and this page's origin",
  ),
  [ErrorCode.NO_ROOM]: known("There is no room of that name.", "it may have ended: play without a room to begin a new one"),
  [ErrorCode.HELLO_TIMEOUT]: known("The first message came too late.", "connect again", true),
  [ErrorCode.CONFLICT]: known(
    "The resume token was used before, or the seat is taken.",
    "each token opens once: connect without it for a new session",
  ),
  [ErrorCode.SESSION_OVER]: known("The session has ended and cannot be resumed.", "connect again for a new one"),
  [ErrorCode.TOO_LARGE]: known(
    "A message is larger than its receiver takes.",
    "offer a compressed codec, raise maxMessage, or send a smaller picture",
  ),
  [ErrorCode.UNSUPPORTED_VERSION]: known(
    `The two sides share no protocol version: ${VERSIONS}.`,
    "update whichever side is older",
  ),
  [ErrorCode.RATE_LIMITED]: known("Too many messages in too little time.", "send fewer: welcome.limits says how many", true),
  [ErrorCode.INTERNAL]: known("The server failed, and has written down why.", "look into the server's log", true),
  [ErrorCode.SESSION_FAILED]: known("The model failed, and this session with it.", "connect again for a new session"),
  [ErrorCode.NO_CAPACITY]: known("The server has no seat free now.", "try again in a moment", true),
  [ErrorCode.SLOW_CLIENT]: known(
    "Frames were taken too slowly.",
    "offer a smaller codec first, or do less work on the page's thread",
    true,
  ),
  [ErrorCode.IDLE]: known("Nothing was heard from this player for too long.", "connect again when somebody plays", true),
  [ErrorCode.UNKNOWN_TYPE]: known("The server does not know messages of that type.", "update the server"),
  [ErrorCode.UNKNOWN_COMMAND]: known("The server does not know that command.", "update the server"),
  [ErrorCode.CONTROL_INVALID]: known("The world has no such control.", "welcome.controls names those that it has"),
  [ErrorCode.VARIABLE_INVALID]: known("The world has no such state variable.", "welcome.state names those that it has"),
  [ErrorCode.SESSION_INVALID]: known("The session cannot do that now.", ""),
  [ErrorCode.SNAPSHOT_INVALID]: known("The bytes are no snapshot of this world.", "restore what snapshot() gave"),
  [ErrorCode.SNAPSHOT_VERSION]: known("The snapshot's format is of another version.", "take a new one"),
  [ErrorCode.SNAPSHOT_WORLD]: known("The snapshot is of another world.", "restore it where it was taken"),
  [ErrorCode.SNAPSHOT_CHECKSUM]: known("The snapshot's bytes were altered or cut short.", "keep them as they come"),
  [ErrorCode.NOT_CAPABLE]: known("The server or its world cannot do that.", "welcome.capabilities says what it can"),
  [ErrorCode.NOT_ALLOWED]: known("The role of this connection may not do that.", "connect as a player"),
  [ErrorCode.IMAGE_INVALID]: known("The bytes are no picture that the server takes.", "send PNG, JPEG or WebP"),
};

function known(message: string, cure: string, retry = false): Known {
  return { message, cure, retry };
}

const BY_CLOSE = new Map<number, string>(
  Object.entries(CloseCode)
    .filter(([, number]) => number >= 4000)
    .map(([name, number]) => [number, ErrorCode[name as keyof typeof ErrorCode]]),
);

/** The failure of an error message: the server's own sentence, and our cure where it gave none. */
export function failureOf(message: ErrorMessage): Failure {
  const entry = KNOWN[message.code];
  const fix = message.detail?.["fix"];
  let sentence = printable(message.message) || entry?.message || message.code;
  if (message.code === ErrorCode.UNSUPPORTED_VERSION) sentence = `${KNOWN[message.code]?.message} The server said: ${sentence}`;
  const failure: Failure = {
    code: message.code,
    message: sentence,
    cure: (typeof fix === "string" ? printable(fix) : "") || entry?.cure || "",
    retry: message.retry,
  };
  if (message.retry_after_ms != null) failure.retryAfterMs = message.retry_after_ms;
  if (message.position != null) failure.position = message.position;
  return failure;
}

/** The failure of one of our codes. */
export function failure(code: string, message?: string, cure?: string, retry?: boolean): Failure {
  const entry = KNOWN[code];
  return {
    code,
    message: message ?? entry?.message ?? code,
    cure: cure ?? entry?.cure ?? "",
    retry: retry ?? entry?.retry ?? false,
  };
}

/** The failure that a close code of the protocol stands for; null for any other end. */
export function failureOfClose(close: number, reason: string): Failure | null {
  const code = close === 1009 ? ErrorCode.TOO_LARGE : BY_CLOSE.get(close);
  if (code === undefined) return null;
  const said = printable(reason);
  const found = failure(code);
  if (said && said !== code) found.message = `${found.message} The server said: ${said}`;
  return found;
}

/** The failure of a socket that never opened: a browser tells no page why. */
export function unreachable(url: string, origin: string | null): Failure {
  const page = origin === null ? "" : `; that it lets this page in: --allow-origin ${origin}`;
  return failure(
    "unreachable",
    `Nobody answers at ${url}, or whoever does refused the connection.`,
    `check that worldsdk serve runs there${page}; that it speaks ${Protocol.SUBPROTOCOL}`,
    true,
  );
}

function printable(text: string): string {
  return text.slice(0, 500).replace(/[\p{Cc}\p{Cf}]/gu, "");
}
