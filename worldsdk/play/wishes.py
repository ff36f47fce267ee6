"""What the player wants of a world on a server: questions to the server, asked off the screen's thread."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

from worldsdk.errors import ConnectionTimeoutError, WorldSDKError

Wish = Callable[[], None]

STEP_SECONDS = 5.0
"""For one frame after going on: beats are shorter, so longer means that the server is stuck."""


class Wishes(threading.Thread):
    """Meets wishes one after the other, however long the server takes; what is refused is said, not raised.

    Args:
        say: tells the player a sentence; called on this thread.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(name="worldsdk-wishes", daemon=True)
        self._say = say
        self._queue: queue.SimpleQueue[Wish | None] = queue.SimpleQueue()
        self.start()

    def put(self, wish: Wish) -> None:
        self._queue.put(wish)

    def stop(self) -> None:
        """Ends the thread once the wish in hand is met."""
        self._queue.put(None)

    def run(self) -> None:
        while (wish := self._queue.get()) is not None:
            try:
                wish()
            except WorldSDKError as error:
                self._say(error.what + (f". {error.fix}" if error.fix else ""))


def wait_for(done: Callable[[], bool], seconds: float = STEP_SECONDS) -> None:
    """Returns once ``done()``. Raises ConnectionTimeoutError after so long."""
    ends = time.monotonic() + seconds
    while not done():
        if time.monotonic() > ends:
            raise ConnectionTimeoutError("the server sent no frame", fix="try again")
        time.sleep(0.001)
