"""Guards which arrays are records: by a profile, or by their elements' keys, and what their elements say."""

from typing import Any

import pytest

from decoders.normalise.flatten import Leaf
from decoders.normalise.profile import AS_GIVEN, Profile, RecordRule
from decoders.normalise.records import TIME_KEYS, Element, RecordArrays, elements_of


def elements(array: list[Any], profile: Profile | None = None) -> list[Element] | None:
    arrays = RecordArrays(profile or Profile())
    if not arrays.take(("h",), array):
        return None
    (found,) = arrays.found
    return list(elements_of(found))


@pytest.mark.parametrize("key", [*TIME_KEYS, "Time", "frameUnixtime", "DATE"])
def test_an_object_with_a_time_is_a_record(key: str) -> None:
    assert elements([{key: 5, "t": 21}]) == [
        Element(("h", "1"), 5, (Leaf(("t",), 21.0),), False, ())
    ]


@pytest.mark.parametrize(
    ("element", "leaf", "left_out"),
    [
        ({"variable": "co2", "value": 5, "unit": "ppm"}, Leaf(("co2",), 5.0, "ppm"), ()),
        ({"name": "co2", "value": {"value": 5, "unit": "ppm"}}, Leaf(("co2",), 5.0, "ppm"), ()),
        ({"measurementId": 4100, "measurementValue": 5, "type": "x"}, Leaf(("measurement_4100",), 5.0),
         ("h.1.type",)),
        ({"type": "co2", "value": 5}, Leaf(("co2",), 5.0), ()),
    ],
)  # fmt: skip
def test_an_object_of_name_and_value_is_a_named_value(
    element: Any, leaf: Leaf, left_out: tuple[str, ...]
) -> None:
    assert elements([element]) == [Element(("h", "1"), None, (leaf,), True, left_out)]


@pytest.mark.parametrize(
    "array",
    [
        [],
        [1, 2],
        [{"t": 21}],
        [{"ts": 5}, 7],
        [{"ts": {"a": 1}, "t": 1}],
        [{"name": True, "value": 1}],
        [[], []],
    ],
)
def test_other_arrays_are_values_of_the_message(array: list[Any]) -> None:
    assert elements(array) is None


def test_arrays_of_arrays_of_records_are_one() -> None:
    found = elements([[{"ts": 1, "t": 1}], [{"ts": 2, "t": 2}]])
    assert found is not None
    assert [element.time for element in found] == [1, 2]


def test_of_several_times_the_first_that_is_known_counts_and_none_is_a_value() -> None:
    found = elements([{"date": "2026-11-22", "ts": 5, "t": 1}])
    assert found == [Element(("h", "1"), "2026-11-22", (Leaf(("t",), 1.0),), False, ())]


def test_a_profile_names_the_keys() -> None:
    profile = Profile(records={"h": RecordRule(time="when", name="what", value="much")})
    found = elements([{"when": 5, "what": "co2", "much": 7}, {"when": 6, "t": 1}], profile)
    assert found == [
        Element(("h", "1"), 5, (Leaf(("co2",), 7.0),), True, ()),
        Element(("h", "2"), 6, (Leaf(("t",), 1.0),), False, ()),
    ]


def test_as_given_an_array_is_never_taken_for_records() -> None:
    assert elements([{"ts": 5, "t": 21}], AS_GIVEN) is None
