// Keyboard, mouse, gamepad and touch as one input message. Which of them move anything is read from `welcome`.

const DEAD_ZONE = 0.15; // worn sticks do not centre exactly
const BUTTONS = [
  "A", "B", "X", "Y", "LeftShoulder", "RightShoulder", "LeftTrigger", "RightTrigger", "Back", "Start",
  "LeftStick", "RightStick", "DPadUp", "DPadDown", "DPadLeft", "DPadRight", "Guide",
];
const AXES = ["LeftStickX", "LeftStickY", "RightStickX", "RightStickY"];

export class Devices {
  constructor() {
    this.keys = new Set();
    this.pads = new Set();
    this.mouse = false;
    this.release();
    this._last = "";
  }

  /** Learns what the world listens to. */
  bind(controls) {
    this.keys = new Set(controls.flatMap((control) => Object.keys(control.keys)));
    this.pads = new Set(controls.flatMap((control) => Object.keys(control.pad)));
    this.mouse = controls.some((control) => control.mouse);
    this.release();
  }

  /** Everything at rest. */
  release() {
    this._held = new Set();
    this._tapped = new Set();
    this._touch = {};
    this._touchTaps = {};
    this._named = {};
    this._namedTaps = {};
    this._pad = {};
    this._motion = [0, 0];
  }

  press(code) {
    this._held.add(code);
    this._tapped.add(code);
  }

  lift(code) {
    this._held.delete(code);
  }

  move(dx, dy) {
    this._motion[0] += dx;
    this._motion[1] += dy;
  }

  /** An on-screen stick or button, under its standard gamepad name. */
  touch(name, value) {
    this._touch[name] = value;
    if (Math.abs(value) > Math.abs(this._touchTaps[name] ?? 0)) this._touchTaps[name] = value;
  }

  /** An on-screen button for a control that no gamepad reaches. */
  name(control, value) {
    this._named[control] = value;
    if (value) this._namedTaps[control] = value;
  }

  /** Reads the gamepads; returns names of buttons that went down since the last look. */
  poll() {
    const levels = {};
    for (const pad of navigator.getGamepads?.() ?? []) {
      if (!pad?.connected || pad.mapping !== "standard") continue;
      pad.buttons.forEach((button, index) => strongest(levels, BUTTONS[index], button.value));
      pad.axes.slice(0, AXES.length).forEach((value, index) => strongest(levels, AXES[index], alive(value)));
    }
    const pressed = Object.keys(levels).filter((name) => levels[name] > 0.5 && !(this._pad[name] > 0.5));
    this._pad = levels;
    return pressed;
  }

  /** What to send now, or null where nothing has changed. Taps and motion in it are used up. */
  take() {
    const pad = {};
    for (const source of [this._pad, this._touch, this._touchTaps]) {
      for (const [name, value] of Object.entries(source)) {
        if (this.pads.has(name)) strongest(pad, name, value);
      }
    }
    for (const name of Object.keys(pad)) if (!pad[name]) delete pad[name];
    const controls = {};
    for (const [name, value] of Object.entries({ ...this._named, ...this._namedTaps })) {
      if (value) controls[name] = value;
    }
    const keys = [...new Set([...this._held, ...this._tapped])].sort();
    const tapped = [...this._tapped].some((code) => !this._held.has(code));
    const mouse = this._motion;
    this._motion = [0, 0];
    this._tapped.clear();
    this._touchTaps = {};
    this._namedTaps = {};
    const level = JSON.stringify([controls, keys, pad]);
    const changed = level !== this._last || tapped || mouse[0] !== 0 || mouse[1] !== 0;
    this._last = level;
    return changed ? { controls, keys, pad, mouse } : null;
  }

  /** The next `take` sends, whether or not anything has changed: for a server that has forgotten. */
  repeat() {
    this._last = "";
  }
}

function strongest(levels, name, value) {
  if (name !== undefined && Math.abs(value) >= Math.abs(levels[name] ?? 0)) levels[name] = value;
}

function alive(value) {
  const size = Math.abs(value);
  return size < DEAD_ZONE ? 0 : Math.sign(value) * Math.min(1, (size - DEAD_ZONE) / (1 - DEAD_ZONE));
}
