"""JSON Schema (draft 07, which AsyncAPI reads as it is) of every message and of every command's arguments.

A schema describes a message's JSON form (``jsonform``). ``x-msgpack: bin`` marks what travels as ``bin``.
What a schema cannot say, such as the depth of a message, is in ``SPEC.md``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from worldsdk.protocol.commands import COMMANDS
from worldsdk.protocol.jsonform import BIN, to_json
from worldsdk.protocol.limits import MAX_ITEMS
from worldsdk.protocol.messages import CLIENT_MESSAGES, SERVER_MESSAGES
from worldsdk.protocol.recording import messages as recording
from worldsdk.protocol.shapes import Field, Shape, fields_of
from worldsdk.protocol.version import MAJOR, MINOR

Json = dict[str, Any]

DRAFT = "http://json-schema.org/draft-07/schema#"


def schema() -> Json:
    """One document with a definition for each message, and one for each command's arguments."""
    definitions: Json = {}
    for sender, messages in (("client", CLIENT_MESSAGES), ("server", SERVER_MESSAGES)):
        for name, cls in messages.items():
            definitions[name] = {"x-sender": sender, **_message(name, cls)}
    for name, spec in COMMANDS.items():
        needs = {"x-capability": spec.capability} if spec.capability else {}
        definitions[f"args.{name}"] = {"x-sender": "client", **needs, **args_schema(name)}
    return {
        "$schema": DRAFT,
        "title": f"worldsdk protocol {MAJOR}.{MINOR}",
        "description": "Generated: change the classes in worldsdk/protocol, then run the generator again.",
        "definitions": definitions,
    }


def recording_schema() -> Json:
    """The same for the recording protocol: a definition for each of its messages."""
    definitions: Json = {}
    for sender, messages in (("game", recording.GAME_MESSAGES), ("receiver", recording.RECEIVER_MESSAGES)):
        for name, cls in messages.items():
            definitions[name] = {"x-sender": sender, **_message(name, cls)}
    return {
        "$schema": DRAFT,
        "title": f"worldsdk recording protocol {recording.MAJOR}.{recording.MINOR}",
        "description": "Generated: change worldsdk/protocol/recording, then run the generator again.",
        "definitions": definitions,
    }


def args_schema(command: str) -> Json:
    """The schema of a command's ``args``, as ``welcome.commands`` carries it."""
    cls = COMMANDS[command].args
    return {"description": _words(cls), **_object(fields_of(cls))}


def _message(name: str, cls: type) -> Json:
    body = _object(fields_of(cls))
    body["properties"] = {"t": {"const": name}, **body["properties"]}
    body["required"] = ["t", *body.get("required", [])]
    return {"title": name, "description": _words(cls), **body}


def _words(owner: type) -> str:
    return " ".join((owner.__doc__ or "").split())


def _object(fields: tuple[Field, ...]) -> Json:
    body: Json = {"type": "object", "properties": {field.name: _field(field) for field in fields}}
    required = [field.name for field in fields if field.required]
    if required:
        body["required"] = required
    return body


def _field(field: Field) -> Json:
    body = _shape(field.shape)
    if not field.required:
        # Nil stands for "not given" wherever a field may be missing.
        body = _or_null(body)
        if field.default is not None:
            body["default"] = to_json(field.default)
    elif field.shape.nullable:
        body = _or_null(body)
    return {"description": field.about, **body} if field.about else body


def _shape(shape: Shape) -> Json:
    return _MAKERS[shape.kind](shape)


def _or_null(body: Json) -> Json:
    if "type" not in body:
        return body
    body = {**body, "type": [body["type"], "null"]}
    if "enum" in body:
        body["enum"] = [*body["enum"], None]
    return body


def _float(shape: Shape) -> Json:
    most = sys.float_info.max
    low = {} if shape.low == -most else {"minimum": shape.low}
    high = {} if shape.high == most else {"maximum": shape.high}
    return {"type": "number", **low, **high}


def _sized(shape: Shape, kind: str, unit: str, unsaid: int = 0) -> Json:
    low = {f"min{unit}": int(shape.low)} if shape.low else {}
    high = {f"max{unit}": int(shape.high)} if shape.high != unsaid else {}
    return {"type": kind, **low, **high}


def _bin(shape: Shape) -> Json:
    return {
        "type": "object",
        "x-msgpack": "bin",
        "x-minBytes": int(shape.low),
        "x-maxBytes": int(shape.high),
        "properties": {BIN: {"type": "string", "contentEncoding": "base64"}},
        "required": [BIN],
        "additionalProperties": False,
    }


def _map(shape: Shape) -> Json:
    inner = _shape(shape.items[0])
    values = {"additionalProperties": inner} if inner else {}
    return {**_sized(shape, "object", "Properties", MAX_ITEMS), **values}


_MAKERS: dict[str, Callable[[Shape], Json]] = {
    "int": lambda shape: {"type": "integer", "minimum": int(shape.low), "maximum": int(shape.high)},
    "float": _float,
    "bool": lambda shape: {"type": "boolean"},
    "str": lambda shape: _sized(shape, "string", "Length"),
    "bytes": _bin,
    "choice": lambda shape: {"type": "string", "enum": list(shape.choices)},
    "list": lambda shape: {
        **_sized(shape, "array", "Items", MAX_ITEMS),
        "items": _shape(shape.items[0]),
    },
    "fixed": lambda shape: {
        "type": "array",
        "items": [_shape(item) for item in shape.items],
        "minItems": len(shape.items),
        "maxItems": len(shape.items),
    },
    "map": _map,
    "record": lambda shape: _object(shape.fields),
    "any": lambda shape: {},
}
