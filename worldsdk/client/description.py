"""What a server says about its world in ``welcome``, under the names that a local world has for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from worldsdk.controls import ControlSpec
from worldsdk.errors import ProtocolError

if TYPE_CHECKING:
    from worldsdk.protocol.messages import Welcome


@dataclass(frozen=True)
class RemoteLayer:
    """A layer that comes with each frame: float32 [H, W] from ``low`` to ``high`` in ``unit``."""

    name: str
    low: float
    high: float
    unit: str = ""


@dataclass(frozen=True)
class RemoteVariable:
    """A number in ``Frame.state``; cyclic ones begin again at ``low`` after ``high``,
    and settable ones are taken by ``set_state``."""

    name: str
    low: float
    high: float
    unit: str = ""
    cyclic: bool = False
    settable: bool = False


@dataclass(frozen=True)
class RemoteSpec:
    """Sizes: frames are uint8 [height, width, 3]; the layers that were granted; the state variables."""

    height: int
    width: int
    layers: tuple[RemoteLayer, ...] = ()
    variables: tuple[RemoteVariable, ...] = ()


@dataclass(frozen=True)
class Description:
    """A remote world.

    Attributes:
        name, title, summary, digest, licence: of its pack; empty where the server does not say.
        spec: sizes. controls: what it listens to. rate_hz: ticks a second. budget_ms: of one tick.
        starts: how many start contexts there are.
        capabilities: what the server can do beyond stepping.
        commands: name -> JSON Schema of its arguments. limits: name -> number.
        server: name and version of the server program.
    """

    name: str
    title: str
    summary: str
    digest: str
    licence: str
    spec: RemoteSpec
    controls: ControlSpec
    rate_hz: float
    budget_ms: float
    starts: int
    capabilities: frozenset[str]
    commands: Mapping[str, Any]
    limits: Mapping[str, Any]
    server: Mapping[str, Any]


def describe(welcome: Welcome) -> Description:
    """Raises ProtocolError (or ControlSpecError) where the server describes an impossible world."""
    width, height = welcome.size
    if width < 1 or height < 1 or not welcome.rate > 0.0:
        raise ProtocolError(
            f"the world is {width}x{height} at {welcome.rate} ticks a second", where="welcome"
        )
    world: Mapping[str, Any] = welcome.world
    layers = tuple(
        RemoteLayer(str(e["name"]), float(e["low"]), float(e["high"]), str(e.get("unit", "")))
        for e in welcome.layers
    )
    variables = tuple(
        RemoteVariable(
            str(e["name"]),
            float(e["low"]),
            float(e["high"]),
            str(e.get("unit", "")),
            cyclic=bool(e.get("cyclic")),
            settable=bool(e.get("settable")),
        )
        for e in welcome.state
    )
    name = str(world.get("name", "world"))
    return Description(
        name=name,
        title=str(world.get("title") or name),
        summary=str(world.get("summary", "")),
        digest=str(world.get("digest", "")),
        licence=str(world.get("license", "")),
        spec=RemoteSpec(height, width, layers, variables),
        controls=ControlSpec.from_json([dict(control) for control in welcome.controls]),
        rate_hz=welcome.rate,
        budget_ms=welcome.budget_ms,
        starts=welcome.starts,
        capabilities=frozenset(welcome.capabilities),
        commands=dict(welcome.commands),
        limits=dict(welcome.limits),
        server=dict(welcome.server),
    )
