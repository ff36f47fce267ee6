// Generated from worldsdk/protocol: change that, then run the generator again.

/** Name and path. */
export const Protocol = {
  SUBPROTOCOL: "worldsdk.v1.msgpack",
  PATH: "/play",
} as const;
export type Protocol = (typeof Protocol)[keyof typeof Protocol];

/** Major and minor. */
export const Version = {
  MAJOR: 1,
  MINOR: 0,
} as const;
export type Version = (typeof Version)[keyof typeof Version];

/** Values of t that clients send. */
export const ClientMessage = {
  HELLO: "hello",
  INPUT: "input",
  ACK: "ack",
  COMMAND: "command",
  PING: "ping",
  BYE: "bye",
} as const;
export type ClientMessage = (typeof ClientMessage)[keyof typeof ClientMessage];

/** Values of t that servers send. */
export const ServerMessage = {
  WELCOME: "welcome",
  FRAME: "frame",
  ACCEPTED: "accepted",
  APPLIED: "applied",
  ERROR: "error",
  EVENT: "event",
  PONG: "pong",
  GOAWAY: "goaway",
} as const;
export type ServerMessage = (typeof ServerMessage)[keyof typeof ServerMessage];

/** Values of hello.role. */
export const Role = {
  PLAYER: "player",
  VIEWER: "viewer",
  STEPPER: "stepper",
} as const;
export type Role = (typeof Role)[keyof typeof Role];

/** Values of hello.mode. */
export const Mode = {
  REALTIME: "realtime",
  LOCKSTEP: "lockstep",
} as const;
export type Mode = (typeof Mode)[keyof typeof Mode];

/** Codecs of frames. */
export const Codec = {
  RAW_RGB: "raw_rgb",
  RAW_RGBA: "raw_rgba",
  JPEG: "jpeg",
  WEBP: "webp",
  PNG: "png",
  H264: "h264",
} as const;
export type Codec = (typeof Codec)[keyof typeof Codec];

/** Commands. */
export const CommandName = {
  START: "start",
  PAUSE: "pause",
  RESUME: "resume",
  RESET: "reset",
  SPEED: "speed",
  SNAPSHOT: "snapshot",
  RESTORE: "restore",
  FORK: "fork",
  REWIND: "rewind",
  OBSERVE: "observe",
  STATE: "state",
  QUALITY: "quality",
  RECORD: "record",
  PROMPT: "prompt",
  ANCHOR: "anchor",
} as const;
export type CommandName = (typeof CommandName)[keyof typeof CommandName];

/** What a server may be able to do. */
export const Capability = {
  SNAPSHOT: "snapshot",
  FORK: "fork",
  REWIND: "rewind",
  OBSERVE: "observe",
  STATE: "state",
  RECORD: "record",
  RESET: "reset",
  START: "start",
  SPEED: "speed",
  QUALITY: "quality",
  IMAGE_START: "image_start",
  PROMPT: "prompt",
  ANCHOR: "anchor",
} as const;
export type Capability = (typeof Capability)[keyof typeof Capability];

/** Events. */
export const EventName = {
  QUEUE: "queue",
  VIEWERS: "viewers",
  RECORDING: "recording",
  QUALITY: "quality",
  WARNING: "warning",
  DRIFT: "drift",
  ENDED: "ended",
  PAUSED: "paused",
  RESUMED: "resumed",
  SPEED: "speed",
} as const;
export type EventName = (typeof EventName)[keyof typeof EventName];

/** Values of goaway.action. */
export const GoAwayAction = {
  RESUME: "resume",
  RECONNECT: "reconnect",
  STOP: "stop",
} as const;
export type GoAwayAction = (typeof GoAwayAction)[keyof typeof GoAwayAction];

/** Values of error.code. */
export const ErrorCode = {
  BAD_MESSAGE: "bad_message",
  UNAUTHENTICATED: "unauthenticated",
  FORBIDDEN: "forbidden",
  NO_ROOM: "no_room",
  HELLO_TIMEOUT: "hello_timeout",
  CONFLICT: "conflict",
  SESSION_OVER: "session_over",
  TOO_LARGE: "too_large",
  UNSUPPORTED_VERSION: "unsupported_version",
  RATE_LIMITED: "rate_limited",
  INTERNAL: "internal",
  SESSION_FAILED: "session_failed",
  NO_CAPACITY: "no_capacity",
  SLOW_CLIENT: "slow_client",
  IDLE: "idle",
  UNKNOWN_TYPE: "unknown_type",
  UNKNOWN_COMMAND: "unknown_command",
  CONTROL_INVALID: "control_invalid",
  VARIABLE_INVALID: "variable_invalid",
  SESSION_INVALID: "session_invalid",
  SNAPSHOT_INVALID: "snapshot_invalid",
  SNAPSHOT_VERSION: "snapshot_version",
  SNAPSHOT_WORLD: "snapshot_world",
  SNAPSHOT_CHECKSUM: "snapshot_checksum",
  NOT_CAPABLE: "not_capable",
  NOT_ALLOWED: "not_allowed",
  IMAGE_INVALID: "image_invalid",
} as const;
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

/** WebSocket close codes. */
export const CloseCode = {
  NORMAL: 1000,
  GOING_AWAY: 1001,
  BAD_MESSAGE: 4400,
  UNAUTHENTICATED: 4401,
  FORBIDDEN: 4403,
  NO_ROOM: 4404,
  HELLO_TIMEOUT: 4408,
  CONFLICT: 4409,
  SESSION_OVER: 4410,
  TOO_LARGE: 4413,
  UNSUPPORTED_VERSION: 4426,
  RATE_LIMITED: 4429,
  INTERNAL: 4500,
  SESSION_FAILED: 4501,
  NO_CAPACITY: 4503,
  SLOW_CLIENT: 4504,
  IDLE: 4505,
} as const;
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

/** What both sides hold to. */
export const Limit = {
  MAX_INTEGER: 9007199254740991,
  MAX_DEPTH: 16,
  MAX_VALUES: 16384,
  MAX_ITEMS: 4096,
  MAX_KEYS: 32,
  MAX_CREDIT: 64,
  MAX_TICKS: 1000,
  MAX_MESSAGE_BYTES: 16777216,
  MOST_MALFORMED: 8,
} as const;
export type Limit = (typeof Limit)[keyof typeof Limit];

/** Name and path of the recording protocol. */
export const Recording = {
  SUBPROTOCOL: "worldsdk.record.v1.msgpack",
  PATH: "/record",
} as const;
export type Recording = (typeof Recording)[keyof typeof Recording];

/** Values of t that games send. */
export const GameMessage = {
  BEGIN: "begin",
  ROW: "row",
  END: "end",
} as const;
export type GameMessage = (typeof GameMessage)[keyof typeof GameMessage];

/** Values of t that receivers send. */
export const ReceiverMessage = {
  READY: "ready",
  RECEIPT: "receipt",
  DONE: "done",
  ERROR: "error",
} as const;
export type ReceiverMessage = (typeof ReceiverMessage)[keyof typeof ReceiverMessage];

/** Numbers of the recording protocol. */
export const RecordLimit = {
  MAJOR: 1,
  MINOR: 0,
  PORT: 8766,
  MAX_SIDE: 1024,
  MAX_ROW_BYTES: 8388608,
  MAX_BEGIN_BYTES: 65536,
  MAX_VARIABLES: 256,
  MAX_LAYERS: 16,
  MAX_WINDOW: 64,
} as const;
export type RecordLimit = (typeof RecordLimit)[keyof typeof RecordLimit];
