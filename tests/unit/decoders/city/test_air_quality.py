"""Guards air quality: published decimals, cold air, thin air and the scale that multiplies."""

import pytest

from decoders.city.air_quality import DECODER
from decoders.contract import Decoded


def read(payload: str) -> Decoded:
    (reading,) = DECODER.decode(20, bytes.fromhex(payload), None)
    return reading


@pytest.mark.parametrize(
    ("payload", "name", "value"),
    [
        ("01000200fb", "pm2_5_ug_m3", 25.1),
        ("010002c350", "pm2_5_ug_m3", 5000.0),
        ("0102000000", "temperature_c", 0.0),
        ("010200ffff", "temperature_c", -0.01),
        ("010200f060", "temperature_c", -40.0),
        ("0102002134", "temperature_c", 85.0),
        ("0108000bb8", "pressure_hpa", 300.0),
        ("0108002af8", "pressure_hpa", 1100.0),
        ("011000fc", "noise_dba", 126.0),
        ("012000ffdc", "illuminance_lx", 131000.0),
        ("0120000001", "illuminance_lx", 2.0),
        ("0140000001", "battery_v", 0.001),
    ],
)
def test_a_possible_value_is_read(payload: str, name: str, value: float) -> None:
    reading = read(payload)
    assert reading.fields == {name: value}
    assert (reading.measurement, reading.tags) == ("air_quality", {})
    assert (reading.faults, reading.out_of_range) == ((), ())


@pytest.mark.parametrize(
    ("payload", "name"),
    [
        ("010002c351", "pm2_5_ug_m3"),
        ("010200f05f", "temperature_c"),
        ("0102002135", "temperature_c"),
        ("0108000bb7", "pressure_hpa"),
        ("0108000000", "pressure_hpa"),
        ("011000fd", "noise_dba"),
        ("012000ffdd", "illuminance_lx"),
        ("012000fffe", "illuminance_lx"),
    ],
)
def test_an_impossible_value_is_named_and_left_out(payload: str, name: str) -> None:
    reading = read(payload)
    assert reading.fields == {}
    assert reading.out_of_range == (name,)
