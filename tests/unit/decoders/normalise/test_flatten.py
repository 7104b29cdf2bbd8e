"""Guards flattening: paths, units beside values, objects that are one value, and the limits."""

from typing import Any

import pytest

from decoders.contract import DecodeRefused
from decoders.normalise.flatten import DEPTH_MAX, LEAVES_MAX, Leaf, leaves_of


@pytest.mark.parametrize(
    ("data", "leaves"),
    [
        ({"a": {"b": 1}, "c": [2, 3]}, [Leaf(("a", "b"), 1.0), Leaf(("c", "1"), 2.0), Leaf(("c", "2"), 3.0)]),
        ({"t": {"value": 21, "unit": "°C"}}, [Leaf(("t",), 21.0, "°C")]),
        ({"t": {"data": 21, "unit": "mA"}}, [Leaf(("t",), 21.0, "mA")]),
        ({"t": {"displayName": "Warmth", "value": 21}}, [Leaf(("t",), 21.0)]),
        ({"t": {"value": None, "unit": "V"}}, [Leaf(("t",), None, "V")]),
        ({"t": {"value": 1, "other": 2}}, [Leaf(("t", "value"), 1.0), Leaf(("t", "other"), 2.0)]),
        ({"t": {"value": {"x": 1}}}, [Leaf(("t", "value", "x"), 1.0)]),
        ({"value": 1, "unit": "V"}, [Leaf(("value",), 1.0), Leaf(("unit",), "V")]),
        ({"t": 21, "t_unit": "Cel"}, [Leaf(("t",), 21.0, "Cel")]),
        ({"t": 21, "t_unit": 5}, [Leaf(("t",), 21.0), Leaf(("t_unit",), 5.0)]),
        ({"t_unit": "Cel"}, [Leaf(("t_unit",), "Cel")]),
        (7, [Leaf((), 7.0)]), ([], []), ({}, []), (10**400, [Leaf((), float("inf"))]), (True, [Leaf((), True)]),
    ],
)  # fmt: skip
def test_an_output_becomes_leaves(data: Any, leaves: list[Leaf]) -> None:
    assert leaves_of(data) == leaves
    assert [type(leaf.value) for leaf in leaves_of(data)] == [type(leaf.value) for leaf in leaves]


def test_without_units_every_key_is_a_leaf_and_places_begin_where_they_are_told() -> None:
    found = leaves_of({"t": {"value": 1, "unit": "V"}, "l": [5]}, first=0, units=False)
    assert [leaf.path for leaf in found] == [("t", "value"), ("t", "unit"), ("l", "0")]


def nested(levels: int) -> Any:
    data: Any = 1
    for _ in range(levels):
        data = {"a": data}
    return data


def test_depth_and_number_are_limited() -> None:
    assert len(leaves_of(nested(DEPTH_MAX))) == 1
    assert len(leaves_of([1] * LEAVES_MAX)) == LEAVES_MAX
    for data in (nested(DEPTH_MAX + 1), [1] * (LEAVES_MAX + 1), {"a": object()}):
        with pytest.raises(DecodeRefused, match="codec_error"):
            leaves_of(data)


def test_arrays_can_be_set_aside() -> None:
    seen = []

    def aside(path: tuple[str, ...], array: Any) -> bool:
        seen.append((path, array))
        return path == ("h",)

    assert leaves_of({"h": [1], "k": [2]}, set_aside=aside) == [Leaf(("k", "1"), 2.0)]
    assert seen == [(("h",), [1]), (("k",), [2])]
