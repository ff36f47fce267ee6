"""A message of which most is the same for many receivers: that part is checked and packed once.

The order of keys means nothing on the wire, so what differs stands first and the rest is copied behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgpack

from worldsdk.protocol.codec import to_map
from worldsdk.protocol.messages import Message


@dataclass(frozen=True)
class Stencil:
    """Made by ``stencil``.

    Attributes:
        head: ``t``, packed as key and value. own: the keys that are left open, packed.
        rest: all other keys and values, packed. entries: how many the whole map has.
    """

    head: bytes
    own: tuple[bytes, ...]
    rest: bytes
    entries: int

    def fill(self, *values: int) -> bytes:
        """The message with these integers for its open fields, in their order: within the wire's range."""
        parts = [_map_header(self.entries), self.head]
        for key, value in zip(self.own, values, strict=True):
            parts += (key, msgpack.packb(value))
        parts.append(self.rest)
        return b"".join(parts)


def stencil(message: Message, own: Sequence[str]) -> Stencil:
    """``message`` with its required fields ``own`` left open.

    Raises:
        ProtocolError: a field holds what a peer would refuse.
    """
    fields = to_map(message)
    kind = fields.pop("t")
    for name in own:
        del fields[name]
    packed = msgpack.packb(fields)
    return Stencil(
        head=msgpack.packb("t") + msgpack.packb(kind),
        own=tuple(msgpack.packb(name) for name in own),
        rest=packed[len(_map_header(len(fields))) :],
        entries=1 + len(own) + len(fields),
    )


def _map_header(entries: int) -> bytes:
    return bytes((0x80 | entries,)) if entries < 16 else b"\xde" + entries.to_bytes(2, "big")
