"""Guards the words a payload table is written in, and the rules that hold for every table."""

from fractions import Fraction

import pytest

from decoders.city.families import LAYOUTS
from decoders.contract import Quantity
from decoders.layout import (
    FIELDS_MAX,
    I16,
    I32,
    U8,
    U16,
    U24,
    U32,
    U48,
    Flag,
    Flags,
    Layout,
    Number,
    Tag,
    Width,
)


def number(
    name: str = "n", width: Width = U16, scale: str = "1", low: float = 0, high: float = 9
) -> Number:
    return Number(
        name=name, width=width, scale=scale, unit="m", low=low, high=high, description="N."
    )


def layout(*fields: Number | Flags | Tag) -> Layout:
    return Layout(name="well", title="Well", f_port=40, fields=fields)


FLAGS = Flags(
    name="state", width=U8, flags=(Flag("on", "On."), Flag("hot", "Hot.")), description=""
)
PLACE = Tag(name="place", absent="1", description="")


@pytest.mark.parametrize(
    ("width", "name", "sentinel"),
    [
        (U8, "u8", 0xFF),
        (U16, "u16", 0xFFFF),
        (U24, "u24", 0xFFFFFF),
        (U32, "u32", 0xFFFFFFFF),
        (U48, "u48", 0xFFFFFFFFFFFF),
        (I16, "i16", -0x8000),
        (I32, "i32", -0x80000000),
    ],
)
def test_a_width_has_a_name_and_a_sentinel(width: Width, name: str, sentinel: int) -> None:
    assert (width.name, width.sentinel) == (name, sentinel)


@pytest.mark.parametrize(
    ("scale", "divisor"),
    [("1", 1), ("0.1", 10), ("0.001", 1000), ("0.5", 2), ("2", 0.5), ("0.05", 20)],
)
def test_a_scale_is_divided_by_exactly(scale: str, divisor: float) -> None:
    assert number(scale=scale).divisor == divisor


@pytest.mark.parametrize("scale", ["3", "0.3", "10"])
def test_a_scale_that_would_round_twice_is_refused(scale: str) -> None:
    with pytest.raises(ValueError, match=f"scale {scale} is neither"):
        _ = number(scale=scale).divisor


@pytest.mark.parametrize(
    ("width", "scale", "low", "high", "expected"),
    [
        (U16, "0.1", 0, 5000, (0, 50000)),
        (U16, "1", 0, 65535, (0, 65534)),
        (U16, "1", -1, 1e9, (0, 65534)),
        (I16, "1", -1e9, 1e9, (-32767, 32767)),
        (I16, "0.01", -40, 85, (-4000, 8500)),
        (U8, "0.5", 0.2, 1.3, (1, 2)),
    ],
)
def test_limits_are_integers_inside_the_range_and_never_the_sentinel(
    width: Width, scale: str, low: float, high: float, expected: tuple[int, int]
) -> None:
    field = number(width=width, scale=scale, low=low, high=high)
    assert (field.raw_low, field.raw_high) == expected


def test_a_table_has_at_most_a_field_for_each_bit() -> None:
    fields = [number(f"n{i}") for i in range(FIELDS_MAX)]
    assert len(layout(*fields).fields) == 16
    with pytest.raises(ValueError, match="more than 16 fields"):
        layout(*fields, number("n16"))


def test_a_table_has_at_most_one_tag_and_one_flags_field() -> None:
    with pytest.raises(ValueError, match="more than one Tag field"):
        layout(PLACE, PLACE)
    with pytest.raises(ValueError, match="more than one Flags field"):
        layout(FLAGS, number(), FLAGS)


def test_stored_samples_come_on_the_next_port() -> None:
    assert layout(number()).stored_f_port == 41


def test_quantities_are_the_numbers_and_the_flags_in_order() -> None:
    assert layout(PLACE, number("depth_m", low=1, high=5), FLAGS).quantities == (
        Quantity(name="depth_m", unit="m", type="float", low=1.0, high=5.0, description="N."),
        Quantity(name="on", unit="", type="bool", description="On."),
        Quantity(name="hot", unit="", type="bool", description="Hot."),
    )


@pytest.mark.parametrize("table", LAYOUTS, ids=lambda table: table.name)
def test_a_name_stands_once_in_a_table(table: Layout) -> None:
    names = [field.name for field in table.fields] + [
        q.name for q in table.quantities if q.type == "bool"
    ]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("table", LAYOUTS, ids=lambda table: table.name)
def test_every_number_of_a_table_has_a_sound_scale_and_range(table: Layout) -> None:
    for field in table.fields:
        if isinstance(field, Number):
            assert Fraction(field.divisor) * Fraction(field.scale) == 1
            assert field.raw_low < field.raw_high
            assert field.description.endswith(".")
