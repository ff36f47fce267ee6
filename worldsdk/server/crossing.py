"""The way back from the device thread to the event loop: in order, and short where a pass is short."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

LINGER_SECONDS = 0.001
"""Longest that the loop stands still for the device thread: as long as a few of its own turns take."""

_log = logging.getLogger("worldsdk.server")


class Crossing:
    """What the device thread has for the event loop, done there in the order in which it was sent.

    Made on the loop.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._actions: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._guard = threading.Lock()
        self._lingers = False
        self._woken = False
        self._arrived = threading.Lock()
        self._arrived.acquire()

    def send(self, action: Callable[..., None], *args: Any) -> None:
        """From any thread: has ``action`` called on the loop. Does nothing once the loop has ended."""
        with self._guard:
            self._actions.append((action, args))
            if self._lingers:
                self._lingers = False
                self._arrived.release()
                return
            if self._woken or self._loop.is_closed():
                return
            self._woken = True
        self._loop.call_soon_threadsafe(self._drain)

    def linger(self, order: Callable[[], None]) -> None:
        """On the loop: gives an order to the device thread, and waits for what comes of it for a moment.

        Only for orders that are known to be carried out sooner than the loop could sleep and be woken.
        """
        self._lingers = True
        order()
        if not self._arrived.acquire(timeout=LINGER_SECONDS):
            with self._guard:
                came, self._lingers = not self._lingers, False
            if came:
                self._arrived.acquire()
        self._drain()

    def _drain(self) -> None:
        self._woken = False
        while self._actions:
            action, args = self._actions.popleft()
            try:
                action(*args)
            except Exception:
                # One that fails must not keep the others from being done.
                _log.exception("an action on the event loop failed")
