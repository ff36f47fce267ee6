"""The door: an ``Authority`` that checks pages, tokens and numbers, in that order.

Without keys it lets in everybody of this machine, and answers to loopback's names only. With keys every
visitor needs a token, on any address.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl

from worldsdk.errors import AccessError, ForbiddenError, RateLimitedError, UnauthenticatedError
from worldsdk.server.hooks import Denied, Grant, Meter, RefusedError, Role
from worldsdk.server.security import tokens
from worldsdk.server.security.key_file import KeySource
from worldsdk.server.security.limits import ConnectionCount, ConnectionLimits
from worldsdk.server.security.origins import Origins
from worldsdk.server.security.rate import ConnectionMeter

if TYPE_CHECKING:
    from worldsdk.protocol.messages import Hello

SECRET_NAMES = frozenset(
    ("token", "access_token", "jwt", "auth", "authorization", "api_key", "key", "resume")
)
"""Query names that people put secrets under. URLs end up in logs, histories and screenshots."""

RETRY_MS = 2000
"""When to try again after a limit: limits before the hello pass within seconds."""

SEATED: frozenset[Role] = frozenset(("player", "stepper"))
"""The roles that have a seat to come back to. A viewer has none: for a viewer ``resume`` proves nothing."""

STATUS = {"unauthenticated": 401, "forbidden": 403, "rate_limited": 429}
"""Error code -> HTTP status, where there is no WebSocket yet to close with a code of ours."""


@dataclass(frozen=True)
class DoorGrant(Grant):
    """A grant that remembers more.

    Attributes:
        lockstep: an agent in lockstep has another allowance than a person.
        claims: of the token that it was given for.
    """

    lockstep: bool = False
    claims: tokens.Claims | None = None


class Door:
    """A server's ``Authority``.

    Args:
        keys: where tokens' keys come from; None lets everybody in without one.
        origins: the web pages that may connect.
        audience: this server's name in tokens.
        limits: numbers of connections.
        monotonic: seconds for rates. wall: seconds since 1970 for tokens.
    """

    def __init__(
        self,
        *,
        keys: KeySource | None = None,
        origins: Origins | None = None,
        audience: str = tokens.DEFAULT_AUDIENCE,
        limits: ConnectionLimits | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.origins = origins or Origins(loopback_names_only=keys is None)
        self.count = ConnectionCount(monotonic, limits)
        self._keys = keys
        self._audience = audience
        self._used = tokens.UsedTokens()
        self._monotonic = monotonic
        self._wall = wall

    def check_request(self, address: str, path: str, headers: Mapping[str, str]) -> Denied | None:
        """Before the upgrade: host, page, secrets in the URL, numbers; a token in the header is looked at.

        The token is only used up by ``admit``.
        """
        try:
            refuse_secrets(path)
            host = header(headers, "Host")
            self.origins.check_host(host)
            self.origins.check(header(headers, "Origin"), host)
            # Pages and health checks are answered however many play; a scraper's secret is no token.
            if (header(headers, "Upgrade") or "").lower() == "websocket":
                self.count.check(address)
                given = bearer(headers)
                if given is not None and self._keys is not None:
                    self._verify(given, headers)
        except AccessError as error:
            return denied(error)
        return None

    async def admit(self, address: str, headers: Mapping[str, str], hello: Hello) -> Grant:
        """The grant of a hello.

        With keys: of its token, from the hello or from ``Authorization: Bearer``. Whoever comes back with a
        resume token needs no other: it is a secret of this server, works once, and opens only its own seat.

        Raises:
            RefusedError: ``unauthenticated``, ``forbidden`` or ``rate_limited``.
        """
        try:
            grant = self._grant(headers, hello)
        except AccessError as error:
            raise refused(error) from error
        self.count.welcomed(address)
        return grant

    def give_back(self, grant: Grant) -> None:
        if isinstance(grant, DoorGrant) and grant.claims is not None:
            self._used.give_back(grant.claims)

    def connected(self, address: str) -> None:
        self.count.opened(address)

    def disconnected(self, address: str) -> None:
        self.count.closed(address)

    def meter(self, grant: Grant, rate_hz: float) -> Meter:
        lockstep = isinstance(grant, DoorGrant) and grant.lockstep
        return ConnectionMeter(rate_hz, self._monotonic, lockstep=lockstep)

    def _grant(self, headers: Mapping[str, str], hello: Hello) -> Grant:
        lockstep = hello.mode == "lockstep"
        if self._keys is None:
            return DoorGrant(lockstep=lockstep)
        given = hello.token or bearer(headers)
        if not given:
            if hello.resume and hello.role in SEATED:
                return DoorGrant(roles=SEATED, subject="resumed", lockstep=lockstep)
            raise UnauthenticatedError(
                "this server wants a token", where="hello", fix="make one: worldsdk token --keys FILE"
            )
        claims = self._verify(given, headers)
        if hello.role not in claims.roles:
            raise ForbiddenError(
                f"the token does not let in a {hello.role}",
                fix=f"it is for: {', '.join(sorted(claims.roles))}",
            )
        if claims.room is not None and hello.room and hello.room != claims.room:
            raise ForbiddenError(
                "the token is for another room", where="hello.room", fix="leave the room out"
            )
        self._used.use(claims, self._wall())
        return DoorGrant(
            roles=cast("frozenset[Role]", claims.roles),
            room=claims.room,
            subject=claims.subject,
            session_seconds=claims.session_seconds,
            lockstep=lockstep,
            claims=claims,
        )

    def _verify(self, token: str, headers: Mapping[str, str]) -> tokens.Claims:
        assert self._keys is not None
        now = self._wall()
        claims = tokens.verify(token, self._keys.ring(), now, audience=self._audience)
        origin = header(headers, "Origin")
        if claims.origins and origin is not None and not _among(origin, claims.origins):
            raise ForbiddenError("the token is not for pages of that origin", where="Origin")
        return claims


def header(headers: Mapping[str, str], name: str) -> str | None:
    """The value of a header, or None.

    Raises:
        ForbiddenError: it is there more than once: whichever is looked at, somebody else looks at the other.
    """
    try:
        return headers.get(name)
    except LookupError as error:
        raise ForbiddenError("the header is there more than once", where=name) from error


def bearer(headers: Mapping[str, str]) -> str | None:
    """The token of an ``Authorization: Bearer`` header, or None."""
    scheme, _, token = (header(headers, "Authorization") or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def refuse_secrets(path: str) -> None:
    """Raises ForbiddenError for a request whose query carries what looks like a secret."""
    query = path.partition("?")[2]
    if not query:
        return
    try:
        names = {name.lower() for name, _ in parse_qsl(query, keep_blank_values=True, max_num_fields=64)}
    except ValueError:
        names = set(SECRET_NAMES)
    if names & SECRET_NAMES:
        raise ForbiddenError(
            "secrets are not taken from the URL",
            where="query",
            fix="put the token into hello.token or the header 'Authorization: Bearer'",
        )


def denied(error: AccessError) -> Denied:
    """The HTTP answer for a refusal before the upgrade."""
    headers = {}
    if isinstance(error, UnauthenticatedError):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, RateLimitedError):
        headers["Retry-After"] = str(RETRY_MS // 1000)
    return Denied(STATUS.get(error.code, 403), str(error), headers)


def refused(error: AccessError) -> RefusedError:
    """The refusal of a hello, as the wire's error of the same code."""
    retry = RETRY_MS if isinstance(error, RateLimitedError) else None
    return RefusedError(error.code, error.what, where=error.where, fix=error.fix, retry_after_ms=retry)


def _among(origin: str, allowed: tuple[str, ...]) -> bool:
    return Origins(frozenset(allowed)).is_allowed(origin, None)
