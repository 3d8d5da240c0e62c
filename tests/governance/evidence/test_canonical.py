"""A statement has one spelling (RFC 8785): it reads back, whichever way it is read; any other spelling is refused."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from governance.evidence import Malformed
from governance.evidence.canonical import canonical_json, read_canonical

LEAVES = st.none() | st.booleans() | st.text() | st.integers(1 - 2**53, 2**53 - 1) | st.floats(allow_nan=False)
VALUES = st.recursive(
    LEAVES.filter(lambda value: value not in (float("inf"), float("-inf"))),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(max_size=5), VALUES, max_size=5)


@given(OBJECTS)
@example({"time": "2026-11-24T05:03:11Z", "like a number": '":1,2[3'})
@example({"a": [True, None, "\u007f\u0001\n\\/"], "Z": {}})
@example({"deep": json.loads("[" * 400 + "]" * 400)})
def test_what_is_written_canonically_reads_back(value: dict[str, Any]) -> None:
    """Any object, with numbers or without, in ASCII or not."""
    assert read_canonical(canonical_json(value), "x") == value


@given(OBJECTS, st.sampled_from([{"indent": 0}, {"separators": (", ", ":")}, {"ensure_ascii": True}]))
def test_another_spelling_of_the_same_object_is_refused(value: dict[str, Any], style: dict[str, Any]) -> None:
    """Blanks, new lines and escapes: equal to a parser, other bytes to a signature."""
    body = json.dumps(value, **({"separators": (",", ":"), "sort_keys": True} | style)).encode()
    if body == canonical_json(value):
        return
    with pytest.raises(Malformed):
        read_canonical(body, "x")


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":1}',
        b'{"a":"x","a":"x"}',
        b'{"b":"","a":""}',
        b'{"a":NaN}',
        b'{"a":-0}',
        b'{"a":1.0}',
        b'{"a":[1e2]}',
        b'{"a":["x",01]}',
        b'{"a":9007199254740993}',
        b'{"a":99999999999999999999}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\\/"}',
        b'{"a":"\x01"}',
        b'{"a":"\xff"}',
        b'{"a":"x",}',
        b'["x"]',
        b'"x"',
        b"",
        b'{"a":' * 5000,
    ],
)
def test_a_text_that_is_not_canonical_is_refused(body: bytes) -> None:
    """Repeated and unsorted names, other numbers, other escapes, no object."""
    with pytest.raises(Malformed):
        read_canonical(body, "x")
