"""Guards how a device's second current and third input are called, and that such names are found again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders.quantities import DOMAINS, QUANTITIES, quantity_named
from decoders.quantities.channels import on_channel

ROWS = [quantity for table in DOMAINS.values() for quantity in table]
CHANNELS: dict[str, list[str]] = {
    "phase": ["l1", "l2", "l3"],
    "pair": ["l1_l2", "l2_l3", "l3_l1"],
    "tariff": ["t1", "t2", "t9"],
    "number": [str(number) for number in range(1, 65)],
    "input": [str(number) for number in range(1, 65)],
}
NAMES = [
    ("voltage_v", "l1", "voltage_l1_v"),
    ("voltage_v", "l1_l2", "voltage_l1_l2_v"),
    ("power_factor", "l3", "power_factor_l3"),
    ("energy_import_wh", "t2", "energy_import_t2_wh"),
    ("current_a", 2, "current_2_a"),
    ("soil_moisture_pct", 64, "soil_moisture_64_pct"),
    ("di", 1, "di1"),
    ("counter", 3, "counter3"),
    ("ai_ma", 2, "ai2_ma"),
    ("door_open", 2, "door_open_2"),
]


@pytest.mark.parametrize(("plain", "channel", "name"), NAMES)
def test_a_channel_has_its_place_in_the_name(plain: str, channel: str | int, name: str) -> None:
    quantity = on_channel(QUANTITIES[plain], channel)
    assert quantity.name == name
    assert quantity_named(name) == quantity
    assert (quantity.unit, quantity.type) == (QUANTITIES[plain].unit, QUANTITIES[plain].type)


def test_a_channel_says_which_it_is() -> None:
    assert on_channel(QUANTITIES["current_a"], "l2").description == "Current, phase 2."
    assert on_channel(QUANTITIES["voltage_v"], "l1_l2").description == "Voltage, phases 1 and 2."
    assert on_channel(QUANTITIES["relay"], 4).description == "The relay is closed, channel 4."


@pytest.mark.parametrize(
    ("plain", "channel"),
    [
        ("temperature_c", "l1"), ("frequency_hz", 1), ("di", 0), ("di", 65), ("di", "01"),
        ("voltage_v", "l4"), ("voltage_v", "l1_l1"), ("current_a", "2 "), ("current_a", ""),
    ],
)  # fmt: skip
def test_a_channel_that_is_none_is_refused(plain: str, channel: str | int) -> None:
    with pytest.raises(ValueError, match=f"{plain} has no channel"):
        on_channel(QUANTITIES[plain], channel)


def test_no_two_quantities_share_a_name_on_any_channel() -> None:
    seen = dict.fromkeys((quantity.name for quantity in ROWS), "")
    for quantity in ROWS:
        for kind in quantity.channels:
            for channel in CHANNELS[kind]:
                name = on_channel(quantity, channel).name
                assert name not in seen, f"{quantity.name} and {seen.get(name)} both give {name}"
                seen[name] = quantity.name
                found = quantity_named(name)
                assert found is not None
                assert found.name == name


@given(st.text(alphabet="abcdilst_0123456789", max_size=20))
def test_any_text_is_a_quantity_of_that_name_or_none(name: str) -> None:
    found = quantity_named(name)
    assert found is None or found.name == name
