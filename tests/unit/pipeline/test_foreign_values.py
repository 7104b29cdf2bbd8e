"""Guards the lock of types: a field keeps the type it first had in its measurement, whoever says it.

The types are those of a real store, whose open batch counts: two uplinks that are decided before one commit
lock each other out, too.
"""

from pathlib import Path
from typing import Any

import pytest

from decoders.contract import Decoded, DecodeRefused
from decoders.normalise import AS_GIVEN
from decoders.normalise.profile_file import parse_profile
from decoders.registry import DECODERS
from gateway.pipeline.foreign_values import ForeignValues
from tests.pipeline_bench import START_S, Bench, device_of, event_of, who

ONE = who()
ROOM = device_of(ONE, decoder="network_server", measurement="room")
HALL = device_of(ONE, decoder="network_server", measurement="hall", name="other")


def said(values: ForeignValues, data: Any, device: Any = ROOM) -> list[Decoded]:
    return list(values.decoded(device, data))


def conflict(values: ForeignValues, data: Any, device: Any = ROOM) -> str:
    with pytest.raises(DecodeRefused) as caught:
        said(values, data, device)
    assert caught.value.reason == "type_conflict"
    return caught.value.sentence


@pytest.mark.parametrize(
    ("first", "later", "came_as"),
    [
        ("float", "3.3(low battery)", "a text: '3.3(low battery)'"),
        ("float", True, "true or false: 'True'"),
        ("bool", 1, "a number: '1.0'"),
        ("str", 7.5, "a number: '7.5'"),
    ],
)
def test_a_field_keeps_the_type_of_the_store(first: str, later: object, came_as: str) -> None:
    sentence = conflict(ForeignValues({("room", "x"): first}), {"x": later})
    assert sentence.startswith("room.x is ")
    assert came_as in sentence
    assert "`profile`" in sentence


def test_the_lock_is_of_one_measurement() -> None:
    values = ForeignValues({("room", "x"): "float"})
    assert said(values, {"x": "text"}, HALL)[0].fields == {"x": "text"}


def test_two_readings_of_one_output_lock_each_other() -> None:
    data = {"history": [{"timestamp": START_S - 60, "x": 1}, {"timestamp": START_S - 30, "x": "a"}]}
    assert "room.x" in conflict(ForeignValues({}), data)


def test_a_field_of_the_vocabulary_cannot_conflict_with_a_decoder() -> None:
    """Whatever type a codec gives it, it is stored as the vocabulary has it, or beside it."""
    types = {
        ("room", quantity.name): quantity.type
        for decoder in DECODERS.values()
        for quantity in decoder.quantities
    }
    values = ForeignValues(types)
    for name in sorted({name for _, name in types}):
        for value in (1, 0, 2.5, -7, "1", "open", "something", True, None, 1e300):
            said(values, {name: value, "counted": 1})


def test_a_profile_mends_a_conflict() -> None:
    types = {("room", "volt"): "float", ("room", "battery_v"): "float"}
    data = {"Volt": "3.3(low battery)"}
    conflict(ForeignValues(types), data)
    profile = parse_profile('[fields]\nVolt = { to = "battery_v", type = "number" }\n')
    mended = device_of(ONE, decoder="network_server", measurement="room", profile=profile)
    assert said(ForeignValues(types), data, mended)[0].fields == {"battery_v": 3.3}


def test_values_that_became_nothing_are_counted_but_not_those_that_a_profile_drops() -> None:
    values = ForeignValues({})
    said(values, {"a": None, "b": float("inf"), "c": 1})
    profile = parse_profile('drop = ["a"]\n')
    said(values, {"a": 1, "c": 1}, device_of(ONE, decoder="network_server", profile=profile))
    assert values.dropped == 2


def test_a_changed_configuration_is_followed() -> None:
    values = ForeignValues({})
    assert said(values, {"T": 1})[0].fields == {"t": 1.0}
    changed = device_of(ONE, decoder="network_server", measurement="room", profile=AS_GIVEN)
    assert said(values, {"T": 1}, changed)[0].fields == {"T": 1.0}


async def test_uplinks_of_one_batch_lock_each_other_before_any_commit(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "store.sqlite", [ROOM])
    texts = [b'{"x": 1}', b'{"x": "a"}', b'{"x": 2, "y": true}', b'{"y": 1}']
    outcomes = bench.hear(*(
        event_of(ONE, place, b"\x01", START_S + place, object_json=text)
        for place, text in enumerate(texts)
    ))  # fmt: skip
    rows = await bench.rows()
    await bench.close()
    assert outcomes == ["uplink", "type_conflict", "uplink", "type_conflict"]
    assert [row.fields("room") for row in rows] == [[{"x": 1.0}], [], [{"x": 2.0, "y": True}], []]
    assert rows[1].record.readings, "how it was heard stays"
    assert rows[1].record.sentence is not None
    assert "room.x is a number" in rows[1].record.sentence
