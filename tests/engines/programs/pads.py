"""A gamepad's stand-in at an adapter, and the keys that it knows: -m tests.engines.programs.pads ENGINE."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any


class Feed:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.pads: dict[str, float] = {}
        self.mice: list[tuple[float, float]] = []
        self.released = 0

    def pad(self, name: str, value: float) -> None:
        self.pads[name] = round(value, 3)

    def mouse(self, dx: float, dy: float) -> None:
        self.mice.append((dx, dy))

    def key(self, code: str, down: bool) -> None:
        self.pads[code] = float(down)

    def release_all(self) -> None:
        self.released += 1

    def on(self, *_: object) -> Any:
        return lambda: None


def panda3d(feed: Feed) -> dict[str, Any]:
    from direct.showbase.ShowBase import ShowBase
    from panda3d.core import InputDevice

    from worldsdk.engines.panda3d import WorldInput
    from worldsdk.engines.panda3d_keys import CODES

    base = ShowBase(windowType="none")
    hands = WorldInput(base, feed)  # type: ignore[arg-type]
    axes = {InputDevice.Axis.left_x: 1.0, InputDevice.Axis.left_y: 1.0, InputDevice.Axis.right_trigger: 0.575}
    pressed = {"face_a": True, "dpad_left": True, "back": False}
    pad = SimpleNamespace(
        find_axis=lambda axis: SimpleNamespace(value=axes[axis]) if axis in axes else None,
        find_button=lambda name: SimpleNamespace(pressed=pressed[name]) if name in pressed else None,
    )
    hands.read(pad)
    base.messenger.send("raw-w")
    base.messenger.send("raw-arrow_up")
    base.messenger.send("raw-arrow_up-up")
    heard = dict(feed.pads)
    hands.end()
    base.messenger.send("raw-s")
    return {
        "pads": heard,
        "deaf": "KeyS" not in feed.pads,
        "released": feed.released,
        "codes": [*CODES.values()],
    }


def arcade(feed: Feed) -> dict[str, Any]:
    from pyglet.event import EventDispatcher

    from worldsdk.engines.arcade import WorldInput
    from worldsdk.engines.arcade_keys import CODES

    class Window(EventDispatcher):
        """Dispatches as a window does."""

    class Pad(EventDispatcher):
        """Dispatches as a controller does."""

        opened = False
        device = SimpleNamespace(is_open=False)

        def open(self) -> None:
            self.opened = True

    for name in ("on_key_press", "on_key_release", "on_mouse_motion", "on_deactivate"):
        Window.register_event_type(name)
    for name in (
        "on_button_press",
        "on_button_release",
        "on_stick_motion",
        "on_dpad_motion",
        "on_trigger_motion",
    ):
        Pad.register_event_type(name)
    window, pad = Window(), Pad()
    hands = WorldInput(window, feed, looks=True)  # type: ignore[arg-type]
    hands.add_pad(pad)
    pad.dispatch_event("on_stick_motion", pad, "leftstick", (1.0, 1.0))
    pad.dispatch_event("on_trigger_motion", pad, "righttrigger", 0.5)
    pad.dispatch_event("on_button_press", pad, "a")
    pad.dispatch_event("on_button_press", pad, "back")
    pad.dispatch_event("on_button_release", pad, "back")
    pad.dispatch_event("on_dpad_motion", pad, (-1.0, 0.0))
    by_code = {code: symbol for symbol, code in CODES.items()}
    window.dispatch_event("on_key_press", by_code["KeyW"], 0)
    window.dispatch_event("on_key_press", by_code["ArrowUp"], 0)
    window.dispatch_event("on_key_release", by_code["ArrowUp"], 0)
    window.dispatch_event("on_mouse_motion", 5, 5, 3.0, 2.0)
    window.dispatch_event("on_deactivate")
    heard = dict(feed.pads)
    hands.end()
    window.dispatch_event("on_key_press", by_code["KeyS"], 0)
    told = {
        "pads": heard,
        "deaf": "KeyS" not in feed.pads,
        "released": feed.released,
        "codes": [*CODES.values()],
    }
    return told | {"mice": feed.mice, "opened": pad.opened}


print("RESULT " + json.dumps({"panda3d": panda3d, "arcade": arcade}[sys.argv[1]](Feed())))
