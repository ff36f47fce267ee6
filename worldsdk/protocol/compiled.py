"""A message's checks as one function, for the messages of every tick.

Checks one by one (``checks``) know what to say about a fault, and take a call for each field. Here all
conditions of a message are written out as one Python function, which is compiled from its shapes and knows
nothing but yes and no: yes for what is right beyond doubt, and everything else is for the checks to judge.
So the two never differ in what they take; values that need a second look only take the longer way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from worldsdk.protocol.checks import MAX_KEY
from worldsdk.protocol.shapes import REQUIRED, Field, Shape

T = TypeVar("T")

MOST_ENTRIES = 64
"""Of a map or array that is judged here: so few that no limit on all values of a message is met."""

_TYPES = {"int": "int", "float": "float", "str": "str", "bytes": "bytes"}


def quick_reader(cls: type[T], fields: tuple[Field, ...]) -> Callable[[dict[str, Any]], T | None] | None:
    """Makes a message of type ``cls`` from an unpacked map, ``t`` included, all of whose keys it knows.

    Returns:
        the function, which returns None where it is in doubt; None where some field has no simple form.
    """
    source = _Source()
    for field in fields:
        if field.required and field.shape.nullable:
            return None
        name = repr(field.name)
        found = source.holds(field.shape, "x", "list")
        if found is None:
            return None
        kept = "tuple(x)" if field.shape.kind in ("list", "fixed") else "x"
        if field.required:
            source.line(f"x = get({name})")
            source.line(f"if not ({found}): return None")
            source.line(f"into[{name}] = {kept}")
            continue
        source.line(f"x = get({name}, MISSING)")
        source.line("if x is MISSING or x is None:")
        source.line(f"    into[{name}] = {source.default(field)}")
        source.line("    known -= x is MISSING")
        source.line(f"elif not ({found}): return None")
        source.line(f"else: into[{name}] = {kept}")
    # Keys that nobody knows may hold what no message may hold.
    source.line("return made if len(value) == known else None")
    head = ["made = NEW(CLS)", "into = made.__dict__", "get = value.get", f"known = {len(fields) + 1}"]
    return source.function("value", head, {"NEW": cls.__new__, "CLS": cls, "MISSING": REQUIRED})


def quick_writer(
    name: str, fields: tuple[Field, ...]
) -> Callable[[dict[str, Any]], dict[str, Any] | None] | None:
    """Makes the map that travels for a message of type ``name`` from all of its fields; those at their
    default are left out.

    Returns: as ``quick_reader``.
    """
    source = _Source()
    for field in fields:
        key = repr(field.name)
        found = source.holds(field.shape, "x", "tuple")
        if found is None:
            return None
        source.line(f"x = fields[{key}]")
        if field.required:
            source.line(f"if not ({found}): return None")
            source.line(f"out[{key}] = x")
        else:
            default = source.constant(field.default)
            source.line(f"if x is not {default} and x != {default}:")
            source.line(f"    if not ({found}): return None")
            source.line(f"    out[{key}] = x")
    source.line("return out")
    return source.function("fields", [f"out = {{'t': {name!r}}}"], {})


class _Source:
    """The text of one function, and what it refers to by name."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._names: dict[str, Any] = {}

    def line(self, text: str) -> None:
        self._lines.append(text)

    def constant(self, value: Any) -> str:
        name = f"C{len(self._names)}"
        self._names[name] = value
        return name

    def default(self, field: Field) -> str:
        # Whoever gets a message may write into its maps, so each has its own.
        return "{}" if field.default == {} else self.constant(field.default)

    def holds(self, shape: Shape, x: str, arrays: str) -> str | None:
        """The condition that ``x`` is right beyond doubt; ``arrays``: what an array is on this side."""
        plain = self._plain(shape, x, arrays)
        return f"{x} is None or ({plain})" if plain is not None and shape.nullable else plain

    def _plain(self, shape: Shape, x: str, arrays: str) -> str | None:
        kind, low, high = shape.kind, shape.low, shape.high
        if kind in ("int", "float"):
            return f"type({x}) is {kind} and {low!r} <= {x} <= {high!r}"
        if kind == "bool":
            return f"{x} is True or {x} is False"
        if kind in _TYPES:
            return f"type({x}) is {_TYPES[kind]} and {low!r} <= len({x}) <= {high!r}"
        if kind == "choice":
            return f"type({x}) is str and {x} in {self.constant(frozenset(shape.choices))}"
        if kind == "fixed":
            parts = [self.holds(item, f"{x}[{at}]", arrays) for at, item in enumerate(shape.items)]
            whole = [f"type({x}) is {arrays}", f"len({x}) == {len(parts)}", *(f"({part})" for part in parts)]
            return None if None in parts else " and ".join(whole)
        if kind in ("list", "map") and shape.items[0].kind not in ("list", "map", "fixed"):
            inner = self.holds(shape.items[0], "y", arrays)
            if inner is None:
                return None
            most = min(high, MOST_ENTRIES)
            if kind == "list":
                every = self._every(f"for y in {x}:", inner)
                return f"type({x}) is {arrays} and {low!r} <= len({x}) <= {most!r} and {every}({x})"
            every = self._every(
                f"for k, y in {x}.items():", f"type(k) is str and len(k) <= {MAX_KEY} and ({inner})"
            )
            return f"type({x}) is dict and (not {x} or len({x}) <= {most!r} and {every}({x}))"
        return None

    def _every(self, loop: str, condition: str) -> str:
        text = f"def every(x):\n {loop}\n  if not ({condition}): return False\n return True"
        return self.constant(_compiled(text, "every", self._names))

    def function(self, argument: str, head: list[str], names: Mapping[str, Any]) -> Callable[[Any], Any]:
        body = "\n ".join([*head, *self._lines])
        return _compiled(f"def quick({argument}):\n {body}", "quick", {**self._names, **names})


def _compiled(text: str, name: str, names: Mapping[str, Any]) -> Callable[[Any], Any]:
    # The text is made of shapes and field names of our own classes, never of anything that was received.
    space = dict(names)
    exec(compile(text, f"<{__name__}>", "exec"), space)
    made: Callable[[Any], Any] = space[name]
    return made
