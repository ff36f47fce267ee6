// The on-screen pad: sticks and buttons for what the world's controls bind to a gamepad, and no others.

const REACH = 46; // pixels from the middle of a stick to full deflection
const STEP = 0.4; // share of the way at which a stick counts as a press of the cross

/** Fills `root` with what `controls` need; `devices` is told of every touch. */
export function build(root, controls, devices) {
  root.replaceChildren();
  const bound = new Map(controls.flatMap((control) => Object.keys(control.pad).map((name) => [name, control])));
  const has = (prefix) => [...bound.keys()].some((name) => name.startsWith(prefix));
  const left = has("LeftStickX") || has("LeftStickY") || has("DPad");
  const right = has("RightStickX") || has("RightStickY");
  if (left) root.append(stick("left", words(bound, ["LeftStick", "DPad"]), leftMover(bound, devices)));
  if (right) {
    root.append(
      stick("right", words(bound, ["RightStick"]), (x, y) => {
        devices.touch("RightStickX", x);
        devices.touch("RightStickY", y);
      }),
    );
  }
  const onSticks = (name) => /Stick[XY]$|^DPad/.test(name);
  const buttons = document.createElement("div");
  buttons.id = "buttons";
  buttons.toggleAttribute("data-above", right);
  for (const control of controls) {
    const names = Object.keys(control.pad);
    if (names.some(onSticks)) continue;
    if (names.length) buttons.append(button(control.name, (down) => devices.touch(names[0], down ? 1 : 0)));
    else if (control.kind === "button") {
      buttons.append(button(control.name, (down) => devices.name(control.name, down ? 1 : 0)));
    }
  }
  if (buttons.children.length) root.append(buttons);
}

function leftMover(bound, devices) {
  const analogue = bound.has("LeftStickX") || bound.has("LeftStickY");
  return (x, y) => {
    if (analogue) {
      devices.touch("LeftStickX", x);
      devices.touch("LeftStickY", y);
      return;
    }
    // One direction of the cross at a time: diagonals mean nothing to a world of steps.
    const sideways = Math.abs(x) > Math.abs(y);
    devices.touch("DPadLeft", sideways && x < -STEP ? 1 : 0);
    devices.touch("DPadRight", sideways && x > STEP ? 1 : 0);
    devices.touch("DPadUp", !sideways && y < -STEP ? 1 : 0);
    devices.touch("DPadDown", !sideways && y > STEP ? 1 : 0);
  };
}

function words(bound, prefixes) {
  const names = [...bound].filter(([name]) => prefixes.some((p) => name.startsWith(p))).map(([, control]) => control.name);
  return [...new Set(names)].join(" · ");
}

function stick(side, label, onMove) {
  const base = document.createElement("div");
  base.className = "stick";
  base.dataset.side = side;
  base.setAttribute("role", "img");
  base.setAttribute("aria-label", `On-screen stick: ${label}`);
  const knob = base.appendChild(document.createElement("i"));
  base.appendChild(document.createElement("span")).textContent = label;
  follow(base, (event, down) => {
    let [x, y] = [0, 0];
    if (down) {
      const box = base.getBoundingClientRect();
      x = (event.clientX - box.left - box.width / 2) / REACH;
      y = (event.clientY - box.top - box.height / 2) / REACH;
      const size = Math.hypot(x, y);
      if (size > 1) [x, y] = [x / size, y / size];
    }
    knob.style.transform = `translate(${x * REACH}px, ${y * REACH}px)`;
    onMove(x, y);
  });
  return base;
}

function button(label, onPress) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "pad-button";
  element.textContent = label;
  follow(element, (_, down) => onPress(down));
  return element;
}

/** Calls back with (event, down) while a finger is on `element`; each finger is its own. */
function follow(element, callback) {
  let finger = null;
  element.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    if (finger !== null) return;
    finger = event.pointerId;
    element.setPointerCapture(finger);
    element.dataset.held = "";
    callback(event, true);
  });
  element.addEventListener("pointermove", (event) => {
    if (event.pointerId === finger) callback(event, true);
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
    element.addEventListener(name, (event) => {
      if (event.pointerId !== finger) return;
      finger = null;
      delete element.dataset.held;
      callback(event, false);
    });
  }
}
