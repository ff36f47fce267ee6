// A session against a real server, with the client that pages use.

import { WorldClient, type WorldFrame } from "@worldsdk/client";

const FRAMES = 30;
const PATIENCE_MS = 60_000;

/** Plays in real time, by the verbs that the world has. Rejects where something does not come out as it should. */
export async function playLive(url: string): Promise<{ [figure: string]: unknown }> {
  const client = new WorldClient();
  const problems: string[] = [];
  client.on("failed", (code, message) => problems.push(`${code}: ${message}`));
  const welcome = await client.connect(url, { worker: false, engine: "conformance" });
  let seen = 0;
  const pictures = new Set<string>();
  client.on("frame", (frame) => {
    seen += 1;
    pictures.add(Buffer.from(frame.pixels() ?? []).toString("base64"));
  });
  const controls = welcome.controls.map(({ name }) => name);
  while (seen < FRAMES) {
    const held = controls[Math.floor(seen / 5) % controls.length];
    if (held !== undefined) client.press(held);
    const frame = await next(client);
    if (held !== undefined) client.release(held);
    client.shown(frame, performance.timeOrigin + performance.now());
  }
  const verbs: string[] = [];
  const can = (name: string): boolean => welcome.capabilities.includes(name);
  const did = async (name: string, doing: Promise<unknown>): Promise<void> => {
    await doing;
    verbs.push(name);
  };
  await did("pause", client.pause());
  // Before anything is restored: history does not go back beyond that.
  if (can("rewind")) await did("rewind", client.rewind(2));
  if (can("snapshot")) {
    const snapshot = await client.snapshot();
    await did("snapshot", Promise.resolve());
    await did("restore", client.restore(snapshot));
  }
  if (can("speed")) await did("speed", client.setSpeed(1));
  if (can("reset")) await did("reset", client.reset({ seed: 1 }));
  await did("resume", client.resume());
  await next(client);
  const { action_to_photon_ms, rtt_ms, replaced } = client.quality;
  const over = new Promise<number>((done) => client.on("disconnected", done));
  client.disconnect("done");
  if (problems.length) throw new Error(problems.join("; "));
  return {
    world: welcome.world.name,
    frames: seen,
    different: pictures.size,
    action_to_photon_ms: Math.round(action_to_photon_ms * 10) / 10,
    rtt_ms: Math.round(rtt_ms * 10) / 10,
    replaced,
    verbs,
    closed: await over,
  };
}

function next(client: WorldClient): Promise<WorldFrame> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no frame within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
    client.once("frame", (frame) => {
      clearTimeout(timer);
      resolve(frame);
    });
  });
}
