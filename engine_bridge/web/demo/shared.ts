// What the demo pages of all engines share: who to connect to, the overlay, the pad, sentences when it fails.

import { type ConnectOptions, LatencyOverlay, TouchPad, WorldClient } from "@worldsdk/client";

export interface Demo {
  client: WorldClient;
  stage: HTMLElement;
  /** From the address: ?view=screen puts the world on a screen in the scene, else it is the background. */
  view: "background" | "screen";
}

/** Makes a client that connects to ?server= (default: this machine, port 8765) and says on the page how it goes. */
export function begin(engine: string): Demo {
  const query = new URLSearchParams(location.search);
  const stage = document.getElementById("stage") as HTMLElement;
  const note = document.getElementById("note") as HTMLElement;
  const client = new WorldClient();
  client.on("connected", ({ world, controls }) => {
    document.title = `${world.title} in ${engine}`;
    const keys = controls.map(({ name, keys: codes }) => `${name}: ${Object.keys(codes).join(" ") || "–"}`);
    note.textContent = `${world.title} · ${keys.join(" · ")}`;
    delete note.dataset["bad"];
  });
  client.on("failed", (code, message) => {
    note.textContent = `${message} [${code}]`;
    note.dataset["bad"] = "";
  });
  new LatencyOverlay(client, stage);
  if (matchMedia("(pointer: coarse)").matches) new TouchPad(client, stage);
  const room = query.get("room");
  const codec = query.get("codec");
  const token = query.get("token-prompt") === null ? null : prompt("Token");
  const options: ConnectOptions = {
    engine,
    bind: { target: stage },
    worker: query.get("worker") !== "no",
    ...(query.has("watch") ? { role: "viewer" as const } : {}),
    ...(room ? { room } : {}),
    ...(codec ? { codecs: [codec, "jpeg"] } : {}),
    ...(token ? { token } : {}),
  };
  client.connect(query.get("server") ?? `${location.hostname}:8765`, options).catch(() => {});
  addEventListener("pagehide", () => client.disconnect("page closed"));
  // For the console, and for tests.
  Object.assign(globalThis, { worldsdk: client });
  return { client, stage, view: query.get("view") === "screen" ? "screen" : "background" };
}
