// A game that records itself: a bat and a ball on a canvas. ?record streams it to a receiver on this machine
// (worldsdk record --listen --out DIR --allow-origin ORIGIN), ?record=ADDRESS to another; ?explore plays by itself,
// as fast as the receiver takes it.

import { WorldRecorder } from "@worldsdk/client";

const [WIDTH, HEIGHT, BAT, RATE] = [256, 192, 48, 30];
const query = new URLSearchParams(location.search);
const note = document.getElementById("note") as HTMLElement;
const canvas = document.createElement("canvas");
[canvas.width, canvas.height] = [WIDTH, HEIGHT];
canvas.style.imageRendering = "pixelated";
(document.getElementById("stage") as HTMLElement).append(canvas);
const context = canvas.getContext("2d") as CanvasRenderingContext2D;

const keys = new Set<string>();
addEventListener("keydown", ({ code }) => keys.add(code));
addEventListener("keyup", ({ code }) => keys.delete(code));

const game = { bat: WIDTH / 2, x: 0, y: 0, vx: 0, vy: 0, hits: 0 };
const explore = query.has("explore");
let lazy = 0;

function serve(): void {
  Object.assign(game, { x: WIDTH * Math.random(), y: 20, vx: (Math.random() - 0.5) * 8, vy: 4 });
}

/** What is held: by the player, or by one who mostly follows the ball and sometimes does not. */
function held(): { left: number; right: number } {
  if (!explore) return { left: Number(keys.has("ArrowLeft")), right: Number(keys.has("ArrowRight")) };
  if (Math.random() < 0.02) lazy = 20;
  lazy -= 1;
  const off = lazy > 0 ? Math.random() - 0.5 : (game.x - game.bat) / 10;
  return { left: Number(off < -0.5), right: Number(off > 0.5) };
}

/** One tick: what it gave, and whether the game ended with it. */
function step({ left, right }: { left: number; right: number }): { reward: number; ended: boolean } {
  game.bat = Math.min(WIDTH - BAT / 2, Math.max(BAT / 2, game.bat + 6 * (right - left)));
  game.x += game.vx;
  game.y += game.vy;
  if (game.x < 6 || game.x > WIDTH - 6) game.vx *= -1;
  if (game.y < 6) game.vy *= -1;
  game.x = Math.min(WIDTH - 6, Math.max(6, game.x));
  if (game.vy > 0 && game.y > HEIGHT - 22 && Math.abs(game.x - game.bat) < BAT / 2 + 6) {
    game.vy *= -1;
    game.vx += (game.x - game.bat) / 12;
    game.hits += 1;
    return { reward: 1, ended: false };
  }
  return game.y > HEIGHT ? { reward: -1, ended: true } : { reward: 0, ended: false };
}

function draw(): void {
  context.fillStyle = "#1b2a3a";
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.fillStyle = "#e0b040";
  context.fillRect(game.bat - BAT / 2, HEIGHT - 16, BAT, 10);
  context.fillStyle = "#f0f4f8";
  context.beginPath();
  context.arc(game.x, game.y, 7, 0, 2 * Math.PI);
  context.fill();
}

const recorder = new WorldRecorder({
  url: query.get("record") || "localhost:8766",
  game: "bat-and-ball",
  canvas,
  size: [64, 48],
  rate: RATE,
  controls: [
    { name: "left", keys: { ArrowLeft: 1 } },
    { name: "right", keys: { ArrowRight: 1 } },
  ],
  variables: [{ name: "bat", low: 0, high: WIDTH, unit: "pixels" }],
  licence: "MIT",
});
recorder.on("failed", (_code, message) => (note.textContent = message));
recorder.on("stopped", ({ frames, episodes }) => (note.textContent = `${frames} frames in ${episodes} episodes`));
addEventListener("pagehide", () => void recorder.stop().catch(() => {}));

function tick(): void {
  const controls = held();
  const { reward, ended } = step(controls);
  draw();
  if (recorder.recording) {
    recorder.tick({ controls, variables: { bat: game.bat }, reward, ended });
    note.textContent = `recording ${recorder.rows} rows, ${recorder.written} on the disk, ${recorder.dropped} dropped`;
  }
  if (ended) serve();
}

async function run(): Promise<void> {
  serve();
  if (query.has("record")) await recorder.start().catch(() => {});
  if (explore && recorder.recording) {
    for (;;) {
      await recorder.room();
      tick();
      // The page must breathe: events and messages wait otherwise.
      if (recorder.rows % 16 === 0 || !recorder.recording) await new Promise((done) => setTimeout(done, 0));
    }
  }
  let due = performance.now();
  const frame = (now: number): void => {
    for (; due <= now; due += 1000 / RATE) tick();
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

void run();
// For the console, and for tests.
Object.assign(globalThis, { recorder, game });
