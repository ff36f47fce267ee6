export { WorldBackground } from "./background.js";
export { followPose, type PoseOptions } from "./pose.js";
export { WorldScreenMesh } from "./screen.js";
export { type TextureOptions, WorldTexture } from "./texture.js";
