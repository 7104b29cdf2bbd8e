"""Guards what an integer stands for: exact values, the edges of a range, special integers, bits, flags, states."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders.contract import DecodeRefused, FieldValue, Quantity
from decoders.findings import Findings
from decoders.items import Flag, Item, Must, State, Value, named

OWN = Quantity(name="x", unit="", type="float", low=-5.0, high=5.0)
FREE = Quantity(name="x", unit="", type="float")


def said(item: Item, raw: float) -> tuple[dict[str, FieldValue], dict[str, str]]:
    findings = Findings()
    item.take()(raw, findings)
    return findings.fields, dict(findings.unread)


@pytest.mark.parametrize(
    ("value", "raw", "expected"),
    [
        (Value("temperature_c", "0.1"), 3, 0.3),
        (Value("temperature_c", "0.1"), -205, -20.5),
        (Value("temperature_c", "0.1"), 0, 0.0),
        (Value("temperature_c", "0.03"), 1, 0.03),
        (Value(FREE, "1/60"), 90, 1.5),
        (Value("door_open_s", "60"), 3, 180.0),
        (Value("battery_v", "0.1", offset="2.1"), 15, 3.6),
        (Value("battery_v", "0.001", bits=(0, 14)), 0xCB88, 2.952),
        (Value(FREE, bits=(4, 3)), 0x70, 7.0),
        (Value(FREE, "-0.5"), 3, -1.5),
        (Value(FREE, "0.1"), 2**63, 922337203685477580.8),
    ],
)
def test_a_value_is_the_float_nearest_to_the_exact_decimal(
    value: Value, raw: int, expected: float
) -> None:
    ((name, found),) = said(value, raw)[0].items()
    assert name == value.described.name
    assert type(found) is float
    assert found == expected


@given(
    raw=st.integers(-(2**47), 2**47), scale=st.sampled_from(["0.1", "0.03", "1/7", "0.001", "16"])
)
def test_any_integer_at_any_scale_is_exact(raw: int, scale: str) -> None:
    assert said(Value(FREE, scale), raw)[0] == {"x": float(raw * Fraction(scale))}


@pytest.mark.parametrize(
    ("scale", "offset", "inside", "outside"),
    [
        ("0.1", "0", (-50, 50), (-51, 51)),
        ("0.3", "0", (-16, 16), (-17, 17)),
        ("1", "1", (-6, 4), (-7, 5)),
        ("-1", "0", (-5, 5), (-6, 6)),
    ],
)
def test_the_range_ends_where_the_quantity_says(
    scale: str, offset: str, inside: tuple[int, int], outside: tuple[int, int]
) -> None:
    value = Value(OWN, scale, offset=offset)
    for raw in inside:
        assert list(said(value, raw)[0]) == ["x"]
    for raw in outside:
        assert said(value, raw) == ({}, {"x": "out_of_range"})


def test_a_device_may_have_a_range_of_its_own() -> None:
    value = Value("temperature_c", low=-20, high=300)
    assert (value.described.low, value.described.high) == (-20, 300)
    assert said(value, 300)[0] == {"temperature_c": 300.0}
    assert said(value, -21)[1] == {"temperature_c": "out_of_range"}
    assert Value("temperature_c").described is named("temperature_c")


@pytest.mark.parametrize("fault", [4, 99], ids=["within the range", "outside the range"])
def test_special_integers_are_told_apart(fault: int) -> None:
    value = Value(OWN, faults=(fault,), beyond=(3,))
    assert said(value, fault) == ({}, {"x": "fault"})
    assert said(value, 3) == ({}, {"x": "out_of_range"})
    assert said(value, 2) == ({"x": 2.0}, {})
    assert said(value, 98) == ({}, {"x": "out_of_range"})


def test_special_integers_are_those_of_the_part() -> None:
    value = Value(OWN, bits=(4, 4), faults=(3,))
    assert said(value, 0x30) == ({}, {"x": "fault"})
    assert said(value, 0x43) == ({"x": 4.0}, {})


@pytest.mark.parametrize(("raw", "why"), [
    (float("nan"), "fault"), (float("inf"), "out_of_range"), (float("-inf"), "out_of_range"),
    (1e31, "out_of_range"),
])  # fmt: skip
def test_a_float_that_is_no_measurement_is_none(raw: float, why: str) -> None:
    assert said(Value(FREE), raw) == ({}, {"x": why})


def test_a_flag_is_a_bit_or_a_whole_integer() -> None:
    assert said(Flag("leak", bit=3), 0x08)[0] == {"leak": True}
    assert said(Flag("leak", bit=3), 0xF7)[0] == {"leak": False}
    assert said(Flag("leak", bit=0, on=0), 0)[0] == {"leak": True}
    assert said(Flag("leak"), 1)[0] == {"leak": True}
    assert said(Flag("leak", on=0xFF), 0)[0] == {"leak": False}
    with pytest.raises(DecodeRefused, match="unknown_layout: leak is 0x02"):
        said(Flag("leak"), 2)


def test_a_state_is_one_of_its_texts() -> None:
    state = State("air_location", {0: "indoor", 1: "outdoor"}, bits=(4, 2))
    assert said(state, 0x1F)[0] == {"air_location": "outdoor"}
    with pytest.raises(DecodeRefused, match="air_location is 3"):
        said(state, 0x30)


def test_what_must_be_there_refuses_everything_else() -> None:
    must = Must(2, "the version", bits=(0, 4))
    assert said(must, 0xF2) == ({}, {})
    with pytest.raises(DecodeRefused, match="unknown_layout: the version is 3; expected 2"):
        said(must, 0xF3)
    assert must.described is None


def test_a_name_outside_the_vocabulary_is_told_when_the_table_is_made() -> None:
    with pytest.raises(ValueError, match="'temprature_c' is not in the vocabulary"):
        Value("temprature_c").take()
