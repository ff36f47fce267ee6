"""Where one WebSocket frame ends and the next begins (RFC 6455, section 5.2), without the socket.

Nearly all that comes is one whole binary message a frame, and most frames come alone. A shell that cuts the
stream here hands those on at once, and everything else (control frames, fragments, text, faults) to its
WebSocket library, which is told whole frames only and so stays in step.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

_BINARY = 0x82
"""First byte of a binary message in one frame, without extensions."""

_FIN, _CONTROL, _OPCODE, _MASKED = 0x80, 0x08, 0x0F, 0x80


class Piece(NamedTuple):
    """Bytes of one frame, or bytes that are to be passed on as they are.

    Attributes:
        data: header and payload.
        start: index of the payload where it is a whole binary message; 0 where it is for the library.
    """

    data: bytes
    start: int


class Cutter:
    """One direction of one connection.

    Args:
        masked: whether frames are masked, as those of clients are.
        most: bytes of a payload. A longer one is the library's to refuse: from its header on nothing is cut
            any more.

    Attributes:
        missing: bytes that are known to be still to come of the frame that has begun.
    """

    def __init__(self, *, masked: bool, most: int) -> None:
        self.missing = 0
        self._masked = _MASKED if masked else 0
        self._most = most
        self._held: list[bytes] = []
        self._size = 0
        self._fragments = False
        self._passes = False

    def whole(self, data: bytes) -> int:
        """Where the payload begins if ``data`` is exactly one whole message and nothing came before; else 0.

        It is a look only: where it is 0, ``feed`` must be given the same data.
        """
        size = len(data)
        if self._size or self._fragments or self._passes or size < 2:
            return 0
        second = data[1]
        if data[0] != _BINARY or second & _MASKED != self._masked:
            return 0
        start, length = 6 if self._masked else 2, second & 0x7F
        if length > 125:
            # No whole message is as short as what its length would take.
            width = 2 if length == 126 else 8
            length = int.from_bytes(data[2 : 2 + width], "big")
            start += width
        return start if start + length == size and length <= self._most else 0

    def stop(self) -> None:
        """From here on nothing is cut: all is for the library."""
        self._passes = True

    def feed(self, data: bytes) -> list[Piece]:
        """All frames that are whole now, in order."""
        if self._passes:
            return [Piece(data, 0)]
        self._held.append(data)
        self._size += len(data)
        self.missing -= len(data)
        if self.missing > 0:
            return []
        return self._cut(b"".join(self._held))

    def _cut(self, data: bytes) -> list[Piece]:
        pieces: list[Piece] = []
        at, end = 0, len(data)
        self.missing = 0
        while at < end:
            start, length = self._header(data, at, end)
            if length > self._most:
                self._passes = True
                pieces.append(Piece(data[at:], 0))
                at = end
                break
            # Without the length, one more byte is all that is sure to come.
            self.missing = start + length - end if start else 1
            if self.missing > 0:
                break
            frame = data if at == 0 and start + length == end else data[at : start + length]
            pieces.append(Piece(frame, start - at if self._is_message(data[at], data[at + 1]) else 0))
            at = start + length
        self._held = [data[at:]] if at < end else []
        self._size = end - at
        return pieces

    def _is_message(self, first: int, second: int) -> bool:
        if first == _BINARY and not self._fragments:
            return second & _MASKED == self._masked
        if not first & _CONTROL:
            # Fragments end with a final frame; a message that begins between them is the library's to refuse.
            self._fragments = not first & _FIN
        return False

    def _header(self, data: bytes, at: int, end: int) -> tuple[int, int]:
        """Where the payload of the frame at ``at`` begins, and its length; (0, 0) where that is not here yet.

        A frame that is masked where it should not be, or the reverse, is measured as it says of itself: the
        library refuses it.
        """
        if end < at + 2:
            return 0, 0
        second = data[at + 1]
        start, length = at + 2, second & 0x7F
        if length > 125:
            width = 2 if length == 126 else 8
            if end < start + width:
                return 0, 0
            length = int.from_bytes(data[start : start + width], "big")
            start += width
        if second & _MASKED:
            start += 4
        return start, length


_SHORT, _MIDDLE, _LONG = (struct.Struct(form).pack for form in (">BB", ">BBH", ">BBQ"))


def header(size: int) -> bytes:
    """The header of a whole binary message of ``size`` bytes from a server."""
    return _header_of(size, 0)


def masked_header(size: int, mask: bytes) -> bytes:
    """The same from a client; ``mask``: four bytes that nobody can foresee, to be applied to the payload."""
    return _header_of(size, _MASKED) + mask


def _header_of(size: int, masked: int) -> bytes:
    if size < 126:
        return _SHORT(_BINARY, size | masked)
    return _MIDDLE(_BINARY, 126 | masked, size) if size < 65_536 else _LONG(_BINARY, 127 | masked, size)
