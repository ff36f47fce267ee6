// A world behind Babylon.js, or on a screen in its scene: ?view=screen.

import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera.js";
import { Engine } from "@babylonjs/core/Engines/engine.js";
import { HemisphericLight } from "@babylonjs/core/Lights/hemisphericLight.js";
import { StandardMaterial } from "@babylonjs/core/Materials/standardMaterial.js";
import { Color3, Color4 } from "@babylonjs/core/Maths/math.color.js";
import { Vector3 } from "@babylonjs/core/Maths/math.vector.js";
import { CreateBox } from "@babylonjs/core/Meshes/Builders/boxBuilder.js";
import { CreateGround } from "@babylonjs/core/Meshes/Builders/groundBuilder.js";
import { Scene } from "@babylonjs/core/scene.js";
import { createWorldScreen, followPose, WorldBackground, WorldTexture } from "@worldsdk/babylon";
import { begin } from "../../../demo/shared.js";

const { client, stage, view } = begin("Babylon.js");
const canvas = document.createElement("canvas");
canvas.id = "view";
stage.prepend(canvas);
const engine = new Engine(canvas, true, { preserveDrawingBuffer: true });
const scene = new Scene(engine);
scene.clearColor = new Color4(0.09, 0.11, 0.14, 1);
const camera = new FreeCamera("camera", new Vector3(-1.2, 1.5, -3), scene);
camera.minZ = 0.1;
new HemisphericLight("light", new Vector3(0.3, 1, -0.4), scene);

const texture = new WorldTexture(client, scene, { pixelated: true });
const cube = CreateBox("cube", { size: 0.4 }, scene);
const paint = new StandardMaterial("paint", scene);
paint.diffuseColor = new Color3(1, 0.53, 0.27);
cube.material = paint;
if (view === "background") {
  new WorldBackground(texture, scene);
  // Rides along with the camera, in front of the world.
  cube.parent = camera;
  cube.position.set(-0.9, -0.6, 2.5);
} else {
  const tv = createWorldScreen(texture, scene, 1.6);
  tv.position.set(0, 1.1, 0);
  const floor = CreateGround("floor", { width: 8, height: 8 }, scene);
  const grey = (floor.material = new StandardMaterial("grey", scene));
  grey.diffuseColor = new Color3(0.23, 0.25, 0.31);
  grey.specularColor = Color3.Black();
  cube.position.set(1.6, 0.2, -0.6);
  camera.setTarget(new Vector3(0, 1, 0));
}

addEventListener("resize", () => engine.resize());
engine.resize();
engine.runRenderLoop(() => {
  if (view === "background") followPose(camera, client);
  cube.rotation.set(performance.now() / 1300, performance.now() / 1700, 0);
  scene.render();
});
