"""How long to wait before the next attempt to connect."""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST_SECONDS = 0.2
"""Before the second attempt: a restarted server process needs about that long to listen again."""

LONGEST_SECONDS = 5.0
"""Between two attempts: a player who looks at a frozen picture should not have to wait longer."""

SPREAD = 0.25
"""Part by which a wait is varied, so that the clients of a server that came back do not all come at once."""


class Backoff:
    """Waits that double from ``FIRST_SECONDS`` to ``LONGEST_SECONDS``, within a total.

    Args:
        total: seconds after which there is no further attempt.
        now: the moment it begins.
        chance: uniform in [0, 1).
    """

    def __init__(self, total: float, now: float, chance: Callable[[], float] = random.random) -> None:
        self.total = total
        self.attempts = 0
        self._ends = now + total
        self._chance = chance

    def next(self, now: float, asked: float | None = None) -> float | None:
        """Seconds to wait before the next attempt, or None where it would begin after the total.

        Args:
            asked: what the server asked for, which is never undercut.
        """
        wait = min(FIRST_SECONDS * 2.0**self.attempts, LONGEST_SECONDS)
        wait *= 1.0 + SPREAD * (2.0 * self._chance() - 1.0)
        wait = max(wait, asked or 0.0)
        self.attempts += 1
        return wait if now + wait <= self._ends else None
