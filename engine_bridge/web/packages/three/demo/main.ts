// A world behind three.js, or on a screen in its scene: ?view=screen.

import { followPose, WorldBackground, WorldScreenMesh, WorldTexture } from "@worldsdk/three";
import {
  BoxGeometry,
  Color,
  DirectionalLight,
  HemisphereLight,
  Mesh,
  MeshStandardMaterial,
  PerspectiveCamera,
  PlaneGeometry,
  Scene,
  WebGLRenderer,
} from "three";
import { begin } from "../../../demo/shared.js";

const { client, stage, view } = begin("three.js");
const renderer = new WebGLRenderer({ antialias: true });
renderer.domElement.id = "view";
stage.prepend(renderer.domElement);

const scene = new Scene();
const camera = new PerspectiveCamera(60, 1, 0.1, 100);
scene.add(camera, new HemisphereLight(0xffffff, 0x404060, 2));
const sun = new DirectionalLight(0xffffff, 2);
sun.position.set(3, 4, 5);
scene.add(sun);

const texture = new WorldTexture(client, { pixelated: true });
const cube = new Mesh(new BoxGeometry(0.4, 0.4, 0.4), new MeshStandardMaterial({ color: 0xff8844, roughness: 0.4 }));
let fit = (_aspect: number): void => {};
if (view === "background") {
  const background = new WorldBackground(texture, scene, camera);
  fit = (aspect) => background.fit(aspect);
  // Rides along with the camera, in front of the world.
  cube.position.set(-0.9, -0.6, -2.5);
  camera.add(cube);
} else {
  scene.background = new Color(0x181c24);
  const tv = new WorldScreenMesh(texture, 1.6);
  tv.position.set(0, 1.1, 0);
  const floor = new Mesh(new PlaneGeometry(8, 8), new MeshStandardMaterial({ color: 0x3a4050 }));
  floor.rotation.x = -Math.PI / 2;
  cube.position.set(1.6, 0.2, 0.6);
  camera.position.set(1.2, 1.5, 3);
  camera.lookAt(0, 1, 0);
  scene.add(tv, floor, cube);
}

function resize(): void {
  const { clientWidth, clientHeight } = stage;
  renderer.setSize(clientWidth, clientHeight);
  camera.aspect = clientWidth / clientHeight;
  camera.updateProjectionMatrix();
  fit(camera.aspect);
}
addEventListener("resize", resize);
resize();

renderer.setAnimationLoop((time) => {
  texture.update();
  if (view === "background") followPose(camera, client);
  cube.rotation.set(time / 1300, time / 1700, 0);
  renderer.render(scene, camera);
});
