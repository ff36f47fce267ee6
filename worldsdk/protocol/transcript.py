"""Scripted dialogues with wildcards: their form, and whether a message fits a pattern. No I/O.

A transcript is a header and steps, one JSON object a line in its file. A pattern is JSON: a map fits where
each of its keys does, whatever else there is; an array fits entry by entry; a map with one of these keys is a
wildcard:

* ``{"$any": true}``: anything that is there. ``{"$absent": true}``: nothing, or nil.
* ``{"$int": [low, high]}``, ``{"$float": [low, high]}``: a number in range, either end may be null.
* ``{"$str": least}``, ``{"$bin": least}``, ``{"$list": least}``: at least so long.
* ``{"$one_of": [...]}``: one of these patterns. ``{"$not": pattern}``: anything else.
* ``{"$has": "x"}``: an array or map with that entry, or a string with that part.
* ``{"$var": "name"}``: equal to what was kept; ``{"$var": "name", "plus": 3}`` adds.
* ``{"$keep": "name", "as": pattern}``: fits where ``as`` (default: anything) does, and is kept.

In messages to be sent ``$var`` works too, ``{"$next": "name"}`` counts 1, 2, ... and ``{"$base64": "..."}``
is ``bin``; what ``{"$token": true}`` stands for is left out where there is no token.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from worldsdk.errors import ProtocolError

Step = Mapping[str, Any]

MISSING: Any = object()
"""What a pattern is matched against where the message has no such key."""


@dataclass(frozen=True)
class Transcript:
    """One dialogue.

    Attributes:
        name: short, with dashes. about: one sentence.
        steps: in order.
        needs: capabilities the server must have for it; ``drain`` needs somebody to stop the server.
    """

    name: str
    about: str
    steps: tuple[Step, ...]
    needs: tuple[str, ...] = ()

    def to_lines(self) -> str:
        """The text of its ``.jsonl`` file."""
        header = {"transcript": self.name, "about": self.about, "needs": list(self.needs)}
        return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in (header, *self.steps))

    @classmethod
    def from_lines(cls, text: str, where: str = "") -> Transcript:
        """Raises ProtocolError for text that is no transcript."""
        try:
            header, *steps = (json.loads(line) for line in text.splitlines() if line.strip())
            known = all(isinstance(step, dict) and step.get("do") in ACTIONS for step in steps)
            if not known or not steps:
                raise ValueError(f"each line after the first needs a 'do' of {', '.join(ACTIONS)}")
            return cls(header["transcript"], header["about"], tuple(steps), tuple(header.get("needs", ())))
        except (ValueError, KeyError, TypeError) as error:
            raise ProtocolError(f"is no transcript ({error})", where=where, fix="see SPEC.md") from error


ACTIONS = {
    "connect": "opens a connection; with 'refused' the handshake must fail",
    "send": "sends 'message'",
    "send_hex": "sends the bytes in 'hex' as a binary message",
    "send_text": "sends 'text' as a text message",
    "send_bytes": "sends a ping that is 'bytes' long",
    "expect": "the next message but for the types in 'skip' must fit 'message'",
    "never": "for 'for_ms' no message may fit 'message'",
    "expect_close": "the connection must close with one of 'codes'; what still comes before is skipped",
    "drop": "cuts the connection without a word",
    "drain": "has the server stop",
    "repeat": "does 'steps' so many 'times'",
}
"""What a step may do."""


@dataclass
class Memory:
    """What one run of a transcript has kept.

    Attributes:
        token: makes what ``$token`` stands for, anew each time, since a server may take a token only once;
            None where there is none.
    """

    token: Callable[[], str] | None = None
    kept: dict[str, Any] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)

    def fill(self, template: Any) -> Any:
        """The message that ``template`` stands for.

        Raises:
            ProtocolError: it asks for something that was never kept.
        """
        if isinstance(template, Mapping):
            if "$var" in template:
                return self._kept(template)
            if "$next" in template:
                name = template["$next"]
                self.counters[name] = self.counters.get(name, 0) + 1
                return self.counters[name]
            if "$base64" in template:
                return base64.b64decode(template["$base64"])
            filled = {key: self.fill(item) for key, item in template.items() if item != {"$token": True}}
            if self.token is not None:
                filled |= {key: self.token() for key, item in template.items() if item == {"$token": True}}
            return filled
        if isinstance(template, (list, tuple)):
            return [self.fill(item) for item in template]
        return template

    def differences(self, pattern: Any, found: Any, where: str = "") -> list[str]:
        """Why ``found`` does not fit, one sentence each; empty where it does. Keeps what fits ``$keep``."""
        return list(self._compare(pattern, found, where or "message"))

    def _compare(self, pattern: Any, found: Any, where: str) -> Iterator[str]:
        if isinstance(pattern, Mapping):
            wildcard = next((key for key in pattern if key.startswith("$")), None)
            if wildcard is not None:
                yield from self._wildcard(wildcard, pattern, found, where)
            elif not isinstance(found, Mapping):
                yield f"{where} is {_show(found)}, not a map"
            else:
                # Of a message of another type the other differences say nothing.
                other = "t" in pattern and list(self._compare(pattern["t"], found.get("t", MISSING), where))
                for key, inner in {"t": pattern["t"]}.items() if other else pattern.items():
                    yield from self._compare(inner, found.get(key, MISSING), f"{where}.{key}")
        elif isinstance(pattern, (list, tuple)):
            if not isinstance(found, list) or len(found) != len(pattern):
                yield f"{where} is {_show(found)}, not an array of {len(pattern)}"
            else:
                for place, (inner, item) in enumerate(zip(pattern, found, strict=True)):
                    yield from self._compare(inner, item, f"{where}[{place}]")
        elif found is MISSING or found != pattern or isinstance(found, bool) != isinstance(pattern, bool):
            yield f"{where} is {_show(found)}, not {pattern!r}"

    def _wildcard(self, key: str, pattern: Mapping[str, Any], found: Any, where: str) -> Iterator[str]:
        given = pattern[key]
        if key == "$absent":
            if found is not MISSING and found is not None:
                yield f"{where} is {_show(found)}, and should not be there"
            return
        if found is MISSING:
            yield f"{where} is missing"
        elif key == "$keep":
            wrong = list(self._compare(pattern.get("as", {"$any": True}), found, where))
            if not wrong:
                self.kept[given] = found
            yield from wrong
        elif key == "$var":
            wanted = self._kept(pattern)
            if found != wanted:
                yield f"{where} is {_show(found)}, not {_show(wanted)} as before"
        elif key == "$not":
            if not list(self._compare(given, found, where)):
                yield f"{where} is {_show(found)}, which it should not be"
        elif key == "$one_of":
            if all(list(self._compare(one, found, where)) for one in given):
                yield f"{where} is {_show(found)}, none of {_show(given)}"
        elif key == "$has":
            if not isinstance(found, (list, Mapping, str)) or given not in found:
                yield f"{where} is {_show(found)}, without {given!r}"
        elif key in ("$int", "$float"):
            yield from _number(key, given, found, where)
        elif key in _LONG:
            kind, name = _LONG[key]
            if not isinstance(found, kind) or len(found) < given:
                yield f"{where} is {_show(found)}, not {name} of at least {given}"
        elif key != "$any":
            raise ProtocolError(f"there is no wildcard {key}", where=where, fix="see SPEC.md")

    def _kept(self, pattern: Mapping[str, Any]) -> Any:
        name = pattern["$var"]
        if name not in self.kept:
            raise ProtocolError(f"nothing was kept as {name!r}", fix="keep it in an earlier step")
        return self.kept[name] + pattern["plus"] if "plus" in pattern else self.kept[name]


_LONG: dict[str, tuple[type[Any], str]] = {
    "$str": (str, "a string"),
    "$bin": (bytes, "bin"),
    "$list": (list, "an array"),
}


def _number(key: str, limits: Sequence[float | None], found: Any, where: str) -> Iterator[str]:
    low, high = limits
    kinds = int if key == "$int" else (int, float)
    if not isinstance(found, kinds) or isinstance(found, bool):
        yield f"{where} is {_show(found)}, not {'an integer' if key == '$int' else 'a number'}"
    elif (low is not None and found < low) or (high is not None and found > high):
        yield f"{where} is {found}, not from {low} to {high}"


def _show(value: Any) -> str:
    if value is MISSING:
        return "missing"
    if isinstance(value, bytes):
        return f"bin of {len(value)} bytes"
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
