"""Errors of this package as ``error`` messages, saying nothing that a client has no business to know."""

from __future__ import annotations

from typing import Any

from worldsdk.errors import ProtocolError, WorldSDKError
from worldsdk.protocol.codes import retries
from worldsdk.protocol.limits import MAX_TEXT
from worldsdk.protocol.messages import ErrorMessage


def refusal(
    error: WorldSDKError,
    *,
    fatal: bool = False,
    re: int | None = None,
    retry_after_ms: int | None = None,
    position: int | None = None,
) -> ErrorMessage:
    """The message that tells a client of ``error``.

    ``where`` of most errors can be a file of this machine, so only that of a ``ProtocolError``, which names a
    field of a message, is told.

    Args:
        error: what went wrong.
        fatal: whether the connection closes next.
        re: id of the command that failed.
        retry_after_ms, position: as in ``ErrorMessage``.
    """
    detail: dict[str, Any] | None = None
    sentence = error.what
    if isinstance(error, ProtocolError):
        detail = error.detail or None
        sentence = f"{error.where}: {error.what}" if error.where else error.what
    if error.fix:
        sentence = f"{sentence}. {error.fix}"
    return ErrorMessage(
        code=error.code,
        message=sentence[:MAX_TEXT],
        retry=retries(error.code),
        fatal=fatal,
        re=re,
        retry_after_ms=retry_after_ms,
        position=position,
        detail=detail,
    )
