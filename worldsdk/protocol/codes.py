"""Error codes of the wire: what each means, whether trying again may help, and how the connection closes.

The table only grows. A client that meets a code it does not know goes by ``retry`` and ``fatal``.
"""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """``close``: WebSocket close code, or None for a code that never ends a connection by itself.
    ``retry``: whether the same may work later. ``meaning``: one sentence."""

    close: int | None
    retry: bool
    meaning: str


CODES: dict[str, Code] = {
    "bad_message": Code(4400, False, "A message is not what the protocol allows at this point."),
    "unauthenticated": Code(4401, False, "A token is missing, expired, or signed by an unknown key."),
    "forbidden": Code(4403, False, "The token or the origin does not allow this."),
    "no_room": Code(4404, False, "There is no room of that name."),
    "hello_timeout": Code(4408, True, "No hello came in time."),
    "conflict": Code(4409, False, "A resume token was used before, or the seat is taken."),
    "session_over": Code(4410, False, "The session has reached its end and cannot be resumed."),
    "too_large": Code(4413, False, "A message is larger than the receiver takes."),
    "unsupported_version": Code(4426, False, "The two sides share no protocol version."),
    "rate_limited": Code(4429, True, "Too many messages in too little time."),
    "internal": Code(4500, True, "The server failed, and has written down why."),
    "session_failed": Code(4501, False, "The model failed, and the session with it."),
    "no_capacity": Code(4503, True, "The server has no seat free now."),
    "slow_client": Code(4504, True, "The client takes frames too slowly."),
    "idle": Code(4505, True, "The client said nothing for too long."),
    "unknown_type": Code(None, False, "The server does not know messages of that type."),
    "unknown_command": Code(None, False, "The server does not know a command of that name."),
    "control_invalid": Code(None, False, "The world has no such control."),
    "variable_invalid": Code(None, False, "No such state variable can be set, or not to that value."),
    "session_invalid": Code(None, False, "The session cannot do that now."),
    "snapshot_invalid": Code(None, False, "The bytes are no snapshot that this world can go on from."),
    "snapshot_version": Code(None, False, "The snapshot's format is of another version."),
    "snapshot_world": Code(None, False, "The snapshot is of another world."),
    "snapshot_checksum": Code(None, False, "The snapshot's bytes were altered or cut short."),
    "not_capable": Code(None, False, "The server or its world lacks the capability."),
    "not_allowed": Code(None, False, "The role of this connection may not do that."),
    "image_invalid": Code(None, False, "The bytes are no picture that the server takes."),
}

NORMAL_CLOSE = 1000
"""After bye."""

GOING_AWAY_CLOSE = 1001
"""After goaway."""

CLOSE_CODES: dict[int, str] = {code.close: name for name, code in CODES.items() if code.close is not None}
"""WebSocket close code -> error code."""


def close_code(code: str) -> int:
    """The WebSocket close code for a connection that ends with this error: 4500 for one of no own."""
    known = CODES.get(code)
    return 4500 if known is None or known.close is None else known.close


def retries(code: str) -> bool:
    """Whether the same may work later; False for a code that is not in the table."""
    known = CODES.get(code)
    return known is not None and known.retry
