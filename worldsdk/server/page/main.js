// Puts the parts together: what the page shows in each phase, and where each event goes.

import { Devices } from "./devices.js";
import { Link, now } from "./link.js";
import { Meter, health, spark } from "./meter.js";
import { Player } from "./player.js";
import { Screen } from "./screen.js";
import { localStorageGet, localStorageSet, wire } from "./settings.js";
import * as shelf from "./shelf.js";
import { build as buildTouch } from "./touch.js";
import { explain, keyName } from "./words.js";

const IDLE_MS = 2200;
const TOAST_MS = 3200;
const STATS_MS = 250;
const INPUT_SHARE = 0.7; // of the rate that the server allows, so that a hiccup is no offence

const $ = (id) => document.getElementById(id);
const body = document.body;
const query = new URLSearchParams(location.search);
const loopback = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);

const link = new Link({
  url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/play`,
  role: query.has("watch") ? "viewer" : "player",
  room: query.get("room") || undefined,
  // On one machine bytes cost nothing; across a network they are most of the delay.
  codecs: loopback ? ["raw_rgba", "jpeg", "webp", "png", "raw_rgb"] : ["jpeg", "webp", "raw_rgba", "png", "raw_rgb"],
});
const devices = new Devices();
const player = new Player(link, devices);
const meter = new Meter();
const screen = new Screen($("screen"), (frame, at) => {
  link.ack(frame.seq, now());
  player.tick = frame.tick;
  meter.shown(frame, at, link.bytes);
  if (frame.ended && player.phase === "playing" && !ended) say("The world says: this is the end. Begin again?");
  ended = frame.ended;
});
let ended = false;
let lastFrame = 0;

// What the server says.

link.addEventListener("frame", ({ detail }) => {
  lastFrame = performance.now();
  screen.offer(detail);
});
link.addEventListener("notice", ({ detail }) => say(detail.message, true));
link.addEventListener("welcome", async ({ detail }) => {
  const [width, height] = detail.size;
  body.dataset.world = detail.world.name;
  screen.begin(width, height);
  meter.reset();
  devices.bind(detail.controls);
  buildTouch($("touch"), detail.controls, devices);
  document.title = `${detail.world.title} – worldsdk`;
  $("screen").setAttribute("aria-label", `${detail.world.title}: the world's picture`);
  $("where").textContent = detail.world.title;
  $("legend").replaceChildren(...legend(detail.controls));
  $("rewind").disabled = !link.can("rewind");
  $("save").disabled = !link.can("snapshot");
  $("state").replaceChildren(...detail.state.map(stateLine));
  $("load").disabled = !(await shelf.get(detail.world.digest));
});
player.addEventListener("saved", () => ($("load").disabled = false));
player.addEventListener("say", ({ detail }) => say(detail.text, detail.bad));
player.addEventListener("phase", show);

// What the page shows.

function show() {
  const { phase, refusal } = player;
  const world = link.welcome?.world;
  body.dataset.phase = phase;
  body.dataset.role = link.wishes.role;
  const playing = phase === "playing";
  $("play").setAttribute("aria-label", playing ? "Pause" : "Play");
  $("primary").hidden = !["ready", "paused", "over"].includes(phase);
  $("token-form").hidden = !(phase === "over" && refusal?.code === "unauthenticated");
  $("legend").hidden = !["ready", "paused"].includes(phase);
  $("eyebrow").textContent = phase === "over" ? refusal.code.replaceAll("_", " ") : "worldsdk";
  const why = refusal && explain(refusal);
  if (phase === "connecting") card(why?.title ?? "Connecting", why?.text ?? "", "", why?.detail);
  if (phase === "ready") card(world.title, world.summary, "Play");
  if (phase === "paused") card("Paused", shortcutWords(), "Go on");
  if (phase === "lost") card("Connection lost", "Coming back to where you were.");
  if (phase === "over") card(why.title, why.text, "Try again", why.detail);
  if (!playing && document.pointerLockElement) document.exitPointerLock();
  if (phase === "ready" || phase === "paused") $("primary").focus({ preventScroll: true });
  if (playing) $("screen").focus({ preventScroll: true });
  stir();
}

function shortcutWords() {
  const free = Object.entries(SHORTCUT_WORDS).filter(([code]) => !devices.keys.has(code));
  return player.watching ? "" : free.map(([code, word]) => `${keyName(code)} ${word}`).join(" · ");
}

function card(title, text, primary = "", detail = "") {
  $("title").textContent = title;
  $("text").textContent = text;
  $("detail").textContent = detail;
  $("primary").textContent = primary;
}

function legend(controls) {
  return controls.map((control) => {
    const line = document.createElement("li");
    const what = document.createElement("span");
    what.textContent = control.help || control.name;
    const caps = document.createElement("b");
    const names = Object.keys(control.keys).map(keyName);
    if (control.mouse) names.push("Mouse");
    for (const name of names) caps.appendChild(document.createElement("kbd")).textContent = name;
    line.append(what, caps);
    return line;
  });
}

function stateLine(variable) {
  const line = document.createElement("div");
  const [name, value] = [document.createElement("dt"), document.createElement("dd")];
  name.textContent = variable.name.replaceAll("_", " ");
  value.dataset.state = variable.name;
  line.append(name, value);
  return line;
}

let toastTimer = 0;
function say(text, bad = false) {
  const toast = $("toast");
  toast.textContent = text;
  toast.dataset.kind = bad ? "bad" : "good";
  toast.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (toast.hidden = true), TOAST_MS);
}

let idleTimer = 0;
function stir() {
  delete body.dataset.idle;
  clearTimeout(idleTimer);
  if (player.phase === "playing") idleTimer = setTimeout(() => (body.dataset.idle = ""), IDLE_MS);
}

setInterval(() => {
  const state = health(link.open, link.rtt, player.phase === "playing" ? performance.now() - lastFrame : 0);
  $("dot").dataset.health = state;
  $("dot").setAttribute("aria-label", link.open ? `Connection: ${state}` : "Not connected");
  if ($("stats").hidden) return;
  for (const [name, text] of Object.entries(meter.lines(link.rtt))) {
    document.querySelector(`[data-stat="${name}"]`).textContent = text;
  }
  spark($("spark"), meter.photon);
  for (const [name, value] of Object.entries(meter.last?.state ?? {})) {
    const line = document.querySelector(`[data-state="${CSS.escape(name)}"]`);
    if (line) line.textContent = Number(value).toFixed(1);
  }
}, STATS_MS);

// Devices to inputs: at once where that is allowed, else as soon as it is.

let mayInput = 0;
function flush() {
  if (player.phase !== "playing" || player.watching) return;
  const at = performance.now();
  if (at < mayInput) return;
  const taken = devices.take();
  if (taken === null) return;
  link.input(taken);
  mayInput = at + 1000 / (INPUT_SHARE * (link.welcome.limits.input_hz || 120));
}

function everyFrame() {
  const pressed = devices.poll();
  if (pressed.includes("Start")) player.toggle();
  flush();
  requestAnimationFrame(everyFrame);
}
requestAnimationFrame(everyFrame);

const SHORTCUTS = {
  KeyP: () => player.toggle(),
  KeyR: () => player.begin(),
  F6: () => player.save(),
  F9: () => player.load(),
  F3: () => toggleStats(),
  KeyF: () => toggleFullscreen(),
};

const SHORTCUT_WORDS = {
  KeyP: "pause",
  Backspace: "hold to go back in time",
  KeyR: "begin again",
  F6: "save",
  F9: "load",
  F3: "timing",
  KeyF: "full screen",
};

addEventListener("keydown", (event) => {
  if (event.target.closest?.("input, select, dialog") || event.altKey || event.metaKey || event.ctrlKey) return;
  if (player.phase === "playing" && devices.keys.has(event.code)) {
    event.preventDefault();
    if (!event.repeat) {
      devices.press(event.code);
      flush();
    }
    return;
  }
  // The world's own keys come first, also while it stands still.
  if (devices.keys.has(event.code)) return;
  if (event.code === "Escape") player.pause();
  else if (event.code === "Backspace") {
    event.preventDefault();
    player.startRewind();
  } else if (SHORTCUTS[event.code] && !event.repeat) {
    event.preventDefault();
    SHORTCUTS[event.code]();
  }
});
addEventListener("keyup", (event) => {
  devices.lift(event.code);
  if (event.code === "Backspace") player.endRewind();
  flush();
});
addEventListener("blur", () => {
  devices.release();
  player.endRewind();
  flush();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) player.pause();
});
addEventListener("pagehide", () => link.leave());

// Mouse: locked to the picture while playing where the world turns by it; dragging does where it cannot be.

const fine = matchMedia("(pointer: fine)");
async function play() {
  await Promise.resolve();
  if (devices.mouse && fine.matches && !player.watching) {
    try {
      await $("screen").requestPointerLock();
    } catch {
      // Some browsers refuse; dragging turns then.
    }
  }
  player.play();
}
document.addEventListener("pointerlockchange", () => {
  if (!document.pointerLockElement) player.pause();
});
$("screen").addEventListener("pointermove", (event) => {
  if (event.pointerType !== "mouse" || player.phase !== "playing") return;
  if (document.pointerLockElement || event.buttons) devices.move(event.movementX, event.movementY);
});
$("screen").addEventListener("pointerdown", () => {
  if (player.phase === "playing" && devices.mouse && fine.matches && !document.pointerLockElement) {
    Promise.resolve($("screen").requestPointerLock()).catch(() => {});
  }
});
for (const name of ["pointermove", "pointerdown", "touchstart"]) addEventListener(name, stir, { passive: true });

// Buttons.

$("primary").onclick = () => {
  if (player.phase !== "over") return play();
  if (!$("token-form").hidden) link.token = $("token").value.trim() || undefined;
  link.restart();
};
$("token-form").onsubmit = (event) => {
  event.preventDefault();
  $("primary").click();
};
$("play").onclick = () => (player.phase === "playing" ? player.pause() : play());
$("reset").onclick = () => player.begin();
$("save").onclick = () => player.save();
$("load").onclick = () => player.load();
$("rewind").addEventListener("pointerdown", (event) => {
  $("rewind").setPointerCapture(event.pointerId);
  player.startRewind();
});
for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
  $("rewind").addEventListener(name, () => player.endRewind());
}
$("rewind").addEventListener("keydown", (event) => {
  if (event.code === "Space" || event.code === "Enter") {
    event.preventDefault();
    player.startRewind();
  }
});
$("rewind").addEventListener("keyup", () => player.endRewind());
$("toggle-stats").onclick = toggleStats;
$("fullscreen").onclick = toggleFullscreen;

function toggleStats() {
  const hidden = ($("stats").hidden = !$("stats").hidden);
  $("toggle-stats").setAttribute("aria-pressed", String(!hidden));
  localStorageSet("stats", hidden ? "" : "on");
}

async function toggleFullscreen() {
  try {
    await (document.fullscreenElement ? document.exitFullscreen() : body.requestFullscreen());
  } catch {
    say("This browser does not allow full screen", true);
  }
}

// A finger anywhere brings the on-screen pad, a key or the mouse sends it away.
addEventListener("pointerdown", (event) => {
  if (event.pointerType === "touch") $("touch").hidden = player.watching;
  else if (event.pointerType === "mouse") $("touch").hidden = true;
});
if (matchMedia("(pointer: coarse)").matches) $("touch").hidden = player.watching;

if (localStorageGet("stats")) toggleStats();
wire({ player, link, screen, say });
show();
link.connect();
