"""The AsyncAPI 3.0 document: one channel, an operation for each message, seen from the server."""

from __future__ import annotations

from typing import Any

from worldsdk.protocol.messages import CLIENT_MESSAGES, SERVER_MESSAGES
from worldsdk.protocol.version import MAJOR, MINOR, PATH, SUBPROTOCOL

Json = dict[str, Any]

REPLIES = {
    "hello": ("welcome", "event", "error", "goaway"),
    "input": ("frame", "error"),
    "command": ("accepted", "applied", "error"),
    "ping": ("pong",),
}
"""Client message -> what the server answers it with."""


def asyncapi(schema: Json, schema_file: str = "schema.json") -> Json:
    """The document; payloads point into ``schema_file``, which lies beside it and holds ``schema``."""
    names = [*CLIENT_MESSAGES, *SERVER_MESSAGES]
    channel = {"$ref": "#/channels/play"}
    operations: Json = {}
    for name in CLIENT_MESSAGES:
        operations[f"receive_{name}"] = {
            "action": "receive",
            "channel": channel,
            "summary": schema["definitions"][name]["description"],
            "messages": [_in_channel(name)],
        }
        if name in REPLIES:
            replies = [_in_channel(reply) for reply in REPLIES[name]]
            operations[f"receive_{name}"]["reply"] = {"channel": channel, "messages": replies}
    for name in SERVER_MESSAGES:
        operations[f"send_{name}"] = {
            "action": "send",
            "channel": channel,
            "summary": schema["definitions"][name]["description"],
            "messages": [_in_channel(name)],
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "worldsdk",
            "version": f"{MAJOR}.{MINOR}.0",
            "description": (
                "Plays a world that a model draws: controls to the server, frames to the client. Every "
                f"message is one msgpack map in one binary WebSocket message, under the subprotocol "
                f"{SUBPROTOCOL}. SPEC.md says what the schemas cannot."
            ),
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/msgpack",
        "servers": {
            "local": {
                "host": "localhost:8765",
                "protocol": "ws",
                "description": "worldsdk serve, as it starts",
            }
        },
        "channels": {
            "play": {
                "address": PATH,
                "description": f"One connection of one player or viewer. Subprotocol: {SUBPROTOCOL}.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
                "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
            }
        },
        "operations": operations,
        "components": {"messages": {name: _message(name, schema, schema_file) for name in names}},
    }


def _in_channel(name: str) -> Json:
    return {"$ref": f"#/channels/play/messages/{name}"}


def _message(name: str, schema: Json, schema_file: str) -> Json:
    return {
        "name": name,
        "title": name,
        "summary": schema["definitions"][name]["description"],
        "contentType": "application/msgpack",
        "payload": {"$ref": f"./{schema_file}#/definitions/{name}"},
    }
