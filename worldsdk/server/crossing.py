"""The way back from the device thread to the event loop: in order, and no thread where none is needed."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

_log = logging.getLogger("worldsdk.server")
_Result = TypeVar("_Result")


class Crossing:
    """What the device has for the event loop, done there in the order in which it was sent.

    Made on the loop.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._actions: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._guard = threading.Lock()
        # Whether the loop looks at the actions soon, by itself.
        self._looks = False

    def send(self, action: Callable[..., None], *args: Any) -> None:
        """From any thread: has ``action`` called on the loop. Does nothing once the loop has ended."""
        with self._guard:
            self._actions.append((action, args))
            if self._looks or self._loop.is_closed():
                return
            self._looks = True
        self._loop.call_soon_threadsafe(self._drain)

    def around(self, work: Callable[[], _Result]) -> _Result:
        """On the loop: does ``work``, and at once all that was sent by then."""
        with self._guard:
            # Else it would wake itself.
            woken, self._looks = self._looks, True
        try:
            return work()
        finally:
            with self._guard:
                self._looks = woken
            self._do_all()

    def _drain(self) -> None:
        with self._guard:
            self._looks = False
        self._do_all()

    def _do_all(self) -> None:
        while self._actions:
            action, args = self._actions.popleft()
            try:
                action(*args)
            except Exception:
                # One that fails must not keep the others from being done.
                _log.exception("an action on the event loop failed")
