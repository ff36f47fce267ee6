// The wire alone, for programs that are no players: recorders, tools, conformance runners.

export { pack, unpack } from "./protocol/codec.js";
export { read, readServer } from "./protocol/read.js";
export { WireError } from "./protocol/errors.js";
export { address } from "./wire/address.js";
export { Dialogue, type Held, type Listener, type Wishes } from "./wire/dialogue.js";
export { type Closing, Link, type LinkListener, PATIENCE, type Socket, type Surroundings, SURROUNDINGS } from "./wire/link.js";
export { RecordLink, type RecordListener } from "./record/link.js";
export { micros, nowMs } from "./wire/clock.js";
