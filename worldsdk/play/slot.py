"""A queue one slot deep in which the newest wins: for pictures, where only the last one matters."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class NewestSlot(Generic[T]):
    """Hands values from one thread to another without ever making the giver wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._value: T | None = None
        self._filled = threading.Event()
        self.dropped = 0

    def put(self, value: T) -> None:
        """Leaves ``value``; one that nobody took is replaced and counted in ``dropped``."""
        with self._lock:
            if self._value is not None:
                self.dropped += 1
            self._value = value
            self._filled.set()

    def take(self, timeout: float = 0.0) -> T | None:
        """The value, emptying the slot; waits up to ``timeout`` seconds, then returns ``None``."""
        if timeout > 0:
            self._filled.wait(timeout)
        with self._lock:
            value, self._value = self._value, None
            self._filled.clear()
            return value
