export { WorldBackground } from "./background.js";
export { followPose, type PoseOptions } from "./pose.js";
export { createWorldScreen } from "./screen.js";
export { type TextureOptions, WorldTexture } from "./texture.js";
