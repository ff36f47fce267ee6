"""Type hints become shapes; a hint without a form on the wire is our own mistake, and loud."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from worldsdk.errors import ProtocolError
from worldsdk.protocol.checks import check_of
from worldsdk.protocol.limits import MAX_INTEGER
from worldsdk.protocol.messages import ClientInfo, ControlInfo, Hello
from worldsdk.protocol.shapes import REQUIRED, Most, Range, Shape, fields_of, shape_of


def test_plain_hints() -> None:
    assert shape_of(int) == Shape("int", 0, MAX_INTEGER)
    assert shape_of(Annotated[int, Range(1, 3)]) == Shape("int", 1, 3)
    assert shape_of(Annotated[str | None, Most(5)]) == Shape("str", 0, 5, nullable=True)
    assert shape_of(Annotated[Annotated[str, Most(5, 1)], "about it"]) == Shape("str", 1, 5)
    assert shape_of(Annotated[tuple[Annotated[int, Range(0, 9)], ...], Most(3)]).items[0].high == 9


@pytest.mark.parametrize("hint", [set[int], dict[str, int], list[int], complex, int | str])
def test_hints_without_a_form(hint: Any) -> None:
    with pytest.raises(TypeError, match="no form"):
        shape_of(hint)


def test_fields_know_what_is_required_and_what_they_are_about() -> None:
    fields = {field.name: field for field in fields_of(Hello)}
    assert fields["v"].required
    assert fields["v"].about == "lowest and highest minor version known"
    assert fields["credit"].default == 2
    assert "t" not in fields
    assert not any(field.required for field in fields_of(ClientInfo))
    assert all(field.default is REQUIRED for field in fields_of(ControlInfo))


def test_default_factories_give_their_value() -> None:
    @dataclass
    class Made:
        items: tuple[int, ...] = ()

    assert fields_of(Made)[0].default == ()


@pytest.mark.parametrize(
    ("shape", "good", "bad"),
    [
        (Shape("int", 1, 3), [1, 3], [0, 4, True, 1.0, "1", None]),
        (Shape("float", 0, 1), [0, 1, 0.5], [-0.1, 1.1, float("nan"), True, "0"]),
        (Shape("bool"), [True, False], [0, 1, None]),
        (Shape("str", 1, 2), ["a", "ab"], ["", "abc", b"a", 1]),
        (Shape("bytes", 1, 2), [b"a"], [b"", b"abc", "a"]),
        (Shape("choice", choices=("x",)), ["x"], ["y", 1, None]),
        (Shape("list", 0, 1, items=(Shape("bool"),)), [(), (True,)], [(1,), (True, True), {}]),
        (Shape("fixed", 1, 1, items=(Shape("bool"),)), [(True,)], [(), (True, True), (1,), "a"]),
        (
            Shape("map", 0, 1, items=(Shape("bool"),)),
            [{}, {"a": True}],
            [{"a": 1}, {1: True}, [], {"k" * 129: True}],
        ),
        (Shape("any"), [None, {"a": [1]}], [object(), float("inf"), {1: 1}]),
    ],
)
def test_checks(shape: Shape, good: list[Any], bad: list[Any]) -> None:
    check = check_of(shape, "field")
    for value in good:
        assert check(value) == value
    for value in bad:
        with pytest.raises(ProtocolError, match=r"^field"):
            check(value)


def test_floats_are_floats_afterwards() -> None:
    assert type(check_of(Shape("float", 0, 5), "x")(3)) is float
