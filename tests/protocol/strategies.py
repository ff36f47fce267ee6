"""Hypothesis strategies made from the shapes of messages, so that no field is forgotten."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from worldsdk.protocol.limits import MAX_INTEGER
from worldsdk.protocol.messages import CLIENT_MESSAGES, SERVER_MESSAGES, Message
from worldsdk.protocol.shapes import Field, Shape, fields_of

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.binary(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def values_of(shape: Shape) -> st.SearchStrategy[Any]:
    """Values that fit ``shape``."""
    made = _values_of(shape)
    return st.none() | made if shape.nullable else made


def _values_of(shape: Shape) -> st.SearchStrategy[Any]:
    low, high = shape.low, shape.high
    match shape.kind:
        case "int":
            return st.integers(int(low), int(high))
        case "float":
            return st.floats(low, high, allow_nan=False, allow_infinity=False)
        case "bool":
            return st.booleans()
        case "str":
            return st.text(min_size=int(low), max_size=min(int(high), 20))
        case "bytes":
            return st.binary(min_size=int(low), max_size=40)
        case "choice":
            return st.sampled_from(shape.choices)
        case "list":
            items = st.lists(values_of(shape.items[0]), min_size=int(low), max_size=3)
            return items.map(tuple)
        case "fixed":
            return st.tuples(*(values_of(item) for item in shape.items))
        case "map":
            return st.dictionaries(st.text(max_size=8), values_of(shape.items[0]), max_size=3)
        case "record":
            return record(shape.fields)
    return PLAIN


def record(fields: tuple[Field, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """Maps with all required fields and some others, none of these nil."""
    required = {f.name: values_of(f.shape) for f in fields if f.required}
    optional = {
        f.name: values_of(f.shape).filter(lambda value: value is not None) for f in fields if not f.required
    }
    return st.fixed_dictionaries(required, optional=optional)


def messages(types: dict[str, Any] | None = None) -> st.SearchStrategy[Message]:
    """Messages of every type."""
    chosen = types or {**CLIENT_MESSAGES, **SERVER_MESSAGES}
    return st.one_of([record(fields_of(cls)).map(lambda kw, cls=cls: cls(**kw)) for cls in chosen.values()])
