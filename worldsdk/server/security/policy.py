"""Which door a server gets: decided from what it was started with, before it listens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from worldsdk.errors import ServeError
from worldsdk.server.security.door import Door
from worldsdk.server.security.key_file import KeyFile
from worldsdk.server.security.limits import LOOPBACK_LIMITS, ConnectionLimits
from worldsdk.server.security.origins import is_loopback, make_origins
from worldsdk.server.security.tokens import DEFAULT_AUDIENCE


def make_door(
    host: str,
    *,
    keys: Path | None = None,
    insecure_local: bool = False,
    allow_origins: Iterable[str] = (),
    audience: str = DEFAULT_AUDIENCE,
    limits: ConnectionLimits | None = None,
    monotonic: Callable[[], float] = time.monotonic,
    wall: Callable[[], float] = time.time,
) -> Door:
    """The door of a server on ``host``.

    On loopback, without keys, everybody of this machine may come in: that is what ``insecure_local`` says
    aloud, and what holds without it. On any other address a key ring is a must.

    Raises:
        ServeError: another address without keys, ``insecure_local`` with another address or together with
            keys, or an origin that is none.
        KeyRingError: the ring cannot be read.
    """
    local = is_loopback(host)
    if insecure_local and keys is not None:
        raise ServeError("--insecure-local and --keys contradict each other", fix="leave one of them out")
    if not local and keys is None:
        flag = ", and --insecure-local is for this machine only" if insecure_local else ""
        raise ServeError(
            f"other machines can reach {host or 'all addresses'}{flag}: this needs keys",
            where="--host",
            fix="run: worldsdk keys new keys.json, then serve with --keys keys.json",
        )
    return Door(
        keys=KeyFile(keys, monotonic) if keys is not None else None,
        origins=make_origins(allow_origins, loopback_names_only=keys is None),
        audience=audience,
        limits=limits or (LOOPBACK_LIMITS if local else None),
        monotonic=monotonic,
        wall=wall,
    )
