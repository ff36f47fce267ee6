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
        self._around = False
        self._thread = threading.get_ident()
        # Whether the loop looks at the actions soon, by itself.
        self._looks = False

    def send(self, action: Callable[..., None], *args: Any) -> None:
        """From any thread: has ``action`` called on the loop. Does nothing once the loop has ended.

        Within ``around``, on the loop, that is now.
        """
        if self._around and not self._actions and threading.get_ident() == self._thread:
            try:
                action(*args)
            except Exception:
                _log.exception("an action on the event loop failed")
            return
        with self._guard:
            self._actions.append((action, args))
            if self._looks or self._loop.is_closed():
                return
            self._looks = True
        self._loop.call_soon_threadsafe(self._drain)

    def around(self, work: Callable[..., _Result], *args: Any) -> _Result:
        """On the loop: does ``work``, and what it sends as it sends it."""
        before, self._around = self._around, True
        try:
            return work(*args)
        finally:
            self._around = before

    def _drain(self) -> None:
        with self._guard:
            self._looks = False
        while self._actions:
            self._do(*self._actions.popleft())

    def _do(self, action: Callable[..., None], args: tuple[Any, ...]) -> None:
        try:
            action(*args)
        except Exception:
            # One that fails must not keep the others from being done.
            _log.exception("an action on the event loop failed")
