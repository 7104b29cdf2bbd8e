"""Guards what is taken for vectors of a codec: the form of TS013, short ones, and refusals with a reason."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders.javascript.vectors import SHORT, BadVectors, Vector, read_vectors

TS013 = [
    {
        "type": "uplink",
        "description": "a report",
        "input": {"bytes": "0A1b", "fPort": 2, "recvTime": "2026-11-22T07:00:00.000+07:00"},
        "output": {"data": {"t": 21}, "errors": [], "warnings": []},
    },
    {"type": "downlink-encode", "input": {"data": {}}, "output": {"bytes": "00", "fPort": 1}},
]
REPORT = Vector(
    "a report", 2, b"\x0a\x1b", datetime(2026, 11, 22, tzinfo=UTC),
    {"data": {"t": 21}, "errors": [], "warnings": []},
)  # fmt: skip


def test_examples_of_ts013_are_read_and_downlinks_counted() -> None:
    assert read_vectors(json.dumps(TS013)) == ((REPORT,), 1)


@pytest.mark.parametrize(
    "entry",
    [
        {"fPort": 2, "bytes": "0a 1b", "data": {"t": 21}},
        {"f_port": 2, "payload": "0a1b", "expected": {"data": {"t": 21}}},
        {"port": 2, "bytes": [10, 27], "output": {"t": 21}},
        {"name": "vector 1", "input": {"bytes": [10, 27], "fPort": 2}, "expected": {"data": {"t": 21}}},
    ],
)  # fmt: skip
def test_short_forms_say_the_same(entry: dict[str, Any]) -> None:
    wanted = Vector("vector 1", 2, b"\x0a\x1b", None, {"data": {"t": 21}})
    for text in (json.dumps(entry), json.dumps([entry]), json.dumps({"vectors": [entry]})):
        assert read_vectors(text).uplinks == (wanted,)


def test_a_codec_of_the_things_network_s_repository_is_read_as_json() -> None:
    example = {
        "description": "a report",
        "input": {"fPort": 2, "bytes": [10, 27]},
        "output": {"data": {"t": 21}},
    }
    document = {"uplinkDecoder": {"fileName": "x.js", "examples": [example]}, "downlinkEncoder": {}}
    wanted = Vector("a report", 2, b"\x0a\x1b", None, {"data": {"t": 21}})
    assert read_vectors(json.dumps(document)).uplinks == (wanted,)


def test_a_vector_a_line_is_read_too() -> None:
    lines = (
        '{"fPort": 1, "bytes": "", "data": {}}\n\n{"fPort": 2, "bytes": "00", "errors": ["no"]}\n'
    )
    first, second = read_vectors(lines).uplinks
    assert (first.payload, first.expected) == (b"", {"data": {}})
    assert second.expected == {"errors": ["no"]}


def test_the_vector_that_is_shown_to_people_is_one() -> None:
    assert read_vectors(SHORT).uplinks[0].expected == {"data": {"temperature": 21.5}}


@pytest.mark.parametrize(
    ("time", "read"),
    [
        ("2020-08-02T20:00:00.000+05:00", datetime(2020, 8, 2, 15, tzinfo=UTC)),
        ("2020-08-02T20:00:00", datetime(2020, 8, 2, 20, tzinfo=UTC)),
        (1_596_398_400_000, datetime(2020, 8, 2, 20, tzinfo=UTC)),
        ("XXXX-XX-XXTXX:XX:XX.XXXZ", None),
        (1e300, None),
        (True, None),
    ],
)
def test_the_time_of_reception_is_read_or_left_open(time: object, read: datetime | None) -> None:
    entry = {"input": {"bytes": "00", "fPort": 2, "recvTime": time}, "output": {"data": {}}}
    assert read_vectors(json.dumps(entry)).uplinks[0].received_at == read


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (" ", "it is empty"),
        ("{", "neither JSON"),
        ("7", "vector 1 is no object"),
        ('[{"fPort": 2, "bytes": "00", "data": {}}, 3]', "vector 2 is no object"),
        ('{"bytes": "00", "data": {}}', "fPort is missing"),
        ('{"fPort": 256, "bytes": "00", "data": {}}', "fPort is 256"),
        ('{"fPort": true, "bytes": "00", "data": {}}', "fPort is true"),
        ('{"fPort": 2, "data": {}}', "bytes is missing"),
        ('{"fPort": 2, "bytes": "0g", "data": {}}', 'bytes is "0g"; write hex'),
        ('{"fPort": 2, "bytes": [256], "data": {}}', "bytes is [256]"),
        ('{"fPort": 2, "bytes": [true], "data": {}}', "bytes is [true]"),
        ('{"fPort": 2, "bytes": [1.5], "data": {}}', "bytes is [1.5]"),
        ('{"fPort": 2, "bytes": "00"}', "does not say what is expected"),
        ('{"fPort": 2, "bytes": "00", "output": 3}', "output is 3"),
        ('{"input": [], "output": {"data": {}}}', "input is no object"),
    ],
)  # fmt: skip
def test_what_is_no_vector_is_refused_with_its_place(text: str, why: str) -> None:
    with pytest.raises(BadVectors) as refused:
        read_vectors(text)
    assert why in str(refused.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["input", "bytes", "fPort", "output", "data", "type"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(JSON)
def test_any_json_is_vectors_or_refused(document: object) -> None:
    try:
        found = read_vectors(json.dumps(document))
    except BadVectors:
        return
    assert all(isinstance(vector.payload, bytes) for vector in found.uplinks)
