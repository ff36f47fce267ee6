export { WorldBackground, WorldImage } from "./image.js";
export { type TextureOptions, WorldTexture } from "./texture.js";
