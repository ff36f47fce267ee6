// A world behind PlayCanvas, or on a screen in its scene: ?view=screen.

import { createWorldScreen, followPose, WorldBackground, WorldTexture } from "@worldsdk/playcanvas";
import {
  Application,
  Color,
  Entity,
  FILLMODE_FILL_WINDOW,
  RESOLUTION_AUTO,
  StandardMaterial,
} from "playcanvas";
import { begin } from "../../../demo/shared.js";

const { client, stage, view } = begin("PlayCanvas");
const canvas = document.createElement("canvas");
canvas.id = "view";
stage.prepend(canvas);
const app = new Application(canvas, { graphicsDeviceOptions: { preserveDrawingBuffer: true } });
app.setCanvasFillMode(FILLMODE_FILL_WINDOW);
app.setCanvasResolution(RESOLUTION_AUTO);
addEventListener("resize", () => app.resizeCanvas());

const camera = new Entity("camera");
camera.addComponent("camera", { clearColor: new Color(0.09, 0.11, 0.14), nearClip: 0.1, farClip: 100, fov: 60 });
const sun = new Entity("sun");
sun.addComponent("light", { type: "directional", intensity: 1 });
sun.setEulerAngles(50, 30, 0);
app.scene.ambientLight = new Color(0.4, 0.4, 0.45);
app.root.addChild(camera);
app.root.addChild(sun);

const texture = new WorldTexture(client, app, { pixelated: true });
const paint = new StandardMaterial();
paint.diffuse = new Color(1, 0.53, 0.27);
paint.update();
const cube = new Entity("cube");
cube.addComponent("render", { type: "box", material: paint });
cube.setLocalScale(0.4, 0.4, 0.4);
if (view === "background") {
  new WorldBackground(texture, app, camera);
  // Rides along with the camera, in front of the world.
  camera.addChild(cube);
  cube.setLocalPosition(-0.9, -0.6, -2.5);
} else {
  const tv = createWorldScreen(texture, 1.6);
  tv.setPosition(0, 1.1, 0);
  const floor = new Entity("floor");
  const grey = new StandardMaterial();
  grey.diffuse = new Color(0.23, 0.25, 0.31);
  grey.update();
  floor.addComponent("render", { type: "plane", material: grey });
  floor.setLocalScale(8, 1, 8);
  cube.setPosition(1.6, 0.2, 0.6);
  camera.setPosition(1.2, 1.5, 3);
  camera.lookAt(0, 1, 0);
  for (const entity of [tv, floor, cube]) app.root.addChild(entity);
}
app.on("update", () => {
  if (view === "background") followPose(camera, client);
  cube.setLocalEulerAngles(performance.now() / 22, performance.now() / 30, 0);
});
app.start();
