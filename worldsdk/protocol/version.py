"""Which protocol this is."""

from __future__ import annotations

MAJOR = 1
"""Changes when an old peer could misread a new one; it is part of the subprotocol's name."""

MINOR = 0
"""Rises with every addition. Peers agree on the highest that both know."""

SUBPROTOCOL = f"worldsdk.v{MAJOR}.msgpack"
"""Offered by the client and chosen by the server in the WebSocket handshake."""

PATH = "/play"
"""Where a server listens unless it says otherwise."""


def choose_minor(lowest: int, highest: int) -> int | None:
    """The minor to speak with a peer that knows ``lowest`` to ``highest``, or None where there is none."""
    chosen = min(highest, MINOR)
    return chosen if 0 <= lowest <= chosen else None
