"""Guards that every mistake in a map is told by its key, with its value and what to write instead."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decoders.register_map.loading import WrongMap, decoder_of

Faults = Callable[[str], dict[str, tuple[Any, str]]]

GOOD = """
measurement = "energy"
f_port = 2
[[layout]]
length = 3
when = { offset = 0, equals = 1 }
[[layout.value]]
quantity = "voltage_v"
type = "u16"
offset = 1
scale = 0.1
"""


@pytest.mark.parametrize(
    ("old", "new", "key", "value", "remedy"),
    [
        ('"energy"', "7", "measurement", 7, "write it as text in quotes"),
        ('measurement = "energy"', "", "measurement", None, "is missing"),
        ('"energy"', '"a b"', "measurement", "a b", "letters, digits and _"),
        ("f_port = 2", "f_port = 0", "f_port", [0], "from 1 to 223"),
        ("f_port = 2", 'f_port = "2"', "f_port", "2", "whole number"),
        ("f_port = 2", "fport = 2", "fport", 2, 'did you mean "f_port"?'),
        ("length = 3", "", "layout[0].length", None, "is missing"),
        ("length = 3", "length = 256", "layout[0].length", 256, "from 1 to 255"),
        ("length = 3", "length = true", "layout[0].length", True, "from 1 to 255"),
        ("length = 3", "length = 2", "layout[0].value[0].offset", None, "ends at byte 3"),
        ("offset = 0,", "offset = 3,", "layout[0].when[0].offset", 3, "has 3 bytes"),
        ("equals = 1", "equals = 256", "layout[0].when[0].equals", 256, "from 0 to 255"),
        ("equals = 1", "mask = 2, equals = 1", "layout[0].when[0].equals", 1, "outside the mask"),
        ("voltage_v", "voltag_v", "layout[0].value[0].quantity", "voltag_v", 'mean "voltage_v"?'),
        ("voltage_v", "door_open", "layout[0].value[0].quantity", "door_open", "is a bool"),
        ('quantity = "voltage_v"', "", "layout[0].value[0].quantity", None, "docs/quantities.md"),
        ("quantity", "name", "layout[0].value[0].name", "voltage_v", "write it as quantity"),
        ('quantity = "voltage_v"', 'name = "A b"', "layout[0].value[0].name", "A b", "small letters"),
        ('quantity = "voltage_v"', 'name = "time"', "layout[0].value[0].name", "time", "small letters"),
        ('quantity = "voltage_v"', 'name = "x"\nlow = 2\nhigh = 1', "layout[0].value[0].low", 2.0, "above"),
        ('"u16"', '"u17"', "layout[0].value[0].type", "u17", 'did you mean "u16"?'),
        ('"u16"', '"u16"\norder = "CDAB"', "layout[0].value[0].order", "CDAB", "AB, BA"),
        ('"u16"', '"s16"\nbits = [0, 3]', "layout[0].value[0].bits", None, "begins with u"),
        ('"u16"', '"u16"\nbits = [9, 8]', "layout[0].value[0].bits", [9, 8], "[0, 14]"),
        ('"u16"', '"s16"\nbit = 3', "layout[0].value[0].quantity", "voltage_v", "read as a bool"),
        ("scale = 0.1", "scale = 0", "layout[0].value[0].scale", "0", "scale of 0"),
        ("scale = 0.1", 'scale = "1/0"', "layout[0].value[0].scale", "1/0", "write a number"),
        ("scale = 0.1", 'scale = "1e99999999"', "layout[0].value[0].scale", "1e99999999", "number"),
        ("scale = 0.1", "scale = nan", "layout[0].value[0].scale", None, "write a number"),
        ("scale = 0.1", 'fault = ["x"]', "layout[0].value[0].fault", ["x"], "[0xffff, 0x7fff]"),
        ("offset = 1", "offset = -1", "layout[0].value[0].offset", -1, "from 0 to 254"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_key_its_value_and_a_remedy(
    faults: Faults, old: str, new: str, key: str, value: object, remedy: str
) -> None:
    assert old in GOOD
    found = faults(GOOD.replace(old, new, 1))
    assert key in found
    if value is not None:
        assert found[key][0] == value
    assert remedy in found[key][1]


def test_all_mistakes_are_told_at_once(faults: Faults) -> None:
    found = faults(
        GOOD.replace("voltage_v", "volt").replace("length = 3", "length = 0") + "x = 1\n"
    )
    assert set(found) == {"layout[0].length", "layout[0].value[0].quantity", "layout[0].value[0].x"}


def test_a_quantity_is_in_a_layout_once(faults: Faults) -> None:
    again = '[[layout.value]]\nquantity = "voltage_v"\ntype = "u8"\noffset = 0\n'
    assert "already" in faults(GOOD + again)["layout[0].value[1].quantity"][1]


def test_only_the_last_layout_can_do_without_a_condition(faults: Faults) -> None:
    text = GOOD.replace("when = { offset = 0, equals = 1 }", "")
    second = GOOD[GOOD.index("[[layout]]") :]
    assert "only the last" in faults(text + second)["layout[0].when"][1]


def test_a_map_without_layouts_or_values_is_told_so(faults: Faults) -> None:
    assert "[[layout]]" in faults('measurement = "m"')["layout"][1]
    assert (
        "[[layout.value]]"
        in faults('measurement = "m"\n[[layout]]\nlength = 1')["layout[0].value"][1]
    )


def test_channels_have_a_controller_and_are_named_once(faults: Faults) -> None:
    text = 'measurement = "m"\ninside = "milesight_uc300"\n'
    assert "[[channel]]" in faults(text)["channel"][1]
    one = '[[channel]]\nnumber = 1\nquantity = "voltage_v"\n'
    assert "already" in faults(text + one + one)["channel[1].number"][1]
    assert "from 1 to 32" in faults(text + one.replace("= 1", "= 33"))["channel[0].number"][1]
    assert "milesight_uc300" in faults(text.replace("uc300", "uc999") + one)["inside"][1]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["measurement", "f_port", "byte_order", "layout", "inside", "channel", "length", "when", "value",
     "offset", "mask", "equals", "quantity", "name", "unit", "low", "high", "type", "scale", "add",
     "fault", "beyond", "bits", "bit", "inverted", "bytes", "order", "number"],
)  # fmt: skip


@settings(deadline=None)  # the machine may be busy with other things
@given(
    table=st.dictionaries(KEYS, ANYTHING | st.lists(st.dictionaries(KEYS, ANYTHING), max_size=2)),
    layout=st.dictionaries(KEYS, ANYTHING),
    value=st.dictionaries(KEYS, ANYTHING),
)
def test_whatever_stands_in_a_map_ends_in_a_decoder_or_in_faults(
    table: dict[str, Any], layout: dict[str, Any], value: dict[str, Any]
) -> None:
    for whole in (
        table,
        {"measurement": "m", "layout": [{"length": 9, **layout, "value": [value]}]},
    ):
        try:
            name = decoder_of(whole, "random").name
        except WrongMap as wrong:
            name = wrong.faults and "random"
        assert name == "random"
