import { Protocol } from "../protocol/constants.js";
import { failure, WorldError } from "../protocol/failures.js";

const SECRETS = ["token", "access_token", "jwt"];

/**
 * The WebSocket address that a user's words mean: `localhost:8765`, `http://host:8765` and `ws://host:8765` all
 * mean `ws://host:8765/play`; or another `path`, where that is what is looked for.
 *
 * @throws WorldError `bad_argument`: no address, another scheme, or a secret in it.
 */
export function address(url: string, path: string = Protocol.PATH): string {
  const fix = "give an address such as ws://localhost:8765";
  let parts: URL;
  try {
    parts = new URL(/^[a-z]+:\/\//i.test(url) ? url : `ws://${url}`);
  } catch {
    throw new WorldError(failure("bad_argument", `${JSON.stringify(url)} is no address.`, fix));
  }
  if (parts.protocol === "http:") parts.protocol = "ws:";
  if (parts.protocol === "https:") parts.protocol = "wss:";
  if (!["ws:", "wss:"].includes(parts.protocol) || !parts.hostname) {
    throw new WorldError(failure("bad_argument", `${JSON.stringify(url)} is no address of a server.`, fix));
  }
  if (parts.username || parts.password || SECRETS.some((name) => parts.searchParams.has(name))) {
    // Not repeated here: it would end up in the very logs that it must be kept out of.
    throw new WorldError(
      failure("bad_argument", "The address holds a secret.", "addresses are logged: give it as the option token"),
    );
  }
  if (parts.pathname === "" || parts.pathname === "/") parts.pathname = path;
  parts.hash = "";
  return parts.href;
}

/** Whether an address is this machine's own, where bytes cost nothing. */
export function isLoopback(url: string): boolean {
  const host = new URL(url).hostname;
  return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}
