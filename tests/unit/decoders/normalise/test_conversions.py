"""Guards units: which are converted to which, exactly, and that milli and mega are told apart."""

import pytest

from decoders.normalise.conversions import known_units, line_from, on_line, suffix_of
from decoders.quantities import DOMAINS, QUANTITIES
from decoders.quantities.units import UNITS

EXACT = [
    ("temperature_c", "°F", 77, 25.0), ("temperature_c", "K", 293.15, 20.0), ("temperature_c", "Cel", 21.7, 21.7),
    ("pressure_hpa", "Pa", 96412, 964.12), ("pressure_hpa", "kPa", 95.87, 958.7), ("battery_v", "mV", 3594, 3.594),
    ("energy_import_wh", "kWh", 12.345, 12345.0), ("energy_import_wh", "MWh", 1.5, 1_500_000.0),
    ("energy_import_wh", "mWh", 1500, 1.5), ("active_power_w", "MW", 2, 2_000_000.0),
    ("active_power_w", "mW", 2, 0.002), ("o3_ppb", "ppm", 0.013, 13.0), ("current_a", "mA", 7, 0.007),
    ("soil_moisture_pct", "m³⋅m⁻³", 0.251, 25.1), ("wind_speed_m_s", "km/h", 36, 10.0),
    ("humidity_pct", "%", 40, 40),
    ("hcho_mg_m3", "ug/m3", 30, 0.03), ("uptime_h", "min", 90, 1.5), ("pm10_ug_m3", "μg/m3", 5, 5),
]  # fmt: skip


@pytest.mark.parametrize(("name", "unit", "value", "converted"), EXACT)
def test_a_value_is_converted_exactly(name: str, unit: str, value: float, converted: float) -> None:
    line = line_from(unit, QUANTITIES[name])
    assert line is not None
    assert on_line(float(value), line) == converted


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("temperature_c", "V"), ("pressure_hpa", "bar"), ("battery_v", "%"), ("current_a", "MW"), ("co2_ppm", ""),
        ("power_factor", "%"), ("door_open", "V"),
    ],
)  # fmt: skip
def test_a_unit_of_something_else_is_not_converted(name: str, unit: str) -> None:
    assert line_from(unit, QUANTITIES[name]) is None


def test_every_unit_of_the_vocabulary_is_known_in_its_own_spelling() -> None:
    for quantity in (quantity for table in DOMAINS.values() for quantity in table):
        if quantity.unit:
            line = line_from(quantity.unit, quantity)
            assert line is not None, quantity.unit
            assert on_line(1.25, line) == 1.25
            assert known_units(quantity)


def test_what_is_not_finite_becomes_infinite_or_stays() -> None:
    line = line_from("mV", QUANTITIES["battery_v"])
    assert line is not None
    assert on_line(float("inf"), line) == float("inf")


def test_the_ending_of_a_unit_is_the_vocabularys() -> None:
    assert suffix_of(" °C ") == "c"
    assert suffix_of("parsec") == ""
    assert {suffix_of(sign) for sign in UNITS} == {unit.suffix for unit in UNITS.values()}
