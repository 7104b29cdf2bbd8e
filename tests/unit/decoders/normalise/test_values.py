"""Guards values: the type of a field of the vocabulary, what is read as it, and what goes beside it."""

from typing import Any

import pytest

from decoders.normalise.flatten import Leaf
from decoders.normalise.profile import Profile
from decoders.normalise.profile_file import parse_profile
from decoders.normalise.resolve import resolve
from decoders.normalise.values import TEXT_MAX, Fault, Found, Nothing, OutOfRange, as_text, read

AUTOMATIC = Profile()


def value_of(key: str, value: Any, unit: str = "", profile: Profile = AUTOMATIC) -> Any:
    target = resolve((key,), unit, profile)
    assert target is not None
    return read(Leaf((key,), value, unit), target)


@pytest.mark.parametrize(
    ("key", "value", "unit", "said"),
    [
        ("temperature", 21.5, "", Found("temperature_c", 21.5)),
        ("temperature", "21.5", "", Found("temperature_c", 21.5)),
        ("temperature", "-21.5 °C", "", Found("temperature_c", -21.5)),
        ("temperature", "77°F", "", Found("temperature_c", 25.0)),
        ("temperature", 77.0, "°F", Found("temperature_c", 25.0)),
        ("temperature", "21.5 in the shade", "", Found("temperature_c_text", "21.5 in the shade")),
        ("temperature", True, "", Found("temperature_c_flag", True)),
        ("temperature", "NULL", "", Fault("temperature_c")),
        ("temperature", "", "", Fault("temperature_c")),
        ("temperature", -327.68, "", OutOfRange("temperature_c")),
        ("temperature", None, "", Nothing("null")),
        ("temperature", float("nan"), "", Nothing("not a finite number")),
        ("battery_voltage", 3594.0, "", Found("battery_v", 3.594)),
        ("battery_voltage", 3.594, "", Found("battery_v", 3.594)),
        ("battery", 3.6, "V", Found("battery_v", 3.6)),
        ("battery", 92.0, "%", Found("battery_pct", 92.0)),
        ("battery", 92.0, "", Found("battery", 92.0)),
        ("pressure", 100729.105, "", Found("pressure_hpa", 1007.29105)),
        ("pressure", 1008.2, "", Found("pressure_hpa", 1008.2)),
        ("pressure", 69.0, "", OutOfRange("pressure_hpa")),
        ("door", "open", "", Found("door", "open")),
        ("door_status", "closed", "", Found("door_open", False)),
        ("door_status", 1.0, "", Found("door_open", True)),
        ("door_status", 2.0, "", OutOfRange("door_open")),
        ("door_status", "ajar", "", Found("door_open_text", "ajar")),
        ("relay_1", "closed", "", Found("relay1", True)),
        ("RO2_status", "OFF", "", Found("relay2", False)),
        ("alarm", 5.0, "", Found("alarm_number", 5.0)),
        ("motion", 6.0, "", Found("motion_count", 6.0)),
        ("motion", -1.0, "", OutOfRange("motion_count")),
        ("motion", "yes", "", Found("motion", True)),
        ("firmware", 13.0, "", Found("firmware_version", "13")),
        ("firmware", "1.10", "", Found("firmware_version", "1.10")),
        ("unheard_of", "22.5", "", Found("unheard_of", "22.5")),
        ("unheard_of", 22.5, "°C", Found("unheard_of_c", 22.5)),
        ("supply_voltage", 12.1, "V", Found("supply_voltage_v", 12.1)),
        ("temperature_c", 5.0, "V", Found("temperature_c_v", 5.0)),
        ("temperature_c", 5.0, "parsec", Found("temperature_c", 5.0)),
        ("currentL2", 5000.0, "mA", Found("current_l2_a", 5.0)),
        ("Vrms_b", 221.0, "V", Found("voltage_l2_v", 221.0)),
        ("current_a", 4.0, "", Found("current_a", 4.0)),
        ("voltageL1L2", 400.0, "V", Found("voltage_l1_l2_v", 400.0)),
        ("activeEnergyImportL123T2", 1.0, "kWh", Found("energy_import_t2_wh", 1000.0)),
    ],
)  # fmt: skip
def test_without_a_profile(key: str, value: Any, unit: str, said: Any) -> None:
    assert value_of(key, value, unit) == said


PROFILE = parse_profile("""
[fields]
volt = { to = "battery_v", type = "number" }
t = { to = "temperature_c", unit = "°F", faults = [999, "bad"] }
n = { to = "my_number", type = "number", scale = "1/60", offset = "-0.5" }
w = { to = "my_word", type = "text" }
f = { to = "my_flag", type = "flag" }
s = { to = "door_open", map = { open = true, closed = false, 1 = true, true = true } }
m = { to = "temperature_c", map = { hot = 300, warm = 25 } }
""")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("volt", 3.3, Found("battery_v", 3.3)),
        ("volt", "3.3(low battery)", Found("battery_v", 3.3)),
        ("volt", "low", Fault("battery_v")),
        ("volt", "61", OutOfRange("battery_v")),
        ("t", 77.0, Found("temperature_c", 25.0)),
        ("t", "77", Found("temperature_c", 25.0)),
        ("t", 999.0, Fault("temperature_c")),
        ("t", "bad", Fault("temperature_c")),
        ("n", 90.0, Found("my_number", 1.0)),
        ("n", "90 s", Found("my_number", 1.0)),
        ("n", True, Found("my_number", 1.0)),
        ("w", 7.0, Found("my_word", "7")),
        ("w", True, Found("my_word", "true")),
        ("f", "yes", Found("my_flag", True)),
        ("f", 0.0, Found("my_flag", False)),
        ("f", 3.0, OutOfRange("my_flag")),
        ("f", "perhaps", Fault("my_flag")),
        ("s", "open", Found("door_open", True)),
        ("s", 1.0, Found("door_open", True)),
        ("s", True, Found("door_open", True)),
        ("s", "ajar", Nothing("'ajar' is not in the map of door_open")),
        ("m", "warm", Found("temperature_c", 25.0)),
        ("m", "hot", OutOfRange("temperature_c")),
    ],
)  # fmt: skip
def test_with_a_profile_the_type_never_depends_on_the_value(
    key: str, value: Any, said: Any
) -> None:
    assert value_of(key, value, profile=PROFILE) == said


def test_a_long_text_is_cut() -> None:
    assert value_of("note", "x" * 5000) == Found("note", "x" * TEXT_MAX)


def test_a_name_beside_fits_the_limit() -> None:
    profile = parse_profile(f'[fields]\nlong = {{ to = "{"n" * 64}" }}\n')
    assert value_of("long", 1.0, profile=profile) == Found("n" * 64, 1.0)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "1"), (1.5, "1.5"), (True, "true"), (None, "null"), ("x", "x"), (float("inf"), "inf")],
)
def test_a_profile_writes_values_like_this(value: Any, text: str) -> None:
    assert as_text(value) == text
