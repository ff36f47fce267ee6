"""Input logs: what a session was asked, tick by tick, and the digest of every frame that came of it.

A log is JSON lines. The first names the world (digest and name), the build of the session (seed, start,
denoising steps, or a snapshot) and how it was run. Every further line is a tick::

    {"tick": 12, "controls": {"forward": 1.0}, "planned": 2, "taken": 2, "digest": "ab12..."}

(with ``"given": {"x": 3.0}`` where state variables were set before it), or an event that moved the session
otherwise: ``{"event": "reset" | "rewind" | "restore" | "observe", ..., "tick": N, "digest": "..."}`` with the
tick and the digest of the frame that it left the session at. Controls at rest are left out. Bytes are base64.
``server.replay`` reads it back.

Writing, and the digests, are done by a thread of their own: neither the device nor the loop waits for a disk.
"""

from __future__ import annotations

import base64
import json
import queue
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from worldsdk.errors import StorageError
from worldsdk.frame import Frame
from worldsdk.runtime.ladder import OBSERVED, steps_of
from worldsdk.runtime.session import Session

FORMAT = 1
SUFFIX = ".worldlog.jsonl"

MOST_WAITING = 4096
"""Lines that may wait for the disk: two minutes of play at 35 Hz. Beyond them a log ends and says so, rather
than memory growing."""

FLUSH_SECONDS = 1.0
"""Most seconds of a log that a crash of the machine may cost."""


def header_of(session: Session, *, mode: str) -> dict[str, Any]:
    """The first line of a log that begins with ``session`` as it is now."""
    world = session.world
    header: dict[str, Any] = {
        "log": FORMAT,
        "world": world.manifest.name,
        "digest": world.digest,
        "variant": world.variant,
        "mode": mode,
        "deterministic": world.deterministic,
        "device": world.device.type,
        "rewind_ticks": world.rewind_ticks,
        "tick": session.tick,
        "seed": session.seed,
        "start": session.start,
        "steps": session.steps,
    }
    if session.tick or session.start is None:
        header["snapshot"] = base64.b64encode(session.snapshot()).decode()
    return header


def _given(frame: Frame) -> dict[str, Any]:
    return {"given": dict(frame.given)} if frame.given else {}


class LogWriter:
    """The thread that writes all logs of a server.

    Args:
        failed: told the name of a log that could not be written any more, and why; on any thread.
    """

    def __init__(self, failed: Callable[[str, str], None] = lambda name, why: None) -> None:
        self._failed = failed
        self._lines: queue.Queue[tuple[InputLog, Callable[[], dict[str, Any]] | None] | None]
        self._lines = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name="worldsdk-log", daemon=True)
        self._thread.start()

    def put(self, log: InputLog, line: Callable[[], dict[str, Any]] | None) -> bool:
        """Has a line made and written; None closes the log. False where the disk is too far behind."""
        try:
            self._lines.put_nowait((log, line))
        except queue.Full:
            self._failed(log.name, "the disk is too far behind")
            return False
        return True

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Writes what waits and ends the thread."""
        self._lines.put(None)
        self._thread.join()

    def _run(self) -> None:
        open_logs: set[InputLog] = set()
        while True:
            try:
                item = self._lines.get(timeout=FLUSH_SECONDS)
            except queue.Empty:
                self._guarded(open_logs, InputLog.flush)
                continue
            if item is None:
                break
            log, line = item
            if line is None:
                self._guarded({log}, InputLog.shut)
                open_logs.discard(log)
            elif not log.refused:
                open_logs.add(log)
                self._guarded({log}, lambda log, line=line: log.write(line()))  # type: ignore[misc]
        self._guarded(open_logs, InputLog.shut)

    def _guarded(self, logs: set[InputLog], action: Callable[[InputLog], None]) -> None:
        for log in logs:
            try:
                action(log)
            except OSError as error:
                log.refused = log.broken = True
                self._failed(log.name, error.strerror or "the disk refused")


class InputLog:
    """The log of one session. ``tick`` and ``event`` belong to the device thread.

    Args:
        folder: where the file is made.
        name: of the file, without its suffix.
        header: its first line, see ``header_of``.
        writer: the thread that does the work.

    Attributes:
        broken: whether nothing more is taken: the disk is too far behind, or refuses.
        refused: whether the disk has refused. What was taken before a log broke is written unless it has.

    Raises:
        StorageError: the file cannot be made.
    """

    def __init__(self, folder: Path, name: str, header: Mapping[str, Any], writer: LogWriter) -> None:
        self.name = name + SUFFIX
        self.broken = self.refused = False
        self.base = int(header["tick"])
        self._writer = writer
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file: IO[str] = (folder / self.name).open("x", encoding="utf-8")
        except OSError as error:
            raise StorageError(
                f"the log cannot be written ({error.strerror})", where=self.name, fix="free the disk"
            ) from error
        self._put(lambda: dict(header))

    def tick(self, frame: Frame) -> None:
        """One generated frame."""
        controls = {name: value for name, value in frame.controls.items() if value}
        timing = frame.timing
        self._put(
            lambda: {
                "tick": frame.tick,
                "controls": controls,
                "planned": steps_of(timing.rung),
                "taken": timing.steps_used,
                **_given(frame),
                "digest": frame.digest(),
            }
        )

    def reset(self, session: Session) -> None:
        """The session was begun again."""
        if session.start is None:
            self.restore(session)
            return
        self.base = 0
        self._event("reset", session, seed=session.seed, start=session.start, steps=session.steps)

    def rewind(self, session: Session) -> None:
        """The session went back to an earlier tick."""
        if session.tick < self.base:
            # A replay never saw that moment.
            self.restore(session)
        else:
            self._event("rewind", session)

    def restore(self, session: Session) -> None:
        """The session is another one from here on."""
        self.base = session.tick
        blob = session.snapshot()
        self._event("restore", session, blob=blob)

    def observe(self, frame: Frame) -> None:
        """A real picture was taken in."""
        assert frame.timing.rung == OBSERVED
        controls = {name: value for name, value in frame.controls.items() if value}
        pixels = frame.pixels
        self._put(
            lambda: {
                "event": "observe",
                "controls": controls,
                "pixels": base64.b64encode(pixels.tobytes()).decode(),
                "tick": frame.tick,
                **_given(frame),
                "digest": frame.digest(),
            }
        )

    def steps(self, session: Session) -> None:
        """The session takes another number of denoising steps; each tick's line says so itself."""
        self._event("steps", session, steps=session.steps)

    def close(self) -> None:
        """Ends the log."""
        self._writer.put(self, None)

    def _event(self, kind: str, session: Session, blob: bytes | None = None, **more: Any) -> None:
        frame = session.frame

        def line() -> dict[str, Any]:
            snapshot = {} if blob is None else {"snapshot": base64.b64encode(blob).decode()}
            return {"event": kind, **more, **snapshot, "tick": frame.tick, "digest": frame.digest()}

        self._put(line)

    def _put(self, line: Callable[[], dict[str, Any]]) -> None:
        if not self.broken and not self._writer.put(self, line):
            self.broken = True

    # What the writer's thread calls.

    def write(self, line: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(line, separators=(",", ":"), allow_nan=False) + "\n")

    def flush(self) -> None:
        self._file.flush()

    def shut(self) -> None:
        self._file.close()
