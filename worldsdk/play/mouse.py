"""Bindings for a world on a server, which is told how far the mouse moved and makes controls of that."""

from __future__ import annotations

from collections.abc import Callable

from worldsdk.controls import Controls, ControlSpec
from worldsdk.play.bindings import Bindings


class MouseBindings(Bindings):
    """As ``Bindings``, with mouse motion kept apart: sent as a level it would be applied for as many ticks
    as pass until the next message, sent as a distance it is applied once.

    Attributes:
        on_change: called after whatever a device did, on the thread that told of it; must not wait.
    """

    def __init__(self, spec: ControlSpec) -> None:
        super().__init__(spec)
        self.on_change: Callable[[], None] = _nothing
        self._moved = (0.0, 0.0)

    def press(self, code: str) -> None:
        super().press(code)
        self.on_change()

    def release(self, code: str) -> None:
        super().release(code)
        self.on_change()

    def pad(self, name: str, value: float) -> None:
        super().pad(name, value)
        self.on_change()

    def move_mouse(self, dx: float, dy: float) -> None:
        with self._lock:
            self._moved = (self._moved[0] + dx, self._moved[1] + dy)
        self.on_change()

    def release_all(self) -> None:
        super().release_all()
        self._moved = (0.0, 0.0)
        self.on_change()

    def forget_motion(self) -> None:
        super().forget_motion()
        self._moved = (0.0, 0.0)

    def sample_with_mouse(self) -> tuple[Controls, tuple[float, float]]:
        """This tick's keys and pads as controls, and the pixels that the mouse moved since the last call."""
        with self._lock:
            moved, self._moved = self._moved, (0.0, 0.0)
        return self.sample(), moved


def _nothing() -> None:
    """What a change means to nobody."""
