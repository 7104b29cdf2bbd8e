"""Guards the spelling of names: words, units, accents, length, reserved names, and names as a server gave them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders.normalise.names import RESERVED, as_given, clean, free

CLEAN = [
    ("temperature", "temperature"), ("TempC_SHT", "temp_c_sht"), ("BAT_V", "bat_v"), ("PM2.5", "pm2_5"),
    ("CO2 (ppm)", "co2_ppm"), ("activeEnergyImportL123T1", "active_energy_import_l123_t1"),
    ("ACI1_mA", "aci1_ma"), ("soil_pH", "soil_ph"), ("energy_kWh", "energy_kwh"), ("Température", "temperature"),
    ("Straße", "strasse"), ("pm_µg/m³", "pm_ug_m3"), ("DOOR_OPEN_STATUS", "door_open_status"),
    ("HTTPServer", "http_server"), ("  a--b  ", "a_b"), ("_private", "private"), ("电池", "value"), ("", "value"),
    ("time", "time_"), ("device", "device_"), ("faults", "faults_"), ("__proto__", "proto"), ("1st", "1st"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "name"), CLEAN)
def test_a_key_becomes_a_name(key: str, name: str) -> None:
    assert clean((key,)) == name


def test_a_path_becomes_one_name() -> None:
    assert clean(("air", "Temp", "", "1")) == "air_temp_1"
    assert clean(("air", "time")) == "air_time"


@given(st.lists(st.text(max_size=40), max_size=6))
def test_a_name_cleaned_again_stays(parts: list[str]) -> None:
    name = clean(parts)
    assert 1 <= len(name) <= 64
    assert clean((name.removesuffix("_"),)) == name
    assert name not in RESERVED


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (("TempC",), "TempC"), (("a", "b-c"), "a_b_c"), (("-", "a"), "a"), (("time",), "time_"), ((), "value"),
        (("n" * 100,), "n" * 64),
    ],
)  # fmt: skip
def test_names_as_given_keep_their_capitals(path: tuple[str, ...], name: str) -> None:
    assert as_given(path) == name


def test_a_taken_name_gets_an_ending_that_is_no_channel() -> None:
    assert free("door_open", ()) == "door_open"
    assert free("door_open", {"door_open", "door_open_dup2"}) == "door_open_dup3"
    assert len(free("n" * 64, {"n" * 64})) == 64
