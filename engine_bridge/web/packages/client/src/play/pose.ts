import type { Levels } from "../protocol/messages.js";
import { headingOf } from "./warp.js";

/** Where a world's camera is, in the units of its map; angles in degrees. */
export interface Pose {
  x: number;
  y: number;
  z: number | null;
  heading: number;
  pitch: number;
}

/** The pose in a frame's state; null where the world does not say where it is. */
export function poseOf(state: Levels): Pose | null {
  const { x, y } = state;
  const name = headingOf(Object.keys(state));
  if (x === undefined || y === undefined || name === null) return null;
  return { x, y, z: state["z"] ?? null, heading: state[name] as number, pitch: state["pitch"] ?? 0 };
}
