"""The type hints of a message, read once into small values that checks and schemas are both made from.

A hint is one of: ``int`` (0 to 2**53 - 1 unless ``Range`` says else), ``float`` (finite), ``bool``, ``str``,
``bytes``, ``Literal`` of strings, ``tuple[X, ...]``, ``tuple[X, Y]``, ``Mapping[str, X]``, a ``TypedDict``,
``Any`` (plain data), or ``X | None``. ``Annotated`` adds a ``Range``, a ``Most``, a ``Form``, and plain
strings that describe the field for readers of the schema.
"""

from __future__ import annotations

import dataclasses
import sys
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    NotRequired,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from worldsdk.protocol.limits import MAX_INTEGER, MAX_ITEMS, MAX_MESSAGE_BYTES, MAX_TEXT

REQUIRED: Any = dataclasses.MISSING
"""Stands where a field has no default."""


@dataclass(frozen=True)
class Range:
    """A number from ``low`` to ``high``, both allowed."""

    low: float
    high: float


@dataclass(frozen=True)
class Most:
    """At most so many characters, bytes or entries; and at least ``least``."""

    most: int
    least: int = 0


@dataclass(frozen=True)
class Form:
    """A mapping that must have the keys of a ``TypedDict``, though Python code sees a plain mapping."""

    record: Any


Kind = Literal["int", "float", "bool", "str", "bytes", "choice", "list", "fixed", "map", "record", "any"]


@dataclass(frozen=True)
class Shape:
    """What a value may be.

    Attributes:
        kind: of value.
        low, high: of a number; of the length of anything that has one.
        choices: the strings allowed, where ``kind`` is choice.
        items: of a list or map the one inner shape; of a fixed array one for each place.
        fields: of a record.
        nullable: whether nil stands for "not given".
    """

    kind: Kind
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()
    items: tuple[Shape, ...] = ()
    fields: tuple[Field, ...] = ()
    nullable: bool = False


@dataclass(frozen=True)
class Field:
    """One key of a message or record; ``default`` is ``REQUIRED`` where it must be there."""

    name: str
    shape: Shape
    default: Any
    about: str

    @property
    def required(self) -> bool:
        return self.default is REQUIRED


def fields_of(owner: type) -> tuple[Field, ...]:
    """The fields of a dataclass or ``TypedDict``, in order."""
    hints = get_type_hints(owner, include_extras=True)
    if is_typeddict(owner):
        # Not __required_keys__: it does not see NotRequired in annotations that are still strings.
        defaults = {n: None if get_origin(hint) is NotRequired else REQUIRED for n, hint in hints.items()}
        hints = {n: get_args(hint)[0] if defaults[n] is None else hint for n, hint in hints.items()}
    else:
        defaults = {f.name: _default(f) for f in dataclasses.fields(owner)}
    return tuple(
        Field(name, shape_of(hint), defaults[name], _about(hint))
        for name, hint in hints.items()
        if get_origin(hint) is not ClassVar
    )


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _about(hint: Any) -> str:
    return " ".join(rule for rule in _rules(hint) if isinstance(rule, str))


def _rules(hint: Any) -> tuple[Any, ...]:
    return tuple(get_args(hint)[1:]) if get_origin(hint) is Annotated else ()


def shape_of(hint: Any) -> Shape:
    """Raises TypeError for a hint that the wire has no form for: a fault of our own code."""
    rules = _rules(hint)
    plain = get_args(hint)[0] if rules else hint
    origin, args = get_origin(plain), get_args(plain)
    if origin in (Union, types.UnionType):
        inner = [arg for arg in args if arg is not type(None)]
        if len(inner) == 1:
            return dataclasses.replace(_ruled(inner[0], rules), nullable=True)
    return _ruled(plain, rules)


def _ruled(hint: Any, rules: tuple[Any, ...]) -> Shape:
    if get_origin(hint) is Annotated:
        return shape_of(Annotated[(hint, *rules)]) if rules else shape_of(hint)
    for rule in rules:
        if isinstance(rule, Form):
            return Shape("record", fields=fields_of(rule.record))
    shape = _plain(hint)
    for rule in rules:
        if isinstance(rule, Range):
            shape = dataclasses.replace(shape, low=rule.low, high=rule.high)
        elif isinstance(rule, Most):
            shape = dataclasses.replace(shape, low=rule.least, high=rule.most)
    return shape


_SIMPLE: dict[Any, Shape] = {
    int: Shape("int", 0, MAX_INTEGER),
    float: Shape("float", -sys.float_info.max, sys.float_info.max),
    bool: Shape("bool"),
    str: Shape("str", 0, MAX_TEXT),
    bytes: Shape("bytes", 0, MAX_MESSAGE_BYTES),
    Any: Shape("any"),
}


def _plain(hint: Any) -> Shape:
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    if is_typeddict(hint):
        return Shape("record", fields=fields_of(hint))
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return Shape("choice", choices=tuple(args))
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        return Shape("list", 0, MAX_ITEMS, items=(shape_of(args[0]),))
    if origin is tuple:
        return Shape("fixed", len(args), len(args), items=tuple(shape_of(arg) for arg in args))
    if origin is Mapping and args[0] is str:
        return Shape("map", 0, MAX_ITEMS, items=(shape_of(args[1]),))
    raise TypeError(f"the wire has no form for {hint!r}")
