"""From what a server says to exceptions: an error that crossed the wire is the class it was over there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from worldsdk.errors import ConnectionFailedError, ConnectionTimeoutError, RemoteError, WorldSDKError
from worldsdk.protocol.codes import CLOSE_CODES, CODES, retries

if TYPE_CHECKING:
    from worldsdk.protocol.messages import ErrorMessage

_LONGEST = 500
"""Characters of a server's sentence that are passed on."""


def failure(message: ErrorMessage) -> WorldSDKError:
    """The exception of an error message."""
    detail = message.detail or {}
    where, fix = detail.get("where", ""), detail.get("fix", "")
    return error_of(
        message.code,
        message.message,
        where=where if isinstance(where, str) else "",
        fix=fix if isinstance(fix, str) else "",
    )


def error_of(code: str, what: str, *, where: str = "", fix: str = "") -> WorldSDKError:
    """The exception class with this code, or a ``RemoteError`` that carries the code."""
    # Sentences of a server may end up in a terminal: one printable line of bounded length.
    sentences = ["".join(c for c in text[:_LONGEST] if c.isprintable()) for text in (what, where, fix)]
    what, where, fix = sentences
    known = _classes().get(code)
    if known is None:
        return RemoteError(what, where=where, fix=fix, code=code)
    # Servers send the whole sentence; our own classes add the code to it again.
    return known(what.removesuffix(f" [{code}]"), where=where, fix=fix)


def closed(code: int | None, reason: str, url: str) -> WorldSDKError | None:
    """The exception for a connection closed with one of our codes; None for any other end.

    ``may_retry`` of its code says whether the connection, rather than the session, was at fault.
    """
    name = CLOSE_CODES.get(code or 0)
    return None if name is None else error_of(name, reason or CODES[name].meaning, where=url)


def may_retry(error: WorldSDKError) -> bool:
    """Whether connecting again may help: no server there (yet), silence, or a code the table calls so."""
    return isinstance(error, (ConnectionFailedError, ConnectionTimeoutError)) or retries(error.code)


@cache
def _classes() -> dict[str, type[WorldSDKError]]:
    def below(parent: type[WorldSDKError]) -> Iterator[type[WorldSDKError]]:
        for child in parent.__subclasses__():
            yield child
            yield from below(child)

    # A class that only narrows its parent may share the code: the parent, met first, stands for both.
    found: dict[str, type[WorldSDKError]] = {}
    for kind in below(WorldSDKError):
        if kind is not RemoteError:
            found.setdefault(kind.code, kind)
    return found
