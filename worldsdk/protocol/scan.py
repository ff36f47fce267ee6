"""Counts what a msgpack value holds without building it: a short message can claim to be huge in memory."""

from __future__ import annotations

from worldsdk.errors import ProtocolError
from worldsdk.protocol.limits import MAX_DEPTH, MAX_VALUES

_FIXED = {0xC0: 0, 0xC2: 0, 0xC3: 0, 0xCA: 4, 0xCB: 8}
_FIXED |= {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}
"""First byte -> bytes that follow."""

_SIZED = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
"""First byte of bin and str -> width of the length that follows."""

_NESTED = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}
"""First byte of array and map -> width of the count, and values to an entry."""


def scan(data: bytes) -> int:
    """Returns the number of values, keys included.

    Raises:
        ProtocolError: more than ``MAX_VALUES``, deeper than ``MAX_DEPTH``, cut short, an ext type, or bytes
            left over.
    """
    at, end, seen = 0, len(data), 0
    # Values still to come at each open level.
    waiting = [1]
    while waiting:
        if not waiting[-1]:
            waiting.pop()
            continue
        waiting[-1] -= 1
        seen += 1
        if seen > MAX_VALUES:
            raise ProtocolError(f"the message holds more than {MAX_VALUES} values", fix="send fewer")
        if at >= end:
            raise ProtocolError("the message is cut short", fix="send one whole msgpack map")
        first = data[at]
        at += 1
        inside = 0
        if first <= 0x7F or first >= 0xE0:
            continue
        if first in _FIXED:
            at += _FIXED[first]
        elif first in _SIZED:
            width = _SIZED[first]
            at += width + int.from_bytes(data[at : at + width], "big")
        elif 0xA0 <= first <= 0xBF:
            at += first & 0x1F
        elif first in _NESTED:
            width, values = _NESTED[first]
            inside = values * int.from_bytes(data[at : at + width], "big")
            at += width
        elif first <= 0x8F:
            inside = 2 * (first & 0x0F)
        elif first <= 0x9F:
            inside = first & 0x0F
        else:
            raise ProtocolError("the message holds an ext type or an unused code", fix="send plain msgpack")
        if inside:
            if len(waiting) > MAX_DEPTH:
                raise ProtocolError(f"the message is nested deeper than {MAX_DEPTH}", fix="send flatter data")
            waiting.append(inside)
    if at != end:
        raise ProtocolError("the message does not end where its map ends", fix="send one map, whole")
    return seen
