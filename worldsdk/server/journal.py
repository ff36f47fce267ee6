"""What the log says of connections: who came, who was refused, who left and why.

Rooms are left out: where no token is asked for, a room's name is all that a viewer needs.
"""

from __future__ import annotations

import logging

from worldsdk.errors import WorldSDKError
from worldsdk.protocol.messages import Hello, Welcome

_log = logging.getLogger("worldsdk.server.connections")


def came(number: int, visitor: str, hello: Hello, welcome: Welcome) -> None:
    """A connection was welcomed.

    Args:
        number: of the connection, in this process. visitor: the subject of its token, or its address.
    """
    client = hello.client or {}
    told = (client.get("name"), client.get("version"), client.get("engine"))
    _log.info(
        "welcomed",
        extra={
            "connection": number,
            "visitor": visitor,
            "session": welcome.session,
            "role": welcome.role,
            "mode": welcome.mode,
            "codec": welcome.codec,
            "resumed": bool(hello.resume),
            "client": " ".join(word for word in told if word),
        },
    )


def refused(number: int, address: str, error: WorldSDKError) -> None:
    """A connection was sent away before it was welcomed: somebody is at fault, or tries doors."""
    _log.warning("refused", extra={"connection": number, "visitor": address, "code": error.code})


def left(number: int, session: str, reason: str, seconds: float) -> None:
    """A connection that had been welcomed is over.

    Args:
        reason: an error's code, ``bye``, ``lost``, or what else ended it. seconds: it lasted.
    """
    _log.info(
        "left",
        extra={"connection": number, "session": session, "reason": reason, "seconds": round(seconds, 3)},
    )
