"""One environment's life: its session, its random numbers, how far the episode has come.

An ``Env`` is one lane, a ``VectorEnv`` many; both are stepped by ``advance``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import msgpack
import numpy as np

from worldsdk.client.gym.ports import AnySession, AnyWorld, ManyTicks
from worldsdk.errors import GymError, SnapshotError
from worldsdk.frame import Frame

SEEDS = 2**53
"""World seeds drawn: those that every language's numbers hold exactly."""

_FORMAT = 1


@dataclass(frozen=True)
class Rules:
    """What makes an episode.

    Attributes:
        frame_skip: ticks that one action is held for; rewards are summed.
        max_steps: actions after which an episode is truncated, or None.
        starts: the start contexts that episodes begin at, drawn evenly.
    """

    frame_skip: int
    max_steps: int | None
    starts: tuple[int, ...]

    @classmethod
    def checked(cls, frame_skip: Any, max_steps: Any, start: Any, starts: int) -> Rules:
        """From an environment's options; ``start`` is "random", an index or a list of indices.

        Raises:
            GymError: a number that is not whole, too small, or of no start context.
        """
        skip = _count(frame_skip, "frame_skip")
        most = None if max_steps is None else _count(max_steps, "max_steps")
        if isinstance(start, str):
            if start != "random":
                raise GymError(f"start is {start!r}", fix=f'give "random", 0 to {starts - 1}, or a list')
            return cls(skip, most, tuple(range(starts)))
        listed = start if isinstance(start, (list, tuple, range)) else [start]
        if not listed:
            raise GymError("start lists nothing", fix=f"list some of 0 to {starts - 1}")
        return cls(skip, most, tuple(check_start(one, starts) for one in listed))


class Lane:
    """See the module.

    Attributes:
        frame: the latest. reward: of the latest action. steps: actions taken in this episode.
        terminated: the model says that the episode is over. truncated: ``max_steps`` is reached before it.
        seed, start: what the episode began with; ``world.session(seed, start)`` begins the same.
    """

    def __init__(self, world: AnyWorld, rules: Rules) -> None:
        self.world = world
        self.rules = rules
        self.session: AnySession | None = None
        self.reward = 0.0
        self.steps = 0
        self.terminated = False
        self.seed = 0
        self.start = 0

    @property
    def frame(self) -> Frame:
        return self.live().frame

    @property
    def truncated(self) -> bool:
        most = self.rules.max_steps
        return most is not None and self.steps >= most and not self.terminated

    @property
    def over(self) -> bool:
        return self.terminated or self.truncated

    def live(self) -> AnySession:
        """The session. Raises GymError before the first reset and after close."""
        if self.session is None:
            raise GymError("there is no episode yet", fix="call reset() first")
        return self.session

    def begin(self, random: np.random.Generator, options: Mapping[str, Any] | None = None) -> None:
        """Begins an episode with a seed and a start drawn from ``random``; ``options["start"]`` overrides."""
        seed, choice = int(random.integers(SEEDS)), int(random.integers(len(self.rules.starts)))
        start = self.rules.starts[choice]
        if options and options.get("start") is not None:
            start = check_start(options["start"], self.world.starts)
        if self.session is None:
            self.session = self.world.session(seed=seed, start=start)
        else:
            self.session.reset(seed=seed, start=start)
        self.seed, self.start = seed, start
        self.reward, self.steps, self.terminated = 0.0, 0, False

    def info(self) -> dict[str, Any]:
        """A new dictionary: the tick, the state variables, and what the episode began with."""
        frame = self.frame
        state = {name: float(value) for name, value in frame.state.items()}
        return {"tick": frame.tick, "state": state, "seed": self.seed, "start": self.start}

    def snapshot(self) -> bytes:
        """The episode as bytes: the session, and how far it has come. Not the random numbers."""
        content = [
            _FORMAT, self.live().snapshot(), self.steps, self.terminated, self.reward, self.seed, self.start
        ]  # fmt: skip
        packed: bytes = msgpack.packb(content)
        return packed

    def restore(self, blob: bytes) -> None:
        """Goes on from ``snapshot``'s bytes. Raises SnapshotError; nothing has changed then."""
        try:
            content = msgpack.unpackb(blob)
            version, inner, steps, terminated, reward, seed, start = content
        except (ValueError, TypeError, msgpack.UnpackException) as error:
            raise SnapshotError(
                "these are not the bytes of an episode", fix="give what snapshot() returned"
            ) from error
        kinds = (int, bytes, int, bool, float, int, int)
        if version != _FORMAT or not all(type(x) is kind for x, kind in zip(content, kinds, strict=True)):
            raise SnapshotError("these are not the bytes of an episode", fix="give what snapshot() returned")
        # A remote session goes on in its own connection; a local one is replaced.
        in_place = getattr(self.session, "restore", None)
        if in_place is not None:
            in_place(inner)
        else:
            restored = self.world.restore(inner)
            self.drop()
            self.session = restored
        self.steps, self.terminated, self.reward, self.seed, self.start = (
            steps,
            terminated,
            reward,
            seed,
            start,
        )

    def fork(self) -> Lane:
        """A twin that goes its own way from here."""
        twin = Lane(self.world, self.rules)
        twin.session = self.live().fork()
        twin.reward, twin.steps, twin.terminated = self.reward, self.steps, self.terminated
        twin.seed, twin.start = self.seed, self.start
        return twin

    def drop(self) -> None:
        """Lets the session go; again is harmless."""
        session, self.session = self.session, None
        finish = getattr(session, "close", None)
        if finish is not None:
            finish()


def advance(world: AnyWorld, lanes: Sequence[Lane], held: Sequence[Mapping[str, float]]) -> None:
    """Takes one action in every lane: ``frame_skip`` ticks, fewer where the episode ends before.

    Raises:
        GymError: an episode is over already; nothing has moved.
        ControlError, SessionError, ModelError: as ``World.step_many``.
    """
    for lane in lanes:
        lane.live()
        if lane.over:
            raise GymError("the episode is over", fix="call reset(), or restore() a snapshot")
    moving = list(zip(lanes, held, strict=True))
    sums = {id(lane): 0.0 for lane in lanes}
    skip = lanes[0].rules.frame_skip if lanes else 0
    # A server takes several ticks for one message, and stops by itself where an episode ends.
    at_once: int = getattr(world, "most_ticks", 1)
    for done in range(0, skip, at_once):
        sessions, values = [lane.live() for lane, _ in moving], [controls for _, controls in moving]
        if at_once > 1:
            frames = cast(ManyTicks, world).step_many(sessions, values, ticks=min(at_once, skip - done))
        else:
            frames = world.step_many(sessions, values)
        for (lane, _), frame in zip(moving, frames, strict=True):
            sums[id(lane)] += float(frame.reward)
            lane.terminated = bool(frame.ended)
        moving = [pair for pair in moving if not pair[0].terminated]
        if not moving:
            break
    for lane in lanes:
        lane.reward = sums[id(lane)]
        lane.steps += 1


def check_start(value: Any, starts: int) -> int:
    """Raises GymError for an index of no start context."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not 0 <= value < starts:
        raise GymError(f"start is {value!r}", fix=f"give 0 to {starts - 1}")
    return int(value)


def _count(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise GymError(f"{name} is {value!r}", fix="give a whole number from 1")
    return int(value)
