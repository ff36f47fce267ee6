"""The key ring: Ed25519 keys that sign and check tokens, with rotation, in one private JSON file.

A key goes through three times of life. Before ``nbf`` it is known but does not sign, so that every server
that reads the ring knows it before its first token turns up. From ``nbf`` on it signs (the youngest such
key does). After ``retire`` it signs no more, and checks tokens for as long as one of its tokens can live.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeGuard

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from worldsdk.errors import KeyRingError
from worldsdk.server.security.private_file import write_private

MAX_TOKEN_SECONDS = 600
"""A token is a ticket for one join, handed over at once; ten minutes is long for that already."""

ROTATION_LEAD_SECONDS = 60
"""A new key waits this long before it signs: longer than servers take to read the ring again."""

MAX_KEYS = 64
"""More keys than years of rotation leave behind; a longer file is not a ring."""

MAX_FILE_BYTES = 256 * 1024
"""Sixty-four keys take under 20 kB; reading stops well before a wrong file fills the memory."""

FORMAT = "worldsdk-keys-1"

_KID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class Key:
    """One key.

    Attributes:
        kid: its name in tokens' headers: 1 to 64 letters, digits, ``-`` or ``_``.
        public: 32 bytes, checks signatures.
        private: 32 bytes, signs; None in a ring for servers that only check.
        nbf: seconds since 1970 from which it signs.
        retire: seconds since 1970 from which it signs no more; None while it is in use.
    """

    kid: str
    public: bytes
    private: bytes | None
    nbf: int
    retire: int | None = None

    def signs(self, now: float) -> bool:
        return self.private is not None and self.nbf <= now and (self.retire is None or now < self.retire)

    def checks(self, now: float) -> bool:
        return self.retire is None or now < self.retire + MAX_TOKEN_SECONDS

    def signer(self) -> Ed25519PrivateKey:
        """Raises KeyRingError in a ring without private halves."""
        if self.private is None:
            raise KeyRingError(f"key {self.kid} has no private half", fix="sign where the full ring lies")
        return Ed25519PrivateKey.from_private_bytes(self.private)

    def checker(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(self.public)


def new_key(now: float, *, lead_seconds: float = 0) -> Key:
    """A fresh random key that signs from ``now + lead_seconds`` on."""
    private = Ed25519PrivateKey.generate()
    return Key(
        kid=secrets.token_hex(6),
        public=private.public_key().public_bytes_raw(),
        private=private.private_bytes_raw(),
        nbf=int(now + lead_seconds),
    )


@dataclass(frozen=True)
class KeyRing:
    """Keys by name; a value, so that a rotation is a new ring and never a half-changed one."""

    keys: tuple[Key, ...] = ()

    def signing_key(self, now: float) -> Key:
        """The youngest key that signs now.

        Raises:
            KeyRingError: there is none.
        """
        ready = [key for key in self.keys if key.signs(now)]
        if not ready:
            raise KeyRingError("no key of this ring signs now", fix="run: worldsdk keys rotate FILE")
        return max(ready, key=lambda key: key.nbf)

    def checking_key(self, kid: str, now: float) -> Key | None:
        """The key called ``kid``, or None where it is unknown or has been retired for too long."""
        return next((key for key in self.keys if key.kid == kid and key.checks(now)), None)

    def rotated(self, now: float, *, lead_seconds: float = ROTATION_LEAD_SECONDS) -> KeyRing:
        """This ring with one more key; the others retire when it begins, the long retired are left out."""
        fresh = new_key(now, lead_seconds=lead_seconds)
        kept = [
            replace(key, retire=fresh.nbf) if key.retire is None or key.retire > fresh.nbf else key
            for key in self.keys
            if key.checks(now)
        ]
        return KeyRing((*kept, fresh))

    def public_half(self) -> KeyRing:
        """The ring without private halves: enough to check tokens, useless to make them."""
        return KeyRing(tuple(replace(key, private=None) for key in self.keys))

    def to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "keys": [
                {
                    "kid": key.kid,
                    "alg": "EdDSA",
                    "public": _text(key.public),
                    **({"private": _text(key.private)} if key.private is not None else {}),
                    "nbf": key.nbf,
                    "retire": key.retire,
                }
                for key in self.keys
            ],
        }


def load_ring(path: Path) -> KeyRing:
    """Reads a ring.

    Raises:
        KeyRingError: no such file, not a ring, or (where it holds private halves) other users may read it.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            raw = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise KeyRingError(
            "there is no such file", where=str(path), fix=f"make one: worldsdk keys new {path}"
        ) from error
    except OSError as error:
        raise KeyRingError(f"cannot be read ({error.strerror or error})", where=str(path)) from error
    try:
        if len(raw) > MAX_FILE_BYTES:
            raise ValueError(f"it is larger than {MAX_FILE_BYTES} bytes")
        ring = parse_ring(json.loads(raw))
    except (ValueError, RecursionError) as error:
        raise KeyRingError(f"this is not a key ring: {error}", where=str(path)) from error
    if mode & 0o077 and any(key.private is not None for key in ring.keys):
        raise KeyRingError(
            f"other users of this machine may open it (mode {mode & 0o777:03o})",
            where=str(path),
            fix=f"run: chmod 600 {path}",
        )
    return ring


def save_ring(path: Path, ring: KeyRing) -> None:
    """Writes a ring whole, readable to its owner only. Raises StorageError."""
    write_private(path, (json.dumps(ring.to_json(), indent=2) + "\n").encode())


def parse_ring(data: Any) -> KeyRing:
    """The ring of parsed JSON. Raises ValueError naming what is wrong."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ValueError(f"'format' is not {FORMAT!r}")
    entries = data.get("keys")
    if not isinstance(entries, list) or not 1 <= len(entries) <= MAX_KEYS:
        raise ValueError(f"'keys' is not a list of 1 to {MAX_KEYS} keys")
    keys = tuple(_parse_key(entry) for entry in entries)
    if len({key.kid for key in keys}) != len(keys):
        raise ValueError("two keys have the same kid")
    return KeyRing(keys)


def _parse_key(entry: Any) -> Key:
    if not isinstance(entry, dict) or entry.get("alg") != "EdDSA":
        raise ValueError("a key's 'alg' is not 'EdDSA'")
    kid, nbf, retire = entry.get("kid"), entry.get("nbf"), entry.get("retire")
    if not isinstance(kid, str) or not _KID.fullmatch(kid):
        raise ValueError(f"kid {kid!r} is not 1 to 64 letters, digits, - or _")
    if not _is_time(nbf) or not (retire is None or _is_time(retire)):
        raise ValueError(f"'nbf' and 'retire' of key {kid} are not seconds since 1970")
    public = _bytes(entry.get("public"), f"'public' of key {kid}")
    private = _bytes(entry["private"], f"'private' of key {kid}") if "private" in entry else None
    key = Key(kid, public, private, nbf, retire)
    if private is not None and key.signer().public_key().public_bytes_raw() != public:
        raise ValueError(f"the halves of key {kid} do not belong together")
    return key


def _is_time(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**40


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: Any, what: str) -> bytes:
    try:
        if not isinstance(text, str) or len(text) != 43:
            raise ValueError
        return base64.b64decode(text + "=", altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise ValueError(f"{what} is not 32 bytes in base64url") from error
