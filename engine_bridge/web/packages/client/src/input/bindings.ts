// Keyboard, mouse and gamepad of the page, bound to whatever the world listens to.

import type { WorldClient } from "../play/client.js";
import { readPads } from "./gamepad.js";

export interface BindOptions {
  /** What is clicked to lock the mouse to the picture, and dragged where it cannot be locked; default: the page. */
  target?: HTMLElement | undefined;
  keyboard?: boolean;
  mouse?: boolean;
  gamepad?: boolean;
  /** Whether a click locks the mouse, where the world turns by it. */
  pointerLock?: boolean;
  /** Code on this keyboard -> code that the world listens to, such as `{ KeyZ: "KeyW" }`. */
  aliases?: { [code: string]: string };
}

/** Binds until `unbind`. Which keys, buttons and axes move anything is read from `welcome.controls`. */
export class Bindings {
  private readonly abort = new AbortController();
  private readonly target: HTMLElement;
  private frame = 0;
  private lastPads = "{}";

  constructor(
    private readonly client: WorldClient,
    private readonly options: BindOptions = {},
  ) {
    this.target = options.target ?? document.body;
    client.held.aliases = options.aliases ?? {};
    if (options.keyboard !== false) this.keyboard();
    if (options.mouse !== false) this.mouse();
    if (options.gamepad !== false) this.gamepad();
    const letGo = (): void => {
      client.held.release(moment());
      client.flushInput();
    };
    const { signal } = this.abort;
    // What is let go of elsewhere is never told to this page.
    addEventListener("blur", letGo, { signal });
    document.addEventListener("visibilitychange", () => document.hidden && letGo(), { signal });
  }

  unbind(): void {
    this.abort.abort();
    cancelAnimationFrame(this.frame);
    if (document.pointerLockElement === this.target) document.exitPointerLock();
  }

  private keyboard(): void {
    const { client } = this;
    const { signal } = this.abort;
    addEventListener(
      "keydown",
      (event) => {
        if (event.metaKey || isTyping(event.target) || !client.held.listens(event.code)) return;
        event.preventDefault(); // arrows and space would scroll the page
        if (event.repeat) return;
        client.held.press(event.code, moment(event));
        client.flushInput();
      },
      { signal },
    );
    addEventListener(
      "keyup",
      (event) => {
        client.held.lift(event.code, moment(event));
        client.flushInput();
      },
      { signal },
    );
  }

  private mouse(): void {
    const { client, target, options } = this;
    const { signal } = this.abort;
    target.addEventListener(
      "pointerdown",
      (event) => {
        if (event.pointerType !== "mouse" || !client.held.mouse || options.pointerLock === false) return;
        if (document.pointerLockElement !== target) {
          // Some pages may not: dragging turns then.
          void Promise.resolve(target.requestPointerLock()).catch(() => {});
        }
      },
      { signal },
    );
    target.addEventListener(
      "pointermove",
      (event) => {
        if (event.pointerType !== "mouse" || !client.held.mouse) return;
        if (document.pointerLockElement !== target && !event.buttons) return;
        client.held.move(event.movementX, event.movementY, moment(event));
        client.flushInput();
      },
      { signal },
    );
  }

  private gamepad(): void {
    const look = (): void => {
      this.frame = requestAnimationFrame(look);
      const levels = readPads(navigator.getGamepads?.() ?? []);
      const text = JSON.stringify(levels);
      if (text === this.lastPads) return;
      this.lastPads = text;
      this.client.held.pad(levels, moment());
      this.client.flushInput();
    };
    this.frame = requestAnimationFrame(look);
  }
}

/** When an event happened, not when its listener was called; ms of `nowMs`. */
export function moment(event?: Event): number {
  return performance.timeOrigin + (event ? event.timeStamp : performance.now());
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.closest("input, textarea, select") !== null);
}
