"""Messages as JSON, for vectors, transcripts and schemas: ``bin`` is written ``{"$bin": "<base64>"}``."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from worldsdk.errors import ProtocolError

BIN = "$bin"


def to_json(value: Any) -> Any:
    """Plain data with every ``bytes`` replaced by its JSON form; tuples become lists."""
    if isinstance(value, bytes):
        return {BIN: base64.b64encode(value).decode("ascii")}
    if isinstance(value, Mapping):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    return value


def from_json(value: Any) -> Any:
    """The inverse of ``to_json``.

    Raises:
        ProtocolError: something that claims to be ``bin`` is not base64.
    """
    if isinstance(value, Mapping):
        if set(value) == {BIN}:
            return _bytes(value[BIN])
        return {key: from_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [from_json(item) for item in value]
    return value


def _bytes(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise ProtocolError(f"{BIN} holds no base64", fix="write bytes as base64") from error
