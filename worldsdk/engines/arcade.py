"""Arcade: a world as a texture for sprites and rectangles, and Arcade's events as the player's hands.

::

    class Game(arcade.Window):
        def __init__(self):
            super().__init__(960, 720, "A dream")
            self.feed = worldsdk.engines.load("doom-maze")
            self.world = WorldTexture(self, self.feed)
            self.hands = WorldInput(self, self.feed)

        def on_draw(self):
            self.clear()
            self.world.update()
            self.world.draw(self.rect)
"""

from __future__ import annotations

import uuid
from typing import Any

import numpy as np
from PIL import Image

from worldsdk.engines.arcade_keys import BUTTONS, CODES
from worldsdk.engines.feed import Feed
from worldsdk.engines.picture import Picture
from worldsdk.engines.sticks import level
from worldsdk.errors import MissingExtraError

try:
    import arcade
except ImportError as error:
    raise MissingExtraError("Arcade is not installed", fix="pip install 'worldsdk[arcade]'") from error


class WorldTexture(Picture):
    """The newest frame, as a texture that stays the same object, in the window's texture atlas.

    ``update`` wants the window's context to be active.

    Args:
        window: whose atlas holds it.
        feed: closed by its owner.
        sharp: whether ``draw`` leaves pixels squares when it enlarges them.

    Attributes:
        texture: ``arcade.Texture`` of the world's own size, for ``arcade.Sprite`` and whatever takes one.
    """

    def __init__(self, window: Any, feed: Feed, *, sharp: bool = False) -> None:
        super().__init__(feed)
        self.sharp = sharp
        height, width = feed.height, feed.width
        self._atlas = window.ctx.default_atlas
        # A name of its own: the atlas would take two pictures that begin alike for one.
        name = f"worldsdk-{uuid.uuid4().hex}"
        data = arcade.texture.ImageData(Image.new("RGBA", (width, height), (0, 0, 0, 255)), hash=name)
        x, y = width / 2.0, height / 2.0
        self.texture: Any = arcade.Texture(
            data, hash=name, hit_box_points=((-x, -y), (x, -y), (x, y), (-x, y))
        )
        self._atlas.add(self.texture)
        border = self._border = int(self._atlas.border)
        self._pixels = np.full((height + 2 * border, width + 2 * border, 4), 255, np.uint8)
        self._show(feed.frame.pixels)

    def draw(self, rect: Any) -> Any:
        """Draws the picture as large as fits into an ``arcade.Rect``; returns where it lies."""
        scale = min(rect.width / self.feed.width, rect.height / self.feed.height)
        place = arcade.XYWH(rect.x, rect.y, self.feed.width * scale, self.feed.height * scale)
        arcade.draw_texture_rect(self.texture, place, pixelated=self.sharp)
        return place

    def _show(self, pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
        border, whole = self._border, self._pixels
        inner = whole[border : border + pixels.shape[0], border : border + pixels.shape[1]]
        np.copyto(inner[..., :3], pixels)
        if border:
            # Around each picture the atlas keeps a repeat of its edge, so that neighbours do not bleed in.
            whole[:border], whole[-border:] = whole[border], whole[-border - 1]
            whole[:, :border], whole[:, -border:] = whole[:, border, None], whole[:, -border - 1, None]
        region = self._atlas.get_image_region_info(self.texture.image_data.hash)
        size = whole.shape[1], whole.shape[0]
        self._atlas.texture.write(whole, 0, viewport=(region.x - border, region.y - border, *size))


class WorldInput:
    """Passes what the player does on to a world, from when it is made until ``end``.

    Args:
        window: whose events are listened to; other handlers get them too.
        feed: whose world it is.
        looks: whether the mouse turns the world; mostly together with ``window.set_mouse_visible(False)``.
    """

    def __init__(self, window: Any, feed: Feed, *, looks: bool = False) -> None:
        self.feed = feed
        self.looks = looks
        self._window = window
        window.push_handlers(self)
        # The window keeps no more than a weak reference: without this, nobody would hold what listens.
        self._forget = feed.on("disconnected", self._over)

    def end(self) -> None:
        """Listens to the window no longer, and lets everything go."""
        self._window.remove_handlers(self)
        self._forget()
        self.feed.release_all()

    def _over(self, code: int, reason: str, will_retry: bool) -> None:
        self.feed.release_all()

    def on_key_press(self, symbol: int, modifiers: int) -> None:
        code = CODES.get(symbol)
        if code is not None:
            self.feed.key(code, True)

    def on_key_release(self, symbol: int, modifiers: int) -> None:
        code = CODES.get(symbol)
        if code is not None:
            self.feed.key(code, False)

    def on_mouse_motion(self, x: float, y: float, dx: float, dy: float) -> None:
        if self.looks:
            # Arcade's y goes up.
            self.feed.mouse(dx, -dy)

    def on_mouse_drag(self, x: float, y: float, dx: float, dy: float, buttons: int, modifiers: int) -> None:
        self.on_mouse_motion(x, y, dx, dy)

    def on_deactivate(self) -> None:
        """The window lost the keyboard."""
        self.feed.release_all()

    # Gamepads.

    def add_pad(self, controller: Any) -> None:
        """Listens to one of ``arcade.get_controllers()`` too, and opens it where it is not."""
        controller.push_handlers(
            on_button_press=lambda _pad, name: self._button(name, 1.0),
            on_button_release=lambda _pad, name: self._button(name, 0.0),
            on_stick_motion=self._stick,
            on_dpad_motion=self._dpad,
            on_trigger_motion=self._trigger,
        )
        if not controller.device.is_open:
            controller.open()

    def _button(self, name: str, value: float) -> None:
        if name in BUTTONS:
            self.feed.pad(BUTTONS[name], value)

    def _stick(self, _pad: Any, name: str, vector: Any) -> None:
        side = "Left" if name == "leftstick" else "Right"
        self.feed.pad(f"{side}StickX", level(vector[0]))
        self.feed.pad(f"{side}StickY", -level(vector[1]))

    def _dpad(self, _pad: Any, vector: Any) -> None:
        x, y = vector
        for name, value in (("Left", -x), ("Right", x), ("Up", y), ("Down", -y)):
            self.feed.pad(f"DPad{name}", float(value > 0))

    def _trigger(self, _pad: Any, name: str, value: float) -> None:
        self.feed.pad("LeftTrigger" if name == "lefttrigger" else "RightTrigger", value)
