"""What an environment needs of a world, whether it runs in this process or on a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from worldsdk.controls import ControlSpec
from worldsdk.frame import Frame


class AnySession(Protocol):
    """The verbs of ``worldsdk.Session`` that a remote session shares."""

    @property
    def frame(self) -> Frame: ...

    def reset(self, seed: int | None = None, start: int | None = None) -> Frame: ...

    def snapshot(self) -> bytes: ...

    def fork(self) -> Any: ...


class AnyWorld(Protocol):
    """The parts of ``worldsdk.World`` that a remote world shares."""

    @property
    def controls(self) -> ControlSpec: ...

    @property
    def rate_hz(self) -> float: ...

    @property
    def starts(self) -> int: ...

    def session(self, seed: int = 0, start: int = 0) -> Any: ...

    def restore(self, blob: bytes) -> Any: ...

    def step_many(
        self, sessions: Sequence[Any], controls: Sequence[Mapping[str, float] | None]
    ) -> list[Frame]: ...


class ManyTicks(Protocol):
    """A world that takes several ticks at one word; ``most_ticks`` of them at most."""

    most_ticks: int

    def step_many(
        self, sessions: Sequence[Any], controls: Sequence[Mapping[str, float] | None], *, ticks: int
    ) -> list[Frame]: ...
