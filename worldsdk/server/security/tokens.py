"""Tokens: signed, short-lived tickets for one join. EdDSA JWTs whose claims are all checked here.

A token says for which server it is (``aud``), who comes (``sub``), as what (``roles``), into which room,
from which web pages (``origins``), how long they may stay, and carries a ``jti`` that is accepted once.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

import jwt

from worldsdk.errors import RateLimitedError, TokenError, UnauthenticatedError
from worldsdk.server.hooks import Role
from worldsdk.server.security.keyring import MAX_TOKEN_SECONDS, KeyRing

ROLES: frozenset[str] = frozenset(get_args(Role))

DEFAULT_AUDIENCE = "worldsdk"
"""What tokens are addressed to where a server was given no name of its own."""

DEFAULT_TOKEN_SECONDS = 120
"""Long enough to copy a command to a second terminal, short enough to be useless in a log later."""

MAX_TOKEN_CHARACTERS = 2048
"""An honest token takes about 500; nothing longer is even parsed."""

MAX_TEXT = 128
"""Characters of a subject, a room or a token's id: names, not letters."""

MAX_ORIGINS = 16
"""Web pages that one token may be used from."""

MAX_SESSION_SECONDS = 86_400
"""A day: whoever wants to stay longer comes back with a new token."""

LEEWAY_SECONDS = 5
"""Two machines' wall clocks under NTP agree far better than this."""

MAX_REMEMBERED = 100_000
"""Used-up tokens that are remembered until they expire: 160 joins a second, about 20 MB."""

_ALGORITHM = "EdDSA"
_TOKEN_FIX = "ask whoever runs the server for a new one: worldsdk token --keys FILE"


@dataclass(frozen=True)
class Claims:
    """What a token says.

    Attributes:
        subject: who it is for; 1 to 128 characters, for limits and logs.
        roles: the roles that may be taken; at least one.
        room: the only room; None for any.
        origins: web origins (``https://host[:port]``) that a browser may come from; empty for any that the
            server allows.
        session_seconds: the longest stay; None for the server's limit.
        audience: the server's name.
        token_id: ``jti``, used once.
        issued, expires: seconds since 1970.
    """

    subject: str
    roles: frozenset[str]
    room: str | None
    origins: tuple[str, ...]
    session_seconds: int | None
    audience: str
    token_id: str
    issued: int
    expires: int


def sign(
    ring: KeyRing,
    now: float,
    *,
    roles: frozenset[str] | set[str] = ROLES,
    room: str | None = None,
    subject: str = "guest",
    origins: tuple[str, ...] = (),
    session_seconds: int | None = None,
    audience: str = DEFAULT_AUDIENCE,
    lifetime_seconds: int = DEFAULT_TOKEN_SECONDS,
) -> str:
    """A fresh token, signed with the ring's present key.

    Raises:
        KeyRingError: no key signs now.
        TokenError: a claim is out of its range (see ``Claims``; a lifetime is 1 to 600 s).
    """
    if not 1 <= lifetime_seconds <= MAX_TOKEN_SECONDS:
        raise TokenError(f"a token cannot live {lifetime_seconds} s", fix=f"choose 1 to {MAX_TOKEN_SECONDS}")
    key = ring.signing_key(now)
    payload: dict[str, Any] = {
        "aud": audience,
        "sub": subject,
        "roles": sorted(roles),
        "jti": secrets.token_urlsafe(16),
        "iat": int(now),
        "exp": int(now) + lifetime_seconds,
    }
    if room is not None:
        payload["room"] = room
    if origins:
        payload["origins"] = list(origins)
    if session_seconds is not None:
        payload["max_s"] = session_seconds
    try:
        _claims(payload, audience)
    except UnauthenticatedError as error:
        raise TokenError(error.what, fix=error.fix) from error
    return jwt.encode(payload, key.signer(), algorithm=_ALGORITHM, headers={"kid": key.kid})


def key_name(token: str) -> str:
    """The name of the key that a token says it was signed with; nothing is believed yet.

    Raises:
        UnauthenticatedError: this is no token.
    """
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise UnauthenticatedError("the token is too long", fix=_TOKEN_FIX)
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise UnauthenticatedError("the token cannot be read", fix=_TOKEN_FIX) from error
    kid = header.get("kid")
    # The algorithm is pinned: a token never chooses how it is checked.
    if header.get("alg") != _ALGORITHM or not isinstance(kid, str):
        raise UnauthenticatedError("the token is not an EdDSA token with a key id", fix=_TOKEN_FIX)
    return kid


def verify(token: str, ring: KeyRing, now: float, *, audience: str = DEFAULT_AUDIENCE) -> Claims:
    """The claims of a good token.

    Raises:
        UnauthenticatedError: unknown key, wrong signature, expired, not yet valid, for another server, or a
            claim missing or out of range. Signatures are checked before any claim is looked at.
    """
    key = ring.checking_key(key_name(token), now)
    if key is None:
        raise UnauthenticatedError("the token was signed with a key unknown here", fix=_TOKEN_FIX)
    try:
        # Times are checked below against the given clock, with a bound on the whole life that PyJWT lacks.
        payload = jwt.decode(
            token,
            key.checker(),
            algorithms=[_ALGORITHM],
            audience=audience,
            options={
                "require": ["aud", "sub", "jti", "iat", "exp"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except jwt.InvalidAudienceError as error:
        raise UnauthenticatedError("the token is for another server", fix=_TOKEN_FIX) from error
    except jwt.MissingRequiredClaimError as error:
        raise UnauthenticatedError(f"the token lacks {error.claim!r}", fix=_TOKEN_FIX) from error
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise UnauthenticatedError("the token's signature is not right", fix=_TOKEN_FIX) from error
    claims = _claims(payload, audience)
    if claims.expires <= now - LEEWAY_SECONDS:
        raise UnauthenticatedError("the token has expired", fix=_TOKEN_FIX)
    if claims.issued > now + LEEWAY_SECONDS:
        raise UnauthenticatedError("the token is from the future", fix="set the clocks of both machines")
    return claims


class UsedTokens:
    """Remembers which tokens were used, each until it has expired anyway. Bounded; one per server."""

    def __init__(self, capacity: int = MAX_REMEMBERED) -> None:
        self._capacity = capacity
        self._expiry: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._expiry)

    def use(self, claims: Claims, now: float) -> None:
        """Marks a token as used.

        Raises:
            UnauthenticatedError: it was used before.
            RateLimitedError: so many unexpired ones are remembered that none more fits. Forgetting one
                instead would let it be used twice.
        """
        if len(self._expiry) >= self._capacity:
            self._expiry = {name: until for name, until in self._expiry.items() if until > now}
        if claims.token_id in self._expiry:
            raise UnauthenticatedError("the token was used before", fix=_TOKEN_FIX)
        if len(self._expiry) >= self._capacity:
            raise RateLimitedError("too many tokens were used in a short time", fix="try again in a minute")
        self._expiry[claims.token_id] = claims.expires + LEEWAY_SECONDS + 1

    def give_back(self, claims: Claims) -> None:
        """Makes a token good for another try: it let its bearer in, and there was no place."""
        self._expiry.pop(claims.token_id, None)


def _claims(payload: Mapping[str, Any], audience: str) -> Claims:
    roles, origins = payload.get("roles"), payload.get("origins", [])
    if (
        not isinstance(roles, list)
        or not roles
        or any(not isinstance(role, str) or role not in ROLES for role in roles)
    ):
        raise _bad("roles", f"one or more of {', '.join(sorted(ROLES))}")
    if (
        not isinstance(origins, list)
        or len(origins) > MAX_ORIGINS
        or any(not isinstance(origin, str) or len(origin) > MAX_TEXT for origin in origins)
    ):
        raise _bad("origins", f"at most {MAX_ORIGINS} web origins")
    room = payload.get("room")
    if room is not None and not _is_text(room):
        raise _bad("room", f"1 to {MAX_TEXT} characters")
    stay = payload.get("max_s")
    if stay is not None and (not _is_int(stay) or not 1 <= stay <= MAX_SESSION_SECONDS):
        raise _bad("max_s", f"1 to {MAX_SESSION_SECONDS} seconds")
    issued, expires = payload["iat"], payload["exp"]
    if not _is_int(issued) or not _is_int(expires) or not 0 < expires - issued <= MAX_TOKEN_SECONDS:
        raise _bad("exp", f"at most {MAX_TOKEN_SECONDS} s after 'iat'")
    for name in ("sub", "jti"):
        if not _is_text(payload[name]):
            raise _bad(name, f"1 to {MAX_TEXT} characters")
    return Claims(
        subject=payload["sub"],
        roles=frozenset(roles),
        room=room,
        origins=tuple(origins),
        session_seconds=stay,
        audience=audience,
        token_id=payload["jti"],
        issued=issued,
        expires=expires,
    )


def _bad(claim: str, right: str) -> UnauthenticatedError:
    return UnauthenticatedError(f"the token's {claim!r} is out of range", fix=f"it should be {right}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= MAX_TEXT and value.isprintable()


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
