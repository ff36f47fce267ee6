"""Panda3D: a world as a texture for any node, and Panda's keys, mouse and gamepads as the player's hands.

::

    feed = worldsdk.engines.load("doom-maze")
    world = WorldTexture(feed)
    base.task_mgr.add(world.task, "worldsdk", sort=-10)
    hands = WorldInput(base, feed)
    card.set_texture(world.texture)                # of a CardMaker, a model, the skybox, a GUI image
"""

from __future__ import annotations

from typing import Any

import numpy as np

from worldsdk.engines.feed import Feed
from worldsdk.engines.panda3d_keys import AXES, BUTTONS, CODES
from worldsdk.engines.picture import Picture
from worldsdk.engines.sticks import level
from worldsdk.errors import MissingExtraError

try:
    from direct.showbase.DirectObject import DirectObject
    from panda3d.core import InputDevice, SamplerState, Texture
except ImportError as error:
    raise MissingExtraError("Panda3D is not installed", fix="pip install 'worldsdk[panda3d]'") from error


class WorldTexture(Picture):
    """The newest frame, as a texture that stays the same object; ``update`` it, or add ``task``.

    Args:
        feed: closed by its owner.
        sharp: whether pixels stay squares when they are enlarged.
        srgb: for scenes that are lit in linear light (``framebuffer-srgb``, simplepbr).

    Attributes:
        texture: ``panda3d.core.Texture`` of the world's own size.
    """

    def __init__(self, feed: Feed, *, sharp: bool = False, srgb: bool = False) -> None:
        super().__init__(feed)
        self.texture: Any = Texture("worldsdk")
        kind = Texture.F_srgb if srgb else Texture.F_rgb
        self.texture.setup_2d_texture(feed.width, feed.height, Texture.T_unsigned_byte, kind)
        self.texture.set_keep_ram_image(True)
        filtering = SamplerState.FT_nearest if sharp else SamplerState.FT_linear
        self.texture.set_magfilter(filtering)
        self.texture.set_minfilter(filtering)
        self.texture.set_wrap_u(SamplerState.WM_clamp)
        self.texture.set_wrap_v(SamplerState.WM_clamp)
        self._show(feed.frame.pixels)

    def task(self, task: Any) -> int:
        """``update``, for ``base.task_mgr.add``."""
        self.update()
        return int(task.cont)

    def _show(self, pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
        # Panda's own memory, written in place; asking for it marks the texture as changed.
        memory = np.asarray(memoryview(self.texture.modify_ram_image()))
        # Its rows count from below, and its pixels are blue, green, red.
        np.copyto(memory.reshape(pixels.shape), pixels[::-1, :, ::-1])


class WorldInput(DirectObject):  # type: ignore[misc]
    """Passes what the player does on to a world, from when it is made until ``end``.

    Keys are taken by their place on the board (Panda's ``raw-`` events).

    Args:
        base: the ``ShowBase``.
        feed: whose world it is.
        looks: whether the mouse turns the world; the pointer is then hidden and kept in the window.
    """

    def __init__(self, base: Any, feed: Feed, *, looks: bool = False) -> None:
        super().__init__()
        self._base = base
        self._feed = feed
        self._pads: list[Any] = []
        self._levels: dict[str, float] = {}
        for name, code in CODES.items():
            self.accept(f"raw-{name}", feed.key, [code, True])
            self.accept(f"raw-{name}-up", feed.key, [code, False])
        self.accept("window-event", self._window)
        self.accept("connect-device", self._connect)
        self.accept("disconnect-device", self._disconnect)
        for device in base.devices.get_devices(InputDevice.DeviceClass.gamepad):
            self._connect(device)
        self._mouse_at: tuple[float, float] | None = None
        self.looks = looks
        self._task = base.task_mgr.add(self._poll, "worldsdk-input", sort=-20)

    def end(self) -> None:
        """Listens no longer, and lets everything go."""
        self.ignore_all()
        self._base.task_mgr.remove(self._task)
        for device in self._pads:
            self._base.detach_input_device(device)
        self._pads.clear()
        self._feed.release_all()

    def _window(self, window: Any) -> None:
        if window is not None and window == self._base.win and not window.get_properties().foreground:
            self._feed.release_all()

    def _connect(self, device: Any) -> None:
        if device.device_class == InputDevice.DeviceClass.gamepad and device not in self._pads:
            self._base.attach_input_device(device, prefix=f"worldsdk-pad{len(self._pads)}")
            self._pads.append(device)

    def _disconnect(self, device: Any) -> None:
        if device in self._pads:
            self._base.detach_input_device(device)
            self._pads.remove(device)
            for name in [name for name, value in self._levels.items() if value]:
                self._tell(name, 0.0)

    def _poll(self, task: Any) -> int:
        if self.looks:
            self._look()
        else:
            self._mouse_at = None
        for device in self._pads:
            self.read(device)
        return int(task.cont)

    def read(self, device: Any) -> None:
        """Passes on how a gamepad stands now."""
        for name, (axis, sign) in AXES.items():
            state = device.find_axis(getattr(InputDevice.Axis, axis))
            if state:
                self._tell(name, sign * level(state.value))
        for name, button in BUTTONS.items():
            state = device.find_button(button)
            if state:
                self._tell(name, float(state.pressed))

    def _tell(self, name: str, value: float) -> None:
        if self._levels.get(name, 0.0) != value:
            self._levels[name] = value
            self._feed.pad(name, value)

    def _look(self) -> None:
        """The pointer's way since the last look; it is then put back to the middle, so that it has no end."""
        window = self._base.win
        pointer = window.get_pointer(0)
        if not pointer.in_window:
            self._mouse_at = None
            return
        x, y = pointer.x, pointer.y
        if self._mouse_at is not None:
            self._feed.mouse(x - self._mouse_at[0], y - self._mouse_at[1])
        middle = (window.get_x_size() // 2, window.get_y_size() // 2)
        moved = window.move_pointer(0, *middle)
        self._mouse_at = (float(middle[0]), float(middle[1])) if moved else (x, y)
