"""Whether peers that know an older schema still understand one another with those that know a newer one.

Old servers meet new clients and old clients meet new servers, so what one side may widen the other must not
narrow: within a major version a schema only gains messages, commands and optional fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

_FIXED = (
    "const",
    "enum",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "default",
    "x-sender",
    "x-capability",
    "x-msgpack",
    "x-minBytes",
    "x-maxBytes",
)
"""Keywords that must stay as they are. A default is one of them: senders leave out what has it."""


def breaks(old: Json, new: Json) -> list[str]:
    """What in ``new`` an old peer would stumble over, one sentence each; empty where nothing is."""
    found: list[str] = []
    for name, before in old["definitions"].items():
        after = new["definitions"].get(name)
        if after is None:
            found.append(f"{name} was removed")
        else:
            found += _compare(name, before, after)
    return found


def _compare(where: str, old: Json, new: Json) -> Iterator[str]:
    kinds = _kinds(old), _kinds(new)
    if kinds[0] != kinds[1]:
        yield f"{where} was retyped from {_names(kinds[0])} to {_names(kinds[1])}"
        return
    for key in _FIXED:
        if old.get(key) != new.get(key):
            yield f"{where} changed its {key} from {old.get(key)!r} to {new.get(key)!r}"
    before, after = set(old.get("required", ())), set(new.get("required", ()))
    yield from (f"{where}.{name} is newly required" for name in sorted(after - before))
    yield from (f"{where}.{name} is no longer required" for name in sorted(before - after))
    for name, field in old.get("properties", {}).items():
        if name not in new.get("properties", {}):
            yield f"{where}.{name} was removed"
        else:
            yield from _compare(f"{where}.{name}", field, new["properties"][name])
    inner, inner_now = old.get("items", {}), new.get("items", {})
    if isinstance(inner, list) and isinstance(inner_now, list) and len(inner) == len(inner_now):
        for place, (first, second) in enumerate(zip(inner, inner_now, strict=True)):
            yield from _compare(f"{where}[{place}]", first, second)
    elif isinstance(inner, dict) and isinstance(inner_now, dict):
        if inner or inner_now:
            yield from _compare(f"{where}[]", inner, inner_now)
    else:
        yield f"{where} changed its number of places"
    values, values_now = old.get("additionalProperties", {}), new.get("additionalProperties", {})
    if isinstance(values, dict) and isinstance(values_now, dict):
        if values or values_now:
            yield from _compare(f"{where}{{}}", values, values_now)
    elif values != values_now:
        yield f"{where} was retyped in its values"


def _kinds(body: Json) -> frozenset[str]:
    kinds = body.get("type", [])
    return frozenset([kinds] if isinstance(kinds, str) else kinds)


def _names(kinds: frozenset[str]) -> str:
    return " or ".join(sorted(kinds)) or "anything"
