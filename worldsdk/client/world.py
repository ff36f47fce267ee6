"""What the synchronous and the asynchronous remote world have in common: everything that needs no answer."""

from __future__ import annotations

import ssl as ssl_module
from dataclasses import dataclass, replace
from typing import Any

from worldsdk.client.clock import CLOCK, ClientClock
from worldsdk.client.description import Description, RemoteSpec
from worldsdk.client.dialogue import LIVE_CREDIT, STEP_CREDIT, Mode, Role, Wishes
from worldsdk.client.pictures import CODECS, EXACT
from worldsdk.client.settings import (
    ANSWER_SECONDS,
    OPEN_SECONDS,
    RECONNECT_SECONDS,
    SILENCE_SECONDS,
    Hook,
    Settings,
    Token,
    address,
)
from worldsdk.controls import ControlSpec
from worldsdk.errors import SessionError


@dataclass(frozen=True)
class Plan:
    """What ``connect`` was told, checked: made by ``plan``."""

    settings: Settings
    wishes: Wishes

    def live(self) -> Plan:
        """The same in real time."""
        wishes = replace(self.wishes, mode="realtime", role="player", credit=LIVE_CREDIT, room=None)
        return replace(self, wishes=wishes)


def plan(
    url: str,
    *,
    role: Role = "player",
    mode: Mode | None = None,
    room: str | None = None,
    token: Token | None = None,
    codecs: tuple[str, ...] | list[str] | None = None,
    layers: str | tuple[str, ...] | list[str] = (),
    credit: int | None = None,
    open_seconds: float = OPEN_SECONDS,
    answer_seconds: float = ANSWER_SECONDS,
    silence_seconds: float = SILENCE_SECONDS,
    reconnect_seconds: float = RECONNECT_SECONDS,
    on_disconnect: Hook | None = None,
    ssl: ssl_module.SSLContext | None = None,
    clock: ClientClock = CLOCK,
) -> Plan:
    """Raises SessionError for an unknown role, mode or codec; ConnectionFailedError for the address."""
    if role not in ("player", "viewer", "stepper"):
        raise SessionError(f"role is {role!r}", fix="use 'player', 'viewer' or 'stepper'")
    chosen = mode or ("realtime" if role == "viewer" else "lockstep")
    if chosen not in ("realtime", "lockstep"):
        raise SessionError(
            f"mode is {mode!r}", fix="use 'realtime' (the server's clock) or 'lockstep' (yours)"
        )
    wanted = tuple(codecs) if codecs is not None else EXACT
    unknown = [codec for codec in wanted if codec not in CODECS]
    if unknown or not wanted:
        raise SessionError(f"codecs are {wanted}", fix=f"use some of {list(CODECS)}")
    settings = Settings(
        url=address(url),
        token=token,
        open_seconds=open_seconds,
        answer_seconds=answer_seconds,
        silence_seconds=silence_seconds,
        reconnect_seconds=reconnect_seconds,
        on_disconnect=on_disconnect,
        ssl=ssl,
        clock=clock,
    )
    wishes = Wishes(
        role="stepper" if role == "player" and chosen == "lockstep" else role,
        mode=chosen,
        codecs=wanted,
        room=room,
        layers=(layers,) if isinstance(layers, str) else tuple(layers),
        credit=credit or (LIVE_CREDIT if chosen == "realtime" else STEP_CREDIT),
    )
    return Plan(settings, wishes)


class WorldFace:
    """What a world says about itself, under the names of ``worldsdk.World``.

    Attributes:
        description: all that the server said of it.
        rest: its controls, released.
    """

    def __init__(self, plan: Plan, description: Description) -> None:
        self.plan = plan
        self.description = description
        self.rest = description.controls.rest

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.url!r})"

    @property
    def url(self) -> str:
        return self.plan.settings.url

    @property
    def name(self) -> str:
        return self.description.name

    @property
    def title(self) -> str:
        return self.description.title

    @property
    def summary(self) -> str:
        return self.description.summary

    @property
    def digest(self) -> str:
        """Of the whole pack; snapshots are tied to it."""
        return self.description.digest

    @property
    def spec(self) -> RemoteSpec:
        """Sizes of frames, layers and state."""
        return self.description.spec

    @property
    def controls(self) -> ControlSpec:
        """What the world listens to."""
        return self.description.controls

    @property
    def rate_hz(self) -> float:
        """The world's own beat, ticks per second."""
        return self.description.rate_hz

    @property
    def settable(self) -> tuple[str, ...]:
        """Names of the state variables that ``set_state`` takes; empty where there are none."""
        return tuple(variable.name for variable in self.spec.variables if variable.settable)

    @property
    def starts(self) -> int:
        """How many start contexts there are."""
        return self.description.starts

    @property
    def capabilities(self) -> frozenset[str]:
        """What the server can do beyond stepping."""
        return self.description.capabilities

    def begins_anew(self, seed: Any, start: Any, frames: Any) -> bool:
        """Whether a session starts the world, rather than joining it as it is: never a viewer's; in a room
        that was named, only where seed, start or frames are."""
        wishes = self.plan.wishes
        if wishes.role == "viewer":
            if not (seed is None and start is None and frames is None):
                raise SessionError("a viewer cannot choose seed or start", fix="join as a player")
            return False
        given = seed is not None or start is not None or frames is not None
        return given or (wishes.room is None and "start" in self.capabilities)
