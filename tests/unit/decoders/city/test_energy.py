"""Guards energy: counters of six bytes, currents of three, export as negative power, and the status bits."""

from typing import Any

import pytest

from decoders.city.energy import DECODER
from decoders.contract import Decoded

FLAGS = ("relay_on", "tamper", "phase_loss", "overload")


def read(payload: str | bytes) -> Decoded:
    payload = bytes.fromhex(payload) if isinstance(payload, str) else payload
    (reading,) = DECODER.decode(30, payload, None)
    return reading


@pytest.mark.parametrize(
    ("payload", "name", "value"),
    [
        ("010001000000000000", "energy_import_wh", 0.0),
        ("010001000000000001", "energy_import_wh", 1.0),
        ("010001800000000000", "energy_import_wh", 140737488355328.0),
        ("010001fffffffffffe", "energy_import_wh", 281474976710654.0),
        ("010002010203040506", "energy_export_wh", 1108152157446.0),
        ("010004ffffffff", "active_power_w", -1.0),
        ("010004c4653600", "active_power_w", -1e9),
        ("0100043b9aca00", "active_power_w", 1e9),
        ("010020fc18", "power_factor", -1.0),
        ("01002003b6", "power_factor", 0.95),
        ("0100401388", "frequency_hz", 50.0),
        ("01008008fc", "voltage_l1_v", 230.0),
        ("010400800000", "current_l1_a", 8388.608),
        ("010800000001", "current_l2_a", 0.001),
        ("011000989680", "current_l3_a", 10000.0),
    ],
)
def test_a_possible_value_is_read(payload: str, name: str, value: float) -> None:
    reading = read(payload)
    assert reading.fields == {name: value}
    assert (reading.measurement, reading.tags) == ("energy", {})


@pytest.mark.parametrize(
    ("payload", "name"),
    [
        ("010004c46535ff", "active_power_w"),
        ("0100043b9aca01", "active_power_w"),
        ("0100103b9aca01", "apparent_power_va"),
        ("01002003e9", "power_factor"),
        ("010020fc17", "power_factor"),
        ("0100400000", "frequency_hz"),
        ("010400989681", "current_l1_a"),
        ("010400fffffe", "current_l1_a"),
    ],
)
def test_an_impossible_value_is_named_and_left_out(payload: str, name: str) -> None:
    reading = read(payload)
    assert reading.fields == {}
    assert reading.out_of_range == (name,)


def test_each_status_bit_is_one_flag(families: Any) -> None:
    for bit, flag in enumerate(FLAGS):
        fields = read(families["energy"].report({"status": 1 << bit})).fields
        assert fields == {name: name == flag for name in FLAGS}
        assert {type(value) for value in fields.values()} == {bool}


def test_every_field_of_a_full_report_is_at_its_place() -> None:
    counters = "000000000007010000000008"
    powers = "fffffff70000000a0000000b03e71389"
    phases = "08fd08fe08ff00000f010000000011"
    assert read("017fff" + counters + powers + phases + "00000012" + "05").fields == {
        "energy_import_wh": 7.0,
        "energy_export_wh": 1099511627784.0,
        "active_power_w": -9.0,
        "reactive_power_var": 10.0,
        "apparent_power_va": 11.0,
        "power_factor": 0.999,
        "frequency_hz": 50.01,
        "voltage_l1_v": 230.1,
        "voltage_l2_v": 230.2,
        "voltage_l3_v": 230.3,
        "current_l1_a": 0.015,
        "current_l2_a": 65.536,
        "current_l3_a": 0.017,
        "demand_peak_w": 18.0,
        "relay_on": True,
        "tamper": False,
        "phase_loss": True,
        "overload": False,
    }
