// An on-screen pad: sticks and buttons for what the world binds to a gamepad, and no others.

import type { WorldClient } from "../play/client.js";
import type { Control } from "../protocol/messages.js";
import { moment } from "./bindings.js";

const REACH = 46; // pixels from the middle of a stick to full deflection
const STEP = 0.4; // share of the way at which a stick counts as a press of the cross

const STICK =
  "position:absolute;bottom:28px;width:108px;height:108px;border-radius:50%;background:#ffffff22;border:1px solid #ffffff55;touch-action:none";
const KNOB = "position:absolute;left:32px;top:32px;width:44px;height:44px;border-radius:50%;background:#ffffff88;pointer-events:none";
const BUTTONS = "position:absolute;right:28px;bottom:28px;display:flex;gap:14px;align-items:end";
const BUTTON =
  "min-width:64px;height:64px;border-radius:50%;background:#ffffff22;border:1px solid #ffffff55;color:#fff;font:13px system-ui;touch-action:none;user-select:none";

/** Shows in `parent` (which should be positioned) what `client`'s world needs; anew with each world. */
export class TouchPad {
  readonly element: HTMLElement;
  private readonly off: () => void;

  constructor(
    private readonly client: WorldClient,
    parent: HTMLElement = document.body,
  ) {
    this.element = document.createElement("div");
    this.element.dataset["worldsdk"] = "touch";
    parent.append(this.element);
    this.off = client.on("connected", ({ controls }) => this.build(controls));
    if (client.welcome !== null) this.build(client.welcome.controls);
  }

  remove(): void {
    this.off();
    this.element.remove();
  }

  private build(controls: readonly Control[]): void {
    this.element.replaceChildren();
    const bound = new Set(controls.flatMap((control) => Object.keys(control.pad)));
    const has = (...names: string[]): boolean => names.some((name) => bound.has(name));
    const analogue = has("LeftStickX", "LeftStickY");
    if (analogue || has("DPadUp", "DPadDown", "DPadLeft", "DPadRight")) {
      this.element.append(this.stick("left", (x, y) => (analogue ? this.analogue("Left", x, y) : this.cross(x, y))));
    }
    const right = has("RightStickX", "RightStickY");
    if (right) this.element.append(this.stick("right", (x, y) => this.analogue("Right", x, y)));
    const row = document.createElement("div");
    row.setAttribute("style", BUTTONS + (right ? ";bottom:156px" : ""));
    for (const control of controls) {
      const names = Object.keys(control.pad);
      if (names.some((name) => /Stick[XY]$|^DPad/.test(name))) continue;
      const first = names[0];
      if (first !== undefined) row.append(this.button(control.name, (down, at) => this.client.held.touch(first, down ? 1 : 0, at)));
      else if (control.kind === "button") {
        row.append(this.button(control.name, (down, at) => this.client.held.set(control.name, down ? control.high : 0, at)));
      }
    }
    if (row.children.length) this.element.append(row);
  }

  private analogue(side: "Left" | "Right", x: number, y: number): void {
    this.client.held.touch(`${side}StickX`, x, moment());
    this.client.held.touch(`${side}StickY`, y, moment());
  }

  /** One direction of the cross at a time: diagonals mean nothing to a world of steps. */
  private cross(x: number, y: number): void {
    const sideways = Math.abs(x) > Math.abs(y);
    const at = moment();
    this.client.held.touch("DPadLeft", sideways && x < -STEP ? 1 : 0, at);
    this.client.held.touch("DPadRight", sideways && x > STEP ? 1 : 0, at);
    this.client.held.touch("DPadUp", !sideways && y < -STEP ? 1 : 0, at);
    this.client.held.touch("DPadDown", !sideways && y > STEP ? 1 : 0, at);
  }

  private stick(side: "left" | "right", moved: (x: number, y: number) => void): HTMLElement {
    const base = document.createElement("div");
    base.setAttribute("style", `${STICK};${side}:28px`);
    base.setAttribute("role", "img");
    base.setAttribute("aria-label", `${side} on-screen stick`);
    const knob = base.appendChild(document.createElement("div"));
    knob.setAttribute("style", KNOB);
    follow(base, (event, down) => {
      let [x, y] = [0, 0];
      if (down) {
        const box = base.getBoundingClientRect();
        x = (event.clientX - box.left - box.width / 2) / REACH;
        y = (event.clientY - box.top - box.height / 2) / REACH;
        const size = Math.hypot(x, y);
        if (size > 1) [x, y] = [x / size, y / size];
      }
      knob.style.transform = `translate(${x * REACH}px, ${y * REACH}px)`;
      moved(x, y);
      this.client.flushInput();
    });
    return base;
  }

  private button(label: string, pressed: (down: boolean, at: number) => void): HTMLElement {
    const element = document.createElement("button");
    element.type = "button";
    element.setAttribute("style", BUTTON);
    element.textContent = label;
    let was = false;
    follow(element, (event, down) => {
      if (down === was) return;
      was = down;
      pressed(down, moment(event));
      this.client.flushInput();
    });
    return element;
  }
}

/** Calls back with (event, down) while a finger is on `element`; each finger is its own. */
function follow(element: HTMLElement, callback: (event: PointerEvent, down: boolean) => void): void {
  let finger: number | null = null;
  element.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (finger !== null) return;
    finger = event.pointerId;
    element.setPointerCapture(finger);
    callback(event, true);
  });
  element.addEventListener("pointermove", (event) => {
    if (event.pointerId === finger) callback(event, true);
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"] as const) {
    element.addEventListener(name, (event) => {
      if (event.pointerId !== finger) return;
      finger = null;
      callback(event, false);
    });
  }
}
