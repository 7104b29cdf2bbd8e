"""Guards the vocabulary: names are a public interface, with one unit and one type each, wherever they occur.

The suffixes of the city's own names are written here apart from the table of units.
"""

import re

import pytest

from decoders.city.families import LAYOUTS
from decoders.contract import Quantity
from decoders.quantities import DOMAINS, QUANTITIES, quantity_named
from decoders.quantities.channels import KINDS
from decoders.quantities.units import UNITS
from decoders.registry import DECODERS

UNIT_OF_SUFFIX = {
    "_c": "°C", "_pct": "%", "_v": "V", "_a": "A", "_w": "W", "_wh": "Wh", "_hz": "Hz", "_ppm": "ppm",
    "_ppb": "ppb", "_ug_m3": "µg/m³", "_hpa": "hPa", "_lx": "lx", "_h": "h", "_s": "s", "_ms": "ms",
    "_kbps": "kbit/s", "_fps": "frames/s", "_dba": "dB(A)", "_var": "var", "_va": "VA",
}  # fmt: skip
WITHOUT_UNIT = {
    "analog_in", "analog_out", "value", "modbus", "leak_count",
    "power_factor", "reboots", "iaq_index", "voc_index", "nox_index", "uv_index", "light_level",
    "infrared_level", "visible_infrared_level", "soil_ph", "water_ph", "soil_permittivity",
    "lightning_count", "motion_count", "door_open_count", "people_in", "people_out",
    "people_in_total", "people_out_total", "people_now", "counter", "pulses", "sensor_status",
    "spreading_factor", "f_cnt", "lost",
    "co2_raw", "co2_raw_filtered", "albedo", "soil_salinity", "soil_moisture_index", "vibration_count",
    "samples", "samples_valid", "samples_averaged", "current_multiplier", "over_voltages", "voltage_sags",
    "alarm_causes", "modbus_error", "brownouts", "sap_alpha", "sap_beta",
}  # fmt: skip
ROWS = [quantity for table in DOMAINS.values() for quantity in table]


def test_a_name_stands_once_in_the_tables() -> None:
    names = [quantity.name for quantity in ROWS]
    assert sorted(names) == sorted(set(names))
    assert set(names) <= set(QUANTITIES)


@pytest.mark.parametrize("decoder", DECODERS.values(), ids=lambda decoder: decoder.name)
def test_every_decoder_speaks_the_vocabulary(decoder: object) -> None:
    for quantity in decoder.quantities:  # type: ignore[attr-defined]
        found = quantity_named(quantity.name)
        assert found is not None, f"{quantity.name} is not in decoders/quantities"
        assert (found.unit, found.type) == (quantity.unit, quantity.type), quantity.name


def test_a_city_table_is_not_wider_than_the_vocabulary() -> None:
    for quantity in (quantity for layout in LAYOUTS for quantity in layout.quantities):
        found = QUANTITIES[quantity.name]
        if quantity.type == "float":
            low, high = found.low, found.high
            assert None not in (low, high, quantity.low, quantity.high), quantity.name
            assert low <= quantity.low < quantity.high <= high, quantity.name  # type: ignore[operator]


def test_a_name_has_one_unit_and_one_type_in_all_decoders() -> None:
    meanings: dict[str, set[tuple[str, str]]] = {}
    for decoder in DECODERS.values():
        for quantity in decoder.quantities:
            meanings.setdefault(quantity.name, set()).add((quantity.unit, quantity.type))
    assert {name: found for name, found in meanings.items() if len(found) > 1} == {}


@pytest.mark.parametrize("name", ["pm2_5_ug_m3", "enclosure_humidity_pct", "energy_import_wh"])
def test_the_suffixes_of_the_city_names_are_those_of_the_table_of_units(name: str) -> None:
    suffix = next(s for s in sorted(UNIT_OF_SUFFIX, key=len, reverse=True) if name.endswith(s))
    unit = QUANTITIES[name].unit
    assert unit.removesuffix("RH") == UNIT_OF_SUFFIX[suffix]
    assert f"_{UNITS[unit].suffix}" == suffix


def test_a_number_has_its_unit_in_its_name() -> None:
    for quantity in ROWS:
        if quantity.unit:
            assert quantity.name.endswith(f"_{UNITS[quantity.unit].suffix}"), quantity.name
    assert {q.name for q in ROWS if q.type == "float" and not q.unit} == WITHOUT_UNIT


def test_a_name_without_unit_does_not_end_like_one() -> None:
    suffixes = {f"_{unit.suffix}" for unit in UNITS.values()}
    ambiguous = {q.name for q in ROWS if not q.unit and any(map(q.name.endswith, suffixes))}
    assert ambiguous == set()


def test_every_unit_is_used_and_no_two_share_sign_or_code() -> None:
    assert {quantity.unit for quantity in ROWS if quantity.unit} == set(UNITS)
    suffixes = [unit.suffix for unit in UNITS.values() if unit.sign != "%RH"]
    assert len(suffixes) == len(set(suffixes)), "only % and %RH are written alike"


def test_names_are_lower_case_words_that_fit_a_field() -> None:
    for quantity in ROWS:
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", quantity.name)
        assert len(quantity.name) <= 40, "with a channel still below 64"


def test_numbers_have_a_range_and_flags_and_texts_neither_unit_nor_range() -> None:
    for quantity in ROWS:
        if quantity.type == "float":
            assert quantity.low is not None
            assert quantity.high is not None
            assert quantity.low < quantity.high
        else:
            assert (quantity.unit, quantity.low, quantity.high) == ("", None, None)


def test_every_quantity_says_what_it_is() -> None:
    for quantity in ROWS:
        assert re.fullmatch(r"[A-Z].{3,}\.", quantity.description), quantity.name


def test_a_path_of_the_things_stack_stands_for_one_quantity() -> None:
    paths = [quantity.ttn for quantity in ROWS if quantity.ttn]
    assert sorted(paths) == sorted(set(paths))
    assert {"battery", "air.temperature", "air.co2", "water.leak", "position.latitude"} <= set(
        paths
    )


def test_kinds_of_channels_are_known() -> None:
    assert {kind for quantity in ROWS for kind in quantity.channels} <= set(KINDS)


def test_rows_are_quantities_with_keywords_that_have_defaults() -> None:
    """Decoders make quantities of their own with what the contract always asked for."""
    assert Quantity(name="a", unit="", type="bool").channels == ()
