"""A server from what a command line says: which door, which store, which certificates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from worldsdk.errors import ServeError
from worldsdk.runtime.world import World
from worldsdk.server.app import Hooks
from worldsdk.server.defaults import NothingKept
from worldsdk.server.http import Site
from worldsdk.server.metrics import PrometheusMetrics
from worldsdk.server.security.images import BoundedImages
from worldsdk.server.security.origins import is_loopback
from worldsdk.server.security.policy import make_door
from worldsdk.server.security.tokens import DEFAULT_AUDIENCE
from worldsdk.server.state import StateFolder
from worldsdk.server.tls import server_context


@dataclass(frozen=True)
class Guard:
    """How a server is protected and what it keeps.

    Attributes:
        insecure_local: nobody needs a token; only where the server listens on loopback.
        keys: file of the key ring; with it every visitor needs a token.
        audience: the server's name in tokens. origins: pages besides its own that may connect.
        certificate, key: PEM files for TLS. state: folder of saved sessions.
        metrics_secret: file with what a scraper must present; None lets everybody on loopback read them.
    """

    insecure_local: bool = False
    keys: Path | None = None
    audience: str = DEFAULT_AUDIENCE
    origins: Sequence[str] = ()
    certificate: Path | None = None
    key: Path | None = None
    state: Path | None = None
    metrics_secret: Path | None = None


def hooks_for(world: World, host: str, guard: Guard) -> Hooks:
    """The parts around the core.

    Raises:
        ServeError: an address that others can reach without keys, or files that cannot be used.
        KeyRingError, StorageError: the key ring, the state folder.
    """
    door = make_door(
        host,
        keys=guard.keys,
        insecure_local=guard.insecure_local,
        allow_origins=guard.origins,
        audience=guard.audience,
    )
    if guard.key is not None and guard.certificate is None:
        raise ServeError("--tls-key without --tls-cert", fix="give both")
    metrics = PrometheusMetrics(world=world.manifest.name, version=_version())
    return Hooks(
        authority=door,
        images=BoundedImages(),
        metrics=metrics,
        routes=Site(exposition=metrics.exposition, metrics_secret=_secret(guard, local=is_loopback(host))),
        store=StateFolder(guard.state) if guard.state is not None else NothingKept(),
        tls=server_context(guard.certificate, guard.key) if guard.certificate is not None else None,
    )


def _secret(guard: Guard, *, local: bool) -> str | None:
    if guard.metrics_secret is None:
        # How many play, and when, is nobody's business beyond this machine.
        return None if local else ""
    try:
        secret = guard.metrics_secret.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ServeError("the secret cannot be read", where=str(guard.metrics_secret)) from error
    if not secret:
        raise ServeError("the secret is empty", where=str(guard.metrics_secret), fix="write one line into it")
    return secret


def _version() -> str:
    try:
        return version("worldsdk")
    except PackageNotFoundError:
        return "unknown"
