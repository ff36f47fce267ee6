"""The world behind an environment: a pack in this process, or a server's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from worldsdk.client.gym.ports import AnyWorld
from worldsdk.errors import GymError

KEPT_WORLDS = 4
"""Loaded worlds that are remembered: environments of one process share weights, which nothing changes."""


@dataclass(frozen=True)
class Tracked:
    """A state variable: its range, and the number after which it begins again (0: it does not)."""

    name: str
    low: float
    high: float
    period: float


@dataclass(frozen=True)
class Source:
    """An open world and what environments say of it.

    Attributes:
        world: see ``AnyWorld``. name: of its pack.
        height, width: of its frames. variables: state variables.
        owned: whether closing the environment closes the world's connection.
    """

    world: AnyWorld
    name: str
    height: int
    width: int
    variables: Sequence[Tracked]
    owned: bool

    def close(self) -> None:
        """Ends the connection, where there is one of our own."""
        finish = getattr(self.world, "close", None)
        if self.owned and finish is not None:
            finish()


def open_world(
    world: str | Path | AnyWorld | None,
    url: str | None,
    *,
    device: str = "auto",
    deterministic: bool | None = None,
    steps: int | None = None,
    variant: str | None = None,
    token: str | None = None,
) -> Source:
    """Loads or connects.

    Args:
        world: a bundled world's name, a pack's folder, or a world that is open already. With ``url``, the
            name that the server's world must have; None takes any.
        url: of a server, ``ws://`` or ``wss://``.
        device, deterministic, steps, variant: as ``worldsdk.load`` takes them; a server, or a world that is
            open, has settings of its own.
        token: for a server that asks for one.

    Raises:
        GymError: neither is given, or the server runs another world.
        PackNotFoundError, PackError, DeviceError, and what ``worldsdk.connect`` raises.
    """
    if url is not None:
        return _connect(url, world, token)
    if world is None:
        raise GymError("no world is named", fix="give world= (a name or a folder) or url= (a server)")
    opened: Any = world
    if isinstance(world, (str, Path)):
        opened = _load(str(world), device, deterministic, steps, variant)
    return _source(opened, owned=False)


@lru_cache(maxsize=KEPT_WORLDS)
def _load(name: str, device: str, deterministic: bool | None, steps: int | None, variant: str | None) -> Any:
    from worldsdk.runtime.world import load

    # Nothing here winds back, so no past is kept.
    return load(name, device, deterministic=deterministic, steps=steps, rewind_ticks=0, variant=variant)


def _connect(url: str, world: Any, token: str | None) -> Source:
    import worldsdk

    remote = worldsdk.connect(url, mode="lockstep", token=token)
    source = _source(remote, owned=True)
    if world is not None and source.name != str(world):
        source.close()
        raise GymError(
            f"the server runs {source.name!r}, not {str(world)!r}",
            where=url,
            fix="use its own id, or worldsdk/World-v0",
        )
    return source


def _source(world: Any, *, owned: bool) -> Source:
    manifest = getattr(world, "manifest", None)
    spec = world.spec
    return Source(
        world=world,
        name=str(world.name if manifest is None else manifest.name),
        height=spec.height,
        width=spec.width,
        variables=tuple(_tracked(variable) for variable in spec.variables),
        owned=owned,
    )


def _tracked(variable: Any) -> Tracked:
    # A local world says after what number a cycle begins again, a remote one that it does so after its range.
    if getattr(variable, "cyclic", False):
        return Tracked(variable.name, variable.low, variable.high, variable.high - variable.low)
    return Tracked(variable.name, variable.low, variable.high, float(getattr(variable, "period", 0.0)))
