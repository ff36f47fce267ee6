"""Checks compiled from shapes: each takes a value, returns it as Python code wants it, or refuses it.

The same checks run on what arrives and on what is sent, so that nothing leaves that a peer would refuse.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from worldsdk.errors import ProtocolError
from worldsdk.protocol.limits import MAX_DEPTH, MAX_INTEGER, MAX_NAME, MAX_VALUES
from worldsdk.protocol.shapes import Field, Shape

Check = Callable[[Any], Any]

MAX_KEY = 128
"""Characters of a map key that carries a name of its own; unknown keys of messages may be longer."""


def refuse(where: str, what: str, fix: str) -> NoReturn:
    raise ProtocolError(what, where=where, fix=fix)


def kind_of(value: Any) -> str:
    """What a value is called in msgpack."""
    if value is None:
        return "nil"
    names = {bool: "bool", int: "an integer", float: "a float", str: "a string", bytes: "bin"}
    for kind, name in names.items():
        if type(value) is kind:
            return name
    if isinstance(value, Mapping):
        return "a map"
    return "an array" if isinstance(value, (list, tuple)) else f"a Python {type(value).__name__}"


def check_of(shape: Shape, where: str) -> Check:
    """The check for ``shape``; ``where`` names the field in refusals, e.g. ``"input.seq"``."""
    check = _MAKERS[shape.kind](shape, where)
    if not shape.nullable:
        return check

    def nullable(value: Any) -> Any:
        return None if value is None else check(value)

    return nullable


def _int(shape: Shape, where: str) -> Check:
    low, high = int(shape.low), int(shape.high)

    def check(value: Any) -> Any:
        if isinstance(value, int) and low <= value <= high and value is not True and value is not False:
            return value
        found = value if type(value) is int else kind_of(value)
        refuse(where, f"is {found}", f"give an integer from {low} to {high}")

    return check


def _float(shape: Shape, where: str) -> Check:
    low, high = shape.low, shape.high

    def check(value: Any) -> Any:
        # NaN fails both comparisons, infinity one of them.
        if type(value) is float and low <= value <= high:
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        found = value if type(value) in (int, float) else kind_of(value)
        refuse(where, f"is {found}", f"give a finite number from {low:g} to {high:g}")

    return check


def _bool(shape: Shape, where: str) -> Check:
    def check(value: Any) -> Any:
        if value is True or value is False:
            return value
        refuse(where, f"is {kind_of(value)}", "give true or false")

    return check


def _sized(kind: type, name: str, unit: str) -> Callable[[Shape, str], Check]:
    def make(shape: Shape, where: str) -> Check:
        low, high = int(shape.low), int(shape.high)

        def check(value: Any) -> Any:
            if isinstance(value, kind) and low <= len(value) <= high:  # type: ignore[arg-type]
                return value
            found = f"has {len(value)} {unit}" if isinstance(value, kind) else f"is {kind_of(value)}"  # type: ignore[arg-type]
            refuse(where, found, f"give {name} of {low} to {high} {unit}")

        return check

    return make


def _choice(shape: Shape, where: str) -> Check:
    allowed = frozenset(shape.choices)

    def check(value: Any) -> Any:
        if isinstance(value, str) and value in allowed:
            return value
        found = repr(value[:MAX_NAME]) if isinstance(value, str) else kind_of(value)
        refuse(where, f"is {found}", f"give one of {list(shape.choices)}")

    return check


def _list(shape: Shape, where: str) -> Check:
    inner = check_of(shape.items[0], f"{where}[]")
    low, high = int(shape.low), int(shape.high)

    def check(value: Any) -> Any:
        if isinstance(value, (list, tuple)) and low <= len(value) <= high:
            return tuple([inner(item) for item in value])
        found = f"has {len(value)} entries" if isinstance(value, (list, tuple)) else f"is {kind_of(value)}"
        refuse(where, found, f"give an array of {low} to {high} entries")

    return check


def _fixed(shape: Shape, where: str) -> Check:
    inner = [check_of(item, f"{where}[{place}]") for place, item in enumerate(shape.items)]
    size = len(inner)

    def check(value: Any) -> Any:
        if isinstance(value, (list, tuple)) and len(value) == size:
            return tuple([one(item) for one, item in zip(inner, value, strict=True)])
        found = f"has {len(value)} entries" if isinstance(value, (list, tuple)) else f"is {kind_of(value)}"
        refuse(where, found, f"give an array of {size} entries")

    return check


def _map(shape: Shape, where: str) -> Check:
    inner = check_of(shape.items[0], f"{where}{{}}")
    high = int(shape.high)

    def check(value: Any) -> Any:
        if type(value) is not dict and not isinstance(value, Mapping):
            refuse(where, f"is {kind_of(value)}", "give a map")
        if len(value) > high:
            refuse(where, f"has {len(value)} entries", f"give at most {high}")
        for key in value:
            if (type(key) is not str and not isinstance(key, str)) or len(key) > MAX_KEY:
                refuse(where, "has a key that is no name", f"give strings of at most {MAX_KEY} characters")
        return {key: inner(item) for key, item in value.items()}

    return check


def _record(shape: Shape, where: str) -> Check:
    read = reader(shape.fields, where)

    def check(value: Any) -> Any:
        if not isinstance(value, Mapping):
            refuse(where, f"is {kind_of(value)}", "give a map")
        return read(value)

    return check


def _any(shape: Shape, where: str) -> Check:
    def check(value: Any) -> Any:
        check_plain(value, where)
        return value

    return check


_MAKERS: dict[str, Callable[[Shape, str], Check]] = {
    "int": _int,
    "float": _float,
    "bool": _bool,
    "str": _sized(str, "a string", "characters"),
    "bytes": _sized(bytes, "bin", "bytes"),
    "choice": _choice,
    "list": _list,
    "fixed": _fixed,
    "map": _map,
    "record": _record,
    "any": _any,
}


def reader(fields: tuple[Field, ...], where: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Takes a map, returns its known and given keys, each checked; unknown keys are left out.

    A key that may be missing counts as missing where it is nil.
    """
    plan = [(field.name, check_of(field.shape, f"{where}.{field.name}"), field.required) for field in fields]
    keeps_nil = {field.name for field in fields if field.required and field.shape.nullable}

    def read(value: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for name, check, required in plan:
            item = value.get(name)
            if item is not None:
                found[name] = check(item)
            elif name in keeps_nil and name in value:
                found[name] = None
            elif required:
                refuse(f"{where}.{name}", "is nil" if name in value else "is missing", "give it")
        return found

    return read


_PLAIN_LEAVES = frozenset({str, bytes, bool, type(None)})
"""Types of which every value may be sent."""


def check_plain(value: Any, where: str) -> int:
    """Refuses what no message may hold at any place: NaN, huge integers, deep nesting, keys that are no
    strings, types that are not plain. Returns how many values there are, keys included."""
    _check_leaf(value, where)
    return _walk(value, where, 0, 1) if type(value) in (dict, list, tuple) else 1


def _walk(value: Any, where: str, depth: int, seen: int) -> int:
    if depth == MAX_DEPTH:
        refuse(where, f"is nested deeper than {MAX_DEPTH}", "send flatter data")
    items = value
    seen += len(value)
    if type(value) is dict:
        # Keys count as values do: both take memory.
        seen += len(value)
        for key in value:
            if type(key) is not str and not isinstance(key, str):
                refuse(where, f"has a key that is {kind_of(key)}", "use strings as keys")
        items = value.values()
    if seen > MAX_VALUES:
        refuse(where, f"holds more than {MAX_VALUES} values", "send fewer")
    for item in items:
        kind = type(item)
        # Most of a frame is numbers: they are told here, and looked at again only to be refused.
        if (
            kind in _PLAIN_LEAVES
            or (kind is int and -MAX_INTEGER <= item <= MAX_INTEGER)
            or (kind is float and -math.inf < item < math.inf)
        ):
            continue
        if kind is dict or kind is list or kind is tuple:
            seen = _walk(item, where, depth + 1, seen)
        else:
            _check_leaf(item, where)
    return seen


def _check_leaf(value: Any, where: str) -> None:
    kind = type(value)
    if kind is float:
        if not -math.inf < value < math.inf:
            refuse(where, f"holds {value}", "send finite numbers")
    elif kind is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            refuse(where, f"holds {value}", f"send integers within {MAX_INTEGER}")
    elif kind not in _PLAIN_LEAVES and kind not in (dict, list, tuple):
        refuse(where, f"holds {kind_of(value)}", "send nil, bool, numbers, strings, bin, arrays and maps")
