"""A session on a server, with the verbs of a local one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from worldsdk.client import verbs
from worldsdk.client.clock import ClientClock
from worldsdk.client.frames import RemoteFrame
from worldsdk.client.link import Link
from worldsdk.client.quality import Quality
from worldsdk.errors import SessionError, WorldSDKError

if TYPE_CHECKING:
    from worldsdk.client.live import RemoteLive
    from worldsdk.client.sync import RemoteWorld


class RemoteSession:
    """A session on a server, over one connection at a time; made by ``RemoteWorld``.

    Attributes:
        world: that made it.
        seed, start: that it began with; None where it joined or was restored.
    """

    def __init__(self, world: RemoteWorld, link: Link) -> None:
        self.world = world
        self.seed: int | None = None
        self.start: int | None = None
        self._link = link
        self._dialogue = link.dialogue
        world._sessions.append(self)

    def __repr__(self) -> str:
        return f"RemoteSession({self.world.name!r}, room={self.room!r}, seed={self.seed}, tick={self.tick})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def frame(self) -> RemoteFrame:
        """The newest frame. Raises SessionError before the first (a lockstep room joined but not stepped)."""
        frame = self._dialogue.frame
        if frame is None:
            raise SessionError("there is no frame yet", where=repr(self.world), fix="step() first")
        return frame

    @property
    def tick(self) -> int:
        """Number of the newest frame; before the first, what the server said."""
        frame, welcome = self._dialogue.frame, self._dialogue.welcome
        return frame.tick if frame is not None else welcome.tick if welcome is not None else 0

    @property
    def room(self) -> str:
        """What others name to join."""
        return self._dialogue.room or ""

    @property
    def steps(self) -> int:
        """Denoising steps of the newest frame."""
        return self.frame.timing.steps_used

    @property
    def quality(self) -> Quality:
        """How good the connection is."""
        with self._link.lock:
            return self._dialogue.meter.read()

    def events(self) -> list[tuple[str, Mapping[str, Any]]]:
        """(name, data) of what the server told since the last call, oldest first."""
        with self._link.lock:
            events = list(self._dialogue.events)
            self._dialogue.events.clear()
        return events

    def step(self, controls: Mapping[str, float] | None = None, *, ticks: int = 1) -> RemoteFrame:
        """The next frame with these controls. In real time: the first frame that they went into.

        Args:
            controls: name -> value; what is missing is released.
            ticks: lockstep: so many ticks with them; the frame is the last one's, its reward their sum.

        Raises:
            ControlError: an unknown name or a value out of range; nothing was sent.
            ConnectionTimeoutError, ConnectionLostError, or what the server ended the session with.
        """
        parsed = self.world.controls.parse(controls) if controls else self.world.rest
        link = self._link
        seq = link.input(parsed, ticks=verbs.step_ticks(ticks))
        if not link.await_frame(seq):
            self._await_frame(seq)
        return self.frame

    def observe(self, pixels: Any, controls: Mapping[str, float] | None = None) -> RemoteFrame:
        """Appends a real frame to history instead of a generated one: uint8 [H, W, 3]."""
        return self._jump("observe", verbs.observe_args(self.world.description, pixels, controls))

    def set_state(self, values: Mapping[str, float]) -> None:
        """Sets state variables: the next tick starts from them. Teleports, heals, hands out ammunition.

        Args:
            values: name -> value in the variable's unit; only names of ``world.settable``.

        Raises:
            VariableError: another name, or a value out of range. Nothing has changed.
            NotCapableError: this world lets nothing be set.
        """
        verbs.require(self._dialogue.description, "state")
        self.command("state", verbs.state_args(self.world.description, values))

    def rewind(self, ticks: int) -> RemoteFrame:
        """Goes back ``ticks`` ticks and returns a frame of that moment. Raises SessionError if it cannot."""
        return self._jump("rewind", {"ticks": verbs.whole(ticks, "ticks")})

    def reset(self, seed: int | None = None, start: int | None = None) -> RemoteFrame:
        """Begins again, with another seed or start where one is given."""
        frame = self._jump("reset", verbs.reset_args(self.world.description, seed, start))
        self.seed = self.seed if seed is None else seed
        self.start = self.start if start is None else start
        return frame

    def fork(self) -> RemoteSession:
        """An independent twin in a room of its own, on a connection of its own."""
        token = verbs.text_of(self.command("fork"), "resume")
        twin = RemoteSession(self.world, self.world._take_link(token))
        twin.seed, twin.start = self.seed, self.start
        # The twin stands where this session stands, whether or not the server has shown that already.
        if twin._dialogue.frame is None:
            twin._dialogue.frame = self._dialogue.frame
        return twin

    def snapshot(self) -> bytes:
        """Everything the next frame depends on, as bytes for ``restore``, here or in a local world."""
        return verbs.bytes_of(self.command("snapshot"), "snapshot")

    def restore(self, blob: bytes) -> RemoteFrame:
        """Goes on from a snapshot. Raises SnapshotError and its kin; the session is then as before."""
        frame = self._jump("restore", verbs.restore_args(self.world.description, blob))
        self.seed = self.start = None
        return frame

    def pause(self) -> None:
        """Real time: the world stands still."""
        self.command("pause")

    def resume(self) -> None:
        """Real time: the world goes on."""
        self.command("resume")

    def set_speed(self, factor: float) -> None:
        """Real time: ``factor`` times the world's own rate, 0.1 to 4."""
        self.command("speed", verbs.speed_args(factor))

    def set_quality(
        self,
        *,
        steps: int | None = None,
        codec: str | None = None,
        jpeg_quality: int | None = None,
        hash: bool | None = None,
    ) -> None:
        """Denoising steps, codec, JPEG quality, and whether frames carry their digest; None leaves as is."""
        self.command("quality", verbs.quality_args(steps, codec, jpeg_quality, hash))

    def record(self, on: bool = True) -> str:
        """Starts or stops the server's log of inputs; returns the log's name there, if it says one."""
        return str(self.command("record", {"on": bool(on)}).get("name", ""))

    def command(self, name: str, args: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """Any command of the server's; returns its result once it has been applied.

        Raises:
            NotCapableError: the server has no such command; nothing was sent.
            WorldSDKError: the server's error, as its class.
        """
        verbs.require(self._dialogue.description, name)
        asked = self._link.command(name, dict(args or {}))
        self._link.wait(lambda: asked.answered, what=f"answer to {name!r}")
        return verbs.answer(asked)

    def realtime(self, fps: float | None = None) -> RemoteLive:
        """The server's clock: see ``worldsdk.client.live``.

        Args:
            fps: ticks a second, 0.1 to 4 times the world's own rate, which is the default.
        """
        from worldsdk.client.live import RemoteLive

        return RemoteLive(self, fps)

    def close(self) -> None:
        """Leaves; where nobody else is in the room, the world there ends."""
        self._link.close()
        if self in self.world._sessions:
            self.world._sessions.remove(self)

    # Real time without waiting: for programs with a loop of their own.

    @property
    def connected(self) -> bool:
        """False while a lost connection is being taken up again, and after it was given up."""
        return self._link.connected and self._link.error is None

    @property
    def error(self) -> WorldSDKError | None:
        """Why this session has ended for good, if it has."""
        return self._link.error

    @property
    def paused(self) -> bool:
        """Whether the world stands still, as the server last said."""
        return self._dialogue.paused

    @property
    def clock(self) -> ClientClock:
        """That frames' ``wire.arrived`` is measured by."""
        return self._link.settings.clock

    def listen(self, heard: Callable[[RemoteFrame], None] | None) -> None:
        """Real time: calls ``heard`` with every frame as it arrives, on the reading thread; must not wait."""
        with self._link.lock:
            self._dialogue.on_frame = heard

    def send(self, controls: Mapping[str, float] | None, *, mouse: tuple[float, float] = (0.0, 0.0)) -> int:
        """Real time: what the world applies from now on; returns the input's number.

        Args:
            mouse: pixels moved since the last call, right and down positive: the server turns them into the
                controls that a mouse moves.
        """
        return self._link.input(self.world.controls.parse(controls), mouse=mouse)

    def shown(self, frame: RemoteFrame) -> None:
        """A frame is on the screen now: action-to-photon is measured by it, here and at the server."""
        with self._link.lock:
            self._dialogue.shown(frame, self.clock.seconds())
        self._link.flush()

    # What the other parts of the client use.

    def _begin(self, args: dict[str, Any]) -> None:
        self._jump("start", args)
        self.seed = args["seed"]
        self.start = args.get("start")

    def _jump(self, name: str, args: dict[str, Any]) -> RemoteFrame:
        verbs.require(self._dialogue.description, name)
        jump = verbs.Jump(self._dialogue, self._link.command(name, args))
        self._link.wait(jump.done, what=f"answer to {name!r}")
        verbs.answer(jump.asked)
        return self.frame

    def _await_frame(self, seq: int) -> None:
        awaited = verbs.Awaited(self._dialogue, seq)
        self._link.wait(awaited.done, what="frame")
        awaited.check()
