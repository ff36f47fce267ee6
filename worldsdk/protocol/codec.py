"""Messages to bytes and back. Nothing but plain msgpack: maps, arrays, strings, numbers, bool, nil, bin.

Whatever bytes come in, ``decode`` returns a message or raises a ``ProtocolError``; it takes memory in
proportion to the message and to nothing that the message claims.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal, TypeVar, cast

import msgpack

from worldsdk.errors import MessageTooLargeError, ProtocolError, UnknownTypeError
from worldsdk.protocol import limits
from worldsdk.protocol.checks import Check, check_of, check_plain, kind_of, reader
from worldsdk.protocol.compiled import quick_reader, quick_writer
from worldsdk.protocol.messages import CLIENT_MESSAGES, SERVER_MESSAGES, Message
from worldsdk.protocol.scan import scan
from worldsdk.protocol.shapes import REQUIRED, fields_of

T = TypeVar("T")
M = TypeVar("M", bound=Message)

Sender = Literal["client", "server"]

_TYPES: dict[str, dict[str, type[Message]]] = {
    "client": cast(dict[str, type[Message]], CLIENT_MESSAGES),
    "server": cast(dict[str, type[Message]], SERVER_MESSAGES),
}
_ALL = _TYPES["client"] | _TYPES["server"]


def encode(message: Message) -> bytes:
    """The message as one msgpack map, ``t`` first, fields that have their default left out.

    Raises:
        ProtocolError: a field holds what a peer would refuse.
    """
    packed: bytes = msgpack.packb(to_map(message))
    return packed


def encode_fields(cls: type[Message], given: dict[str, Any]) -> bytes:
    """``encode(cls(**given))`` in fewer steps; ``given`` has every field. Raises as ``encode``."""
    quick = _quick_writer(cls.t)
    known = None if quick is None else quick(given)
    if known is None:
        return encode(make(cls, given))
    packed: bytes = msgpack.packb(known)
    return packed


def to_map(message: Message) -> dict[str, Any]:
    """The map that travels for ``message``. Raises as ``encode``."""
    fields = vars(message)
    quick = _quick_writer(message.t)
    known = None if quick is None else quick(fields)
    if known is not None:
        return known
    out: dict[str, Any] = {"t": message.t}
    for name, check, default in _writer(message.t):
        value = fields[name]
        # Identity first: most optional fields hold the very default, and comparing pixels takes time.
        if value is default or (default is not REQUIRED and value == default):
            continue
        out[name] = check(value)
    return out


def decode(data: bytes, *, sender: Sender, max_bytes: int = limits.MAX_MESSAGE_BYTES) -> Message:
    """The message that ``data`` is; keys that it does not know are ignored.

    Args:
        data: one binary WebSocket message.
        sender: whose messages are looked for.
        max_bytes: of ``data``.

    Raises:
        MessageTooLargeError: ``data`` is longer than ``max_bytes``.
        UnknownTypeError: a well-formed message of a type that this sender does not have.
        ProtocolError: anything else that is not a message.
    """
    value = unpack_map(data, max_bytes=max_bytes)
    message = glance(value, data, sender=sender)
    return parse(check_map(value, data), sender=sender) if message is None else message


def unpack(data: bytes, *, max_bytes: int = limits.MAX_MESSAGE_BYTES) -> dict[str, Any]:
    """The map that ``data`` holds, within the limits of ``limits``; its type is not looked at."""
    return check_map(unpack_map(data, max_bytes=max_bytes), data)


def unpack_map(data: bytes, *, max_bytes: int = limits.MAX_MESSAGE_BYTES) -> dict[str, Any]:
    """The map that ``data`` holds, of which nothing has been checked but its size. Raises as ``decode``."""
    if len(data) > max_bytes:
        raise MessageTooLargeError(f"the message has {len(data)} bytes", fix=f"send at most {max_bytes}")
    if len(data) > limits.SCANNED_BYTES:
        scan(data)
    try:
        value = msgpack.unpackb(
            data,
            max_array_len=limits.MAX_ITEMS,
            max_map_len=limits.MAX_ITEMS,
            max_ext_len=0,
            ext_hook=_no_ext,
        )
    except (ValueError, msgpack.UnpackException, RecursionError) as error:
        # ValueError is also what msgpack's own errors, bad UTF-8 and lengths beyond the limits are.
        raise ProtocolError(
            f"the bytes are not one msgpack value within limits ({type(error).__name__})",
            fix="send one msgpack map without ext types in each binary message",
        ) from None
    if type(value) is not dict:
        raise ProtocolError(f"the message is {kind_of(value)}", fix="send a map")
    return value


def check_map(value: dict[str, Any], data: bytes) -> dict[str, Any]:
    """``value``, which ``unpack_map`` made of ``data``. Raises ProtocolError for what no message may hold."""
    check_plain(value, "the message")
    if len(value) != _entries(data):
        raise ProtocolError("the message names a key twice", fix="name each once")
    return value


def glance(value: dict[str, Any], data: bytes, *, sender: Sender) -> Message | None:
    """The message that ``value``, which ``unpack_map`` made of ``data``, is beyond doubt.

    None where that takes ``check_map`` and ``parse``, which take all that this takes and say what is wrong.
    """
    name = value.get("t")
    if type(name) is not str or name not in _TYPES[sender] or len(value) != _entries(data):
        return None
    quick = _quick_reader(name)
    return None if quick is None else quick(value)


def peek(data: bytes, *, sender: Sender) -> Message | None:
    """``decode(data)``, in fewer steps, of a short message that is right beyond doubt; None for any other."""
    if len(data) > limits.SCANNED_BYTES:
        return None
    try:
        value = msgpack.unpackb(
            data,
            max_array_len=limits.MAX_ITEMS,
            max_map_len=limits.MAX_ITEMS,
            max_ext_len=0,
            ext_hook=_no_ext,
        )
        name = value["t"]
        quick = _quick_reader(name) if name in _TYPES[sender] else None
    except (ValueError, TypeError, KeyError, msgpack.UnpackException, RecursionError):
        return None
    if quick is None or type(name) is not str:
        return None
    first = data[0]
    entries = first & 0x0F if first <= 0x8F else _entries(data)
    return quick(value) if len(value) == entries else None


def parse(value: Mapping[str, Any], *, sender: Sender) -> Message:
    """The message that an unpacked map is. Raises as ``decode``."""
    name, cls = type_of(value, _TYPES[sender], sender)
    return make(cls, _reader(name)(value))


def make(cls: type[M], given: Mapping[str, Any]) -> M:
    """``cls(**given)``, in a fraction of the time.

    Args:
        given: every field that is required, and any others; nothing is checked.
    """
    # A frozen dataclass sets each field by a call of its own, which takes as long as checking it.
    message = cls.__new__(cls)
    fields = vars(message)
    defaults, maps = _optional(cls.t)
    fields.update(defaults)
    for one in maps:
        fields[one] = {}
    fields.update(given)
    return message


def type_of(value: Mapping[str, Any], types: Mapping[str, type[T]], sender: str) -> tuple[str, type[T]]:
    """The name in ``t`` and which of ``types`` it is.

    Raises:
        ProtocolError: there is no name.
        UnknownTypeError: no such type comes from a ``sender``.
    """
    name = value.get("t")
    if not isinstance(name, str):
        raise ProtocolError(f"t is {kind_of(name)}", fix="name the message's type in t")
    cls = types.get(name)
    if cls is None:
        raise UnknownTypeError(
            f"there is no message {name[: limits.MAX_NAME]!r} from a {sender}",
            fix=f"types are {', '.join(types)}",
        )
    return name, cls


@cache
def _optional(name: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Defaults of the fields that may be left out, and names of those that are an empty map: whoever gets a
    message may write into its maps, so each has its own."""
    defaults = {f.name: f.default for f in fields_of(_ALL[name]) if f.default is not REQUIRED}
    maps = tuple(field for field, default in defaults.items() if default == {})
    return {field: default for field, default in defaults.items() if field not in maps}, maps


@cache
def _writer(name: str) -> tuple[tuple[str, Check, Any], ...]:
    return tuple(
        (field.name, check_of(field.shape, f"{name}.{field.name}"), field.default)
        for field in fields_of(_ALL[name])
    )


@cache
def _quick_writer(name: str) -> Callable[[dict[str, Any]], dict[str, Any] | None] | None:
    return quick_writer(name, fields_of(_ALL[name]))


@cache
def _quick_reader(name: str) -> Callable[[dict[str, Any]], Message | None] | None:
    return quick_reader(_ALL[name], fields_of(_ALL[name]))


@cache
def _reader(name: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    return reader(fields_of(_ALL[name]), name)


def _entries(data: bytes) -> int:
    """How many entries the map at the start of ``data`` says that it has."""
    if data[0] <= 0x8F:
        return data[0] & 0x0F
    return int.from_bytes(data[1:3] if data[0] == 0xDE else data[1:5], "big")


def _no_ext(code: int, data: bytes) -> Any:
    raise ValueError(f"ext type {code}")
