"""The blocking client: ``connect(url)`` gives a world whose sessions have the verbs of local ones.

::

    session = worldsdk.load("doom-maze").session(seed=7)                      # here
    session = worldsdk.connect("ws://localhost:8765").session(seed=7)         # there
    frame = session.step({"forward": 1})
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from numpy.typing import ArrayLike

from worldsdk.client import verbs
from worldsdk.client.frames import RemoteFrame
from worldsdk.client.link import Link
from worldsdk.client.session import RemoteSession
from worldsdk.client.world import Plan, WorldFace, plan
from worldsdk.errors import SessionError
from worldsdk.protocol.limits import MAX_TICKS

__all__ = ["RemoteSession", "RemoteWorld", "connect"]


def connect(url: str, **options: Any) -> RemoteWorld:
    """Connects to a server, and learns what its world is like.

    Args:
        url: ``ws://host:port`` or ``wss://``; ``localhost:8765`` will do.
        role: ``"player"`` (default), ``"viewer"``, or ``"stepper"`` (what a player in lockstep is).
        mode: ``"lockstep"``: the world moves when this client steps it (default for players);
            ``"realtime"``: by the server's clock (viewers always).
        room: to join; by default each session has a room of its own.
        token: signed admission, or a callable that makes one for each connection.
        codecs: in order of preference; by default those that lose nothing.
        layers: names of the layers wanted with each frame, e.g. ``["depth"]``; ``"*"`` for all
            that the world has.
        open_seconds, answer_seconds, silence_seconds: time limits for connecting, for an answer, and for a
            server that says nothing at all.
        reconnect_seconds: spent on taking up a lost connection; 0 gives up at once.
        on_disconnect: called with (error or None, attempt) before each attempt to come back; may return
            False to give up.
        ssl: context for ``wss://``; the system's certificates by default.

    Raises:
        ConnectionFailedError, ConnectionTimeoutError: nobody there, or nobody who speaks this.
        WorldSDKError: refused; the class or ``code`` says why (``no_capacity``, ``unauthenticated``, ...).
    """
    return RemoteWorld(plan(url, **options))


class RemoteWorld(WorldFace):
    """A world on a server; made by ``connect``. Use it as a context manager, or ``close`` it.

    Attributes:
        most_ticks: that one step may take.
    """

    most_ticks = MAX_TICKS

    def __init__(self, plan: Plan) -> None:
        # What the world is like is known from a welcome: the first session will use this connection.
        self._waiting: Link | None = Link(plan.settings, plan.wishes)
        self._sessions: list[RemoteSession] = []
        description = self._waiting.dialogue.description
        assert description is not None
        super().__init__(plan, description)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def session(
        self, seed: int | None = None, start: int | None = None, *, frames: ArrayLike | None = None
    ) -> RemoteSession:
        """A new session on a connection of its own, or a seat in the room that ``connect`` was told.

        Args:
            seed: of its noise, 0 to 2**53 - 1; 0 by default.
            start: index of a start context; 0 by default.
            frames: uint8 [n, H, W, 3], oldest first, or one picture [H, W, 3]: begin at these instead.

        In a room that exists the world goes on as it is unless one of the three is given.

        Raises:
            SessionError: a bad seed, start or shape; else as ``connect``.
        """
        anew = self.begins_anew(seed, start, frames)
        args = verbs.start_args(self.description, seed or 0, start or 0, frames) if anew else None
        session = RemoteSession(self, self._take_link())
        try:
            if args is not None:
                session._begin(args)
            elif self.plan.wishes.role == "viewer" or self.plan.wishes.mode == "realtime":
                session._link.wait(lambda: session._dialogue.frame is not None, what="frame")
        except BaseException:
            session.close()
            raise
        return session

    def restore(self, blob: bytes) -> RemoteSession:
        """A new session that goes on from a snapshot, of this server or of a local session of its world.

        Raises:
            SnapshotError, SnapshotVersionError, SnapshotWorldError, SnapshotChecksumError; as ``session``.
        """
        args = verbs.restore_args(self.description, blob)
        session = RemoteSession(self, self._take_link())
        try:
            session._jump("restore", args)
        except BaseException:
            session.close()
            raise
        return session

    def step_many(
        self,
        sessions: Sequence[RemoteSession],
        controls: Sequence[Mapping[str, float] | None],
        *,
        ticks: int = 1,
    ) -> list[RemoteFrame]:
        """Steps distinct lockstep sessions, each with its own controls, all at the same time.

        Every input is sent before an answer is waited for, so that the server can make one pass of them.

        Args:
            ticks: to be taken with these controls, fewer where the world ends before; the frames are those of
                the last tick, their rewards sums.

        Raises:
            ControlError, SessionError: before any session has moved.
            WorldSDKError: a session failed; all others have moved and have their new frame in ``frame``.
        """
        if len(sessions) != len(controls) or len({id(session) for session in sessions}) != len(sessions):
            raise SessionError(
                f"{len(sessions)} sessions and {len(controls)} controls",
                where="step_many",
                fix="give distinct sessions and one set of controls for each",
            )
        parsed, ticks = [self.controls.parse(values) for values in controls], verbs.step_ticks(ticks)
        sent = [session._link.input(c, ticks=ticks) for session, c in zip(sessions, parsed, strict=True)]
        failure: Exception | None = None
        for session, seq in zip(sessions, sent, strict=True):
            try:
                session._await_frame(seq)
            except Exception as error:
                failure = failure or error
        if failure is not None:
            raise failure
        return [session.frame for session in sessions]

    def close(self) -> None:
        """Leaves: closes all sessions of this world."""
        if self._waiting is not None:
            self._waiting.close()
            self._waiting = None
        for session in list(self._sessions):
            session.close()

    def _take_link(self, resume: str | None = None) -> Link:
        if resume is None and self._waiting is not None:
            link, self._waiting = self._waiting, None
            return link
        return Link(self.plan.settings, self.plan.wishes, resume)
