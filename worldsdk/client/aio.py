"""The asynchronous client, the twin of ``worldsdk.client.sync``: the same verbs, to be awaited.

::

    async with await worldsdk.client.aio.connect("ws://localhost:8765") as world:
        session = await world.session(seed=7)
        frame = await session.step({"forward": 1})
        async for frame in session.frames():     # in real time: the newest, as they come
            await session.set_controls({"forward": 1})
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from numpy.typing import ArrayLike

from worldsdk.client import verbs
from worldsdk.client.aio_link import AsyncLink
from worldsdk.client.frames import RemoteFrame
from worldsdk.client.quality import Quality
from worldsdk.client.world import Plan, WorldFace, plan
from worldsdk.errors import SessionError


async def connect(url: str, **options: Any) -> AsyncWorld:
    """As ``worldsdk.connect``, with the same options. ``on_disconnect`` is called on the event loop."""
    chosen = plan(url, **options)
    return AsyncWorld(chosen, await AsyncLink.open(chosen.settings, chosen.wishes))


class AsyncWorld(WorldFace):
    """A world on a server; made by ``connect``."""

    def __init__(self, plan: Plan, link: AsyncLink) -> None:
        self._waiting: AsyncLink | None = link
        self._sessions: list[AsyncSession] = []
        description = link.dialogue.description
        assert description is not None
        super().__init__(plan, description)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def session(
        self, seed: int | None = None, start: int | None = None, *, frames: ArrayLike | None = None
    ) -> AsyncSession:
        """As ``RemoteWorld.session``."""
        anew = self.begins_anew(seed, start, frames)
        args = verbs.start_args(self.description, seed or 0, start or 0, frames) if anew else None
        session = AsyncSession(self, await self._take_link())
        try:
            if args is not None:
                await session._jump("start", args)
                session.seed, session.start = args["seed"], args.get("start")
            elif self.plan.wishes.role == "viewer" or self.plan.wishes.mode == "realtime":
                await session._link.wait(lambda: session._dialogue.frame is not None, what="frame")
        except BaseException:
            await session.close()
            raise
        return session

    async def restore(self, blob: bytes) -> AsyncSession:
        """As ``RemoteWorld.restore``."""
        args = verbs.restore_args(self.description, blob)
        session = AsyncSession(self, await self._take_link())
        try:
            await session._jump("restore", args)
        except BaseException:
            await session.close()
            raise
        return session

    async def step_many(
        self, sessions: Sequence[AsyncSession], controls: Sequence[Mapping[str, float] | None]
    ) -> list[RemoteFrame]:
        """As ``RemoteWorld.step_many``."""
        if len(sessions) != len(controls) or len({id(session) for session in sessions}) != len(sessions):
            raise SessionError(
                f"{len(sessions)} sessions and {len(controls)} controls",
                where="step_many",
                fix="give distinct sessions and one set of controls for each",
            )
        for values in controls:
            self.controls.parse(values)
        stepped = (session.step(values) for session, values in zip(sessions, controls, strict=True))
        results = await asyncio.gather(*stepped, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return [session.frame for session in sessions]

    async def close(self) -> None:
        """Leaves: closes all sessions of this world."""
        if self._waiting is not None:
            await self._waiting.close()
            self._waiting = None
        for session in list(self._sessions):
            await session.close()

    async def _take_link(self, resume: str | None = None) -> AsyncLink:
        if resume is None and self._waiting is not None:
            link, self._waiting = self._waiting, None
            return link
        return await AsyncLink.open(self.plan.settings, self.plan.wishes, resume)


class AsyncSession:
    """A session on a server; see ``RemoteSession`` for what each verb means.

    Attributes:
        world: that made it. seed, start: that it began with; None where it joined or was restored.
    """

    def __init__(self, world: AsyncWorld, link: AsyncLink) -> None:
        self.world = world
        self.seed: int | None = None
        self.start: int | None = None
        self._link = link
        self._dialogue = link.dialogue
        world._sessions.append(self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def frame(self) -> RemoteFrame:
        """The newest frame. Raises SessionError before the first."""
        frame = self._dialogue.frame
        if frame is None:
            raise SessionError("there is no frame yet", where=repr(self.world), fix="step() first")
        return frame

    @property
    def tick(self) -> int:
        frame, welcome = self._dialogue.frame, self._dialogue.welcome
        return frame.tick if frame is not None else welcome.tick if welcome is not None else 0

    @property
    def room(self) -> str:
        return self._dialogue.room or ""

    @property
    def quality(self) -> Quality:
        return self._dialogue.meter.read()

    def events(self) -> list[tuple[str, Mapping[str, Any]]]:
        """(name, data) of what the server told since the last call, oldest first."""
        events = list(self._dialogue.events)
        self._dialogue.events.clear()
        return events

    async def step(self, controls: Mapping[str, float] | None = None, *, ticks: int = 1) -> RemoteFrame:
        parsed = self.world.controls.parse(controls)
        awaited = verbs.Awaited(self._dialogue, self._dialogue.input(parsed, ticks=verbs.step_ticks(ticks)))
        await self._link.flush()
        await self._link.wait(awaited.done, what="frame")
        awaited.check()
        return self.frame

    async def set_controls(self, controls: Mapping[str, float] | None) -> None:
        """Real time: what the world applies from now on."""
        self._dialogue.input(self.world.controls.parse(controls))
        await self._link.flush()

    async def frames(self) -> AsyncIterator[RemoteFrame]:
        """Newest frames, as they come, without end; what came while the caller was busy is skipped."""
        taken = self._dialogue.frames
        while True:
            seen = taken
            await self._link.wait(lambda seen=seen: self._dialogue.frames > seen, what="frame")  # type: ignore[misc]
            taken, frame = self._dialogue.frames, self.frame
            self._dialogue.shown(frame, self._link.settings.clock.seconds())
            await self._link.flush()
            yield frame

    async def observe(self, pixels: Any, controls: Mapping[str, float] | None = None) -> RemoteFrame:
        return await self._jump("observe", verbs.observe_args(self.world.description, pixels, controls))

    async def set_state(self, values: Mapping[str, float]) -> None:
        verbs.require(self._dialogue.description, "state")
        await self.command("state", verbs.state_args(self.world.description, values))

    async def rewind(self, ticks: int) -> RemoteFrame:
        return await self._jump("rewind", {"ticks": verbs.whole(ticks, "ticks")})

    async def reset(self, seed: int | None = None, start: int | None = None) -> RemoteFrame:
        frame = await self._jump("reset", verbs.reset_args(self.world.description, seed, start))
        self.seed = self.seed if seed is None else seed
        self.start = self.start if start is None else start
        return frame

    async def fork(self) -> AsyncSession:
        token = verbs.text_of(await self.command("fork"), "resume")
        twin = AsyncSession(self.world, await self.world._take_link(token))
        twin.seed, twin.start = self.seed, self.start
        if twin._dialogue.frame is None:
            twin._dialogue.frame = self._dialogue.frame
        return twin

    async def snapshot(self) -> bytes:
        return verbs.bytes_of(await self.command("snapshot"), "snapshot")

    async def restore(self, blob: bytes) -> RemoteFrame:
        frame = await self._jump("restore", verbs.restore_args(self.world.description, blob))
        self.seed = self.start = None
        return frame

    async def pause(self) -> None:
        await self.command("pause")

    async def resume(self) -> None:
        await self.command("resume")

    async def set_speed(self, factor: float) -> None:
        await self.command("speed", verbs.speed_args(factor))

    async def set_quality(
        self,
        *,
        steps: int | None = None,
        codec: str | None = None,
        jpeg_quality: int | None = None,
        hash: bool | None = None,
    ) -> None:
        await self.command("quality", verbs.quality_args(steps, codec, jpeg_quality, hash))

    async def record(self, on: bool = True) -> str:
        return str((await self.command("record", {"on": bool(on)})).get("name", ""))

    async def command(self, name: str, args: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        verbs.require(self._dialogue.description, name)
        asked = self._dialogue.command(name, args or {})
        await self._link.flush()
        await self._link.wait(lambda: asked.answered, what=f"answer to {name!r}")
        return verbs.answer(asked)

    async def close(self) -> None:
        await self._link.close()
        if self in self.world._sessions:
            self.world._sessions.remove(self)

    async def _jump(self, name: str, args: dict[str, Any]) -> RemoteFrame:
        verbs.require(self._dialogue.description, name)
        jump = verbs.Jump(self._dialogue, self._dialogue.command(name, args))
        await self._link.flush()
        await self._link.wait(jump.done, what=f"answer to {name!r}")
        verbs.answer(jump.asked)
        return self.frame
