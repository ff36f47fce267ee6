import { poseOf, type WorldClient } from "@worldsdk/client";
import type { Entity } from "playcanvas";

export interface PoseOptions {
  /** Scene units to a unit of the world's map. */
  scale?: number;
  /** Height of the eye above the scene's ground, where the world has no `z`. */
  eye?: number;
}

/**
 * Puts a camera where the world's camera is, so that what the engine draws stays in place before the world's
 * picture. The map's x is the scene's x, its y goes into the scene (-z), headings turn to the left from x.
 *
 * Returns whether the world says where it is.
 */
export function followPose(camera: Entity, client: WorldClient, { scale = 1, eye = 0 }: PoseOptions = {}): boolean {
  const pose = poseOf(client.state);
  if (pose === null) return false;
  camera.setPosition(pose.x * scale, pose.z === null ? eye : pose.z * scale, -pose.y * scale);
  camera.setEulerAngles(pose.pitch, pose.heading - 90, 0);
  return true;
}
