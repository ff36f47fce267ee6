"""Schemas and checks say the same of the same message."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import msgpack
import pytest
from hypothesis import given, settings

from tests.protocol.strategies import messages
from worldsdk.errors import ProtocolError
from worldsdk.protocol.asyncapi import asyncapi
from worldsdk.protocol.codec import encode, parse
from worldsdk.protocol.commands import COMMANDS
from worldsdk.protocol.jsonform import from_json, to_json
from worldsdk.protocol.messages import CLIENT_MESSAGES, SERVER_MESSAGES, Message
from worldsdk.protocol.schema import args_schema, schema
from worldsdk.protocol.vectors import vectors

SCHEMA = schema()
NAMES = [*CLIENT_MESSAGES, *SERVER_MESSAGES]


def fits(name: str, value: Any) -> bool:
    document = {**SCHEMA, "$ref": f"#/definitions/{name}"}
    return jsonschema.Draft7Validator(document).is_valid(value)


def test_it_is_a_schema_with_a_definition_of_everything() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert set(SCHEMA["definitions"]) == {*NAMES, *(f"args.{name}" for name in COMMANDS)}
    assert all(body["description"] for body in SCHEMA["definitions"].values())


@given(messages())
@settings(max_examples=80, deadline=None)
def test_every_message_fits_its_schema(message: Message) -> None:
    assert fits(message.t, to_json(msgpack.unpackb(encode(message))))


@pytest.mark.parametrize("group", ["valid", "refused"])
def test_what_checks_refuse_the_schema_refuses(group: str) -> None:
    for vector in vectors()[group]:
        value = vector.to_json()["json"]
        name = value.get("t")
        if vector.error == "bad_message" and name in NAMES:
            # JSON has one kind of number: 5.0 is an integer to a schema.
            assert not fits(name, value) or vector.name == "a float for an integer", vector.name
        elif vector.error is None:
            assert fits(name, value), vector.name


def test_nil_stands_for_a_field_not_given_in_both() -> None:
    value = {"t": "event", "name": "queue", "data": None}
    assert fits("event", value)
    assert parse(value, sender="server") == parse({"t": "event", "name": "queue"}, sender="server")


def test_args_schemas_stand_alone_in_a_welcome() -> None:
    for name in COMMANDS:
        jsonschema.Draft7Validator.check_schema(args_schema(name))
    assert jsonschema.Draft7Validator(args_schema("speed")).is_valid({"factor": 2})
    assert not jsonschema.Draft7Validator(args_schema("speed")).is_valid({"factor": 20})


def test_json_form_there_and_back() -> None:
    value = {"a": [b"\x00\xff", {"b": None, "c": 1.5}], "d": "x"}
    assert from_json(json.loads(json.dumps(to_json(value)))) == value
    with pytest.raises(ProtocolError, match="base64"):
        from_json({"$bin": "not base64!"})


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    document = asyncapi(SCHEMA)
    assert document["asyncapi"] == "3.0.0"
    references = list(_references(document))
    assert len(references) > 60
    for reference in references:
        file, _, path = reference.partition("#/")
        place: Any = SCHEMA if file else document
        assert file in ("", "./schema.json")
        for part in path.split("/"):
            place = place[part]
    sent = {op["action"] for op in document["operations"].values()}
    assert sent == {"send", "receive"}
    assert len(document["operations"]) == len(NAMES)


def _references(value: Any) -> Any:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)
