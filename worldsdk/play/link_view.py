"""What the overlay shows of a connection to a server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from worldsdk.client.quality import Quality


@dataclass(frozen=True)
class LinkView:
    """One look at a connection.

    Attributes:
        quality: what was measured.
        room: that is played in.
        delay_ms: for which frames are kept back, so that they follow each other evenly.
        connected: False while it is being taken up again.
        warp: whether late frames are bridged by turning the last one; what that looks like just now.
    """

    quality: Quality
    room: str
    delay_ms: float
    connected: bool
    warp: bool
