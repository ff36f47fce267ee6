"""Tokens: a good one passes once; each way of being wrong is refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worldsdk.errors import KeyRingError, RateLimitedError, TokenError, UnauthenticatedError
from worldsdk.server.security.keyring import KeyRing, new_key
from worldsdk.server.security.tokens import LEEWAY_SECONDS, UsedTokens, sign, verify

NOW = 1_800_000_000.0
RING = KeyRing((new_key(NOW - 1000),))


def forged(
    payload: dict[str, Any] | None = None, headers: dict[str, Any] | None = None, ring: KeyRing = RING
) -> str:
    """A token with a right signature and whatever claims are given."""
    key = ring.keys[0]
    good = {"aud": "worldsdk", "sub": "a", "roles": ["player"], "jti": "1", "iat": NOW, "exp": NOW + 60}
    claims = {name: value for name, value in {**good, **(payload or {})}.items() if value is not ...}
    claims = {k: int(v) if isinstance(v, float) else v for k, v in claims.items()}
    return jwt.encode(claims, key.signer(), algorithm="EdDSA", headers={"kid": key.kid, **(headers or {})})


def test_claims_travel() -> None:
    token = sign(
        RING,
        NOW,
        roles={"viewer"},
        room="main",
        subject="ada",
        origins=("https://example.org",),
        session_seconds=60,
        audience="here",
        lifetime_seconds=30,
    )
    claims = verify(token, RING.public_half(), NOW + 29, audience="here")
    assert (claims.subject, claims.roles, claims.room) == ("ada", {"viewer"}, "main")
    assert (claims.origins, claims.session_seconds) == (("https://example.org",), 60)
    assert claims.expires == NOW + 30


def test_every_token_has_its_own_id() -> None:
    assert len({verify(sign(RING, NOW), RING, NOW).token_id for _ in range(50)}) == 50


@pytest.mark.parametrize(
    "later, good", [(0, True), (119, True), (120 + LEEWAY_SECONDS - 1, True), (120 + LEEWAY_SECONDS, False)]
)
def test_a_token_expires(later: float, good: bool) -> None:
    token = sign(RING, NOW, lifetime_seconds=120)
    if good:
        verify(token, RING, NOW + later)
    else:
        with pytest.raises(UnauthenticatedError, match="expired"):
            verify(token, RING, NOW + later)


def test_a_token_from_the_future_is_refused() -> None:
    with pytest.raises(UnauthenticatedError, match="future"):
        verify(sign(RING, NOW), RING, NOW - 60)


def test_a_key_of_another_ring_is_unknown() -> None:
    other = KeyRing((new_key(NOW - 1000),))
    with pytest.raises(UnauthenticatedError, match="unknown"):
        verify(sign(other, NOW), RING, NOW)


def test_another_key_under_a_known_name_is_a_wrong_signature() -> None:
    other = KeyRing((new_key(NOW - 1000),))
    with pytest.raises(UnauthenticatedError, match="signature"):
        verify(forged(headers={"kid": RING.keys[0].kid}, ring=other), RING, NOW)


def test_a_changed_claim_breaks_the_signature() -> None:
    head, body, signature = sign(RING, NOW, roles={"viewer"}).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["roles"] = ["player"]
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    with pytest.raises(UnauthenticatedError, match="signature"):
        verify(f"{head}.{body}.{signature}", RING, NOW)


def test_the_algorithm_is_pinned() -> None:
    claims = {
        "aud": "worldsdk",
        "sub": "a",
        "roles": ["player"],
        "jti": "1",
        "iat": int(NOW),
        "exp": int(NOW) + 9,
    }
    key = RING.keys[0]
    none = jwt.encode(claims, None, algorithm="none", headers={"kid": key.kid})
    # The classic confusion: the public key used as a shared secret.
    shared = jwt.encode(claims, key.public, algorithm="HS256", headers={"kid": key.kid})
    for token in (none, shared):
        with pytest.raises(UnauthenticatedError, match="EdDSA"):
            verify(token, RING, NOW)


def test_another_server_s_token_is_refused() -> None:
    with pytest.raises(UnauthenticatedError, match="another server"):
        verify(sign(RING, NOW, audience="there"), RING, NOW, audience="here")


@pytest.mark.parametrize("claim", ["aud", "sub", "jti", "iat", "exp"])
def test_a_missing_claim_is_refused(claim: str) -> None:
    with pytest.raises(UnauthenticatedError):
        verify(forged({claim: ...}), RING, NOW)


@pytest.mark.parametrize(
    "claims",
    [
        {"roles": ...},
        {"roles": []},
        {"roles": ["admin"]},
        {"roles": "player"},
        {"roles": [["player"]]},
        {"exp": NOW + 601},
        {"exp": NOW},
        {"exp": "soon"},
        {"iat": True},
        {"sub": ""},
        {"sub": "a\nb"},
        {"sub": "x" * 129},
        {"room": ""},
        {"room": 3},
        {"origins": "https://a"},
        {"origins": ["x"] * 17},
        {"origins": [1]},
        {"max_s": 0},
        {"max_s": 1e9},
        {"max_s": True},
    ],
    ids=str,
)
def test_a_claim_out_of_range_is_refused_though_signed(claims: dict[str, Any]) -> None:
    with pytest.raises(UnauthenticatedError):
        verify(forged(claims), RING, NOW)


@pytest.mark.parametrize("token", ["", ".", "a.b.c", "eyJ.eyJ.eyJ", "x" * 5000, "\u0000", "é.é.é"])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(UnauthenticatedError):
        verify(token, RING, NOW)


@given(st.text(max_size=300))
def test_any_text_is_refused_by_that_one_error(text: str) -> None:
    with pytest.raises(UnauthenticatedError):
        verify(text, RING, NOW)


@given(st.data())
def test_no_single_change_of_a_token_passes(data: st.DataObject) -> None:
    token = sign(RING, NOW)
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("ABCxyz019-_."))
    changed = token[:place] + letter + token[place + 1 :]
    try:
        claims = verify(changed, RING, NOW)
    except UnauthenticatedError:
        return
    # The last letter of each part carries unused bits: the same bytes may be written in more than one way.
    assert claims == verify(token, RING, NOW)


@pytest.mark.parametrize("seconds", [0, -1, 601])
def test_a_token_is_made_for_ten_minutes_at_most(seconds: int) -> None:
    with pytest.raises(TokenError, match="1 to 600"):
        sign(RING, NOW, lifetime_seconds=seconds)


def test_a_token_with_impossible_claims_is_not_made() -> None:
    with pytest.raises(TokenError, match="roles"):
        sign(RING, NOW, roles={"king"})
    with pytest.raises(KeyRingError):
        sign(RING.public_half(), NOW)


def test_a_token_is_used_once() -> None:
    used = UsedTokens()
    claims = verify(sign(RING, NOW), RING, NOW)
    used.use(claims, NOW)
    for later in (0.0, 60.0, 120.0 + LEEWAY_SECONDS - 1):
        with pytest.raises(UnauthenticatedError, match="before"):
            used.use(claims, NOW + later)


def test_memory_of_used_tokens_is_bounded_and_forgets_only_the_expired() -> None:
    used = UsedTokens(capacity=3)
    for _ in range(3):
        used.use(verify(sign(RING, NOW), RING, NOW), NOW)
    with pytest.raises(RateLimitedError):
        used.use(verify(sign(RING, NOW), RING, NOW), NOW)
    later = NOW + 200
    used.use(verify(sign(RING, later), RING, later), later)
    assert len(used) == 1
