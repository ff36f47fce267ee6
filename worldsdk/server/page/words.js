// What people read: key caps, and errors with what to do about them.

const KEYS = {
  ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Space: "Space", Escape: "Esc",
  ShiftLeft: "Shift", ShiftRight: "Shift", ControlLeft: "Ctrl", ControlRight: "Ctrl", Backspace: "⌫",
};

/** A short label for a KeyboardEvent.code. */
export function keyName(code) {
  return KEYS[code] ?? code.replace(/^Key|^Digit|^Numpad(?=\d)/, "");
}

const ERRORS = {
  unauthenticated: ["A token, please", "This server lets in who has a token. Its keeper can make one: worldsdk token."],
  forbidden: ["Not allowed from here", "The token or this page's address does not permit it."],
  no_room: ["No such room", "It may have ended. Leave the room out of the address to begin one of your own."],
  conflict: ["The seat is taken", "Somebody else came back with the same ticket, perhaps another tab of yours."],
  session_over: ["The session is over", "It reached the longest time that this server gives."],
  session_failed: ["The model failed", "It produced something that is no picture. Other players are not touched."],
  no_capacity: ["The server is full", "It would miss beats with one more player. Trying again in a moment helps."],
  unsupported_version: ["Different versions", "This page and the server do not speak the same protocol. Reload the page."],
  rate_limited: ["Too quick", "The server takes fewer messages a second than this page sent."],
  slow_client: ["Too slow to follow", "Pictures came faster than they were taken. A smaller format may help."],
  idle: ["Still there?", "Nothing was heard for a while, so the seat was given up."],
  internal: ["The server failed", "It has written down why."],
  unreachable: ["Nobody answers", "The server may have been stopped."],
  stopped: ["The server is closing", ""],
  left: ["The session has ended", ""],
};

/** Title, what to do about it, and the other side's own words, for a refusal. */
export function explain(refusal) {
  const [title, text] = ERRORS[refusal.code] ?? ["That did not work", ""];
  const said = refusal.message ?? "";
  return { title, text, detail: said.charAt(0).toUpperCase() + said.slice(1) };
}
