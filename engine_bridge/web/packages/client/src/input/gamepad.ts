// Gamepads, read when somebody looks: browsers tell of no changes.

import type { Levels } from "../protocol/messages.js";

const DEAD_ZONE = 0.15; // worn sticks do not centre exactly
const BUTTONS = [
  "A", "B", "X", "Y", "LeftShoulder", "RightShoulder", "LeftTrigger", "RightTrigger", "Back", "Start",
  "LeftStick", "RightStick", "DPadUp", "DPadDown", "DPadLeft", "DPadRight", "Guide",
];
const AXES = ["LeftStickX", "LeftStickY", "RightStickX", "RightStickY"];

/** What a gamepad of the standard mapping looks like to a program. */
export interface PadLike {
  connected: boolean;
  mapping: string;
  buttons: readonly { value: number }[];
  axes: readonly number[];
}

/** Levels by the protocol's names, of all gamepads together; those at rest are left out. */
export function readPads(pads: readonly (PadLike | null)[]): Levels {
  const levels: Levels = {};
  for (const pad of pads) {
    if (!pad?.connected || pad.mapping !== "standard") continue;
    pad.buttons.forEach(({ value }, place) => strongest(levels, BUTTONS[place], value));
    pad.axes.slice(0, AXES.length).forEach((value, place) => strongest(levels, AXES[place], alive(value)));
  }
  return levels;
}

function strongest(levels: Levels, name: string | undefined, value: number): void {
  if (name !== undefined && value !== 0 && Math.abs(value) >= Math.abs(levels[name] ?? 0)) levels[name] = value;
}

/** Outside the dead zone, stretched so that it begins at 0. */
function alive(value: number): number {
  const size = Math.abs(value);
  return size < DEAD_ZONE ? 0 : Math.sign(value) * Math.min(1, (size - DEAD_ZONE) / (1 - DEAD_ZONE));
}
