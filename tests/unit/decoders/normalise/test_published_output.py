"""Guards what becomes of published codecs' output, with the profiles that come with the program and without.

`published.jsonl` are 256 outputs of published test vectors. What they should become is written here by hand.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from decoders.contract import Decoded, DecodeRefused
from decoders.normalise import Normaliser, Profile
from decoders.normalise.profile_file import parse_profile
from decoders.quantities import quantity_named

ROOT = Path(__file__).parents[4]
PROFILES = {
    path.stem: parse_profile(path.read_text("utf-8"))
    for path in sorted((ROOT / "decoders" / "profiles").glob("*.toml"))
}
PUBLISHED = [
    json.loads(line)
    for line in (ROOT / "tests/data/codec_output/published.jsonl").read_text("utf-8").splitlines()
]

EXPECTED: list[tuple[str, str, int, dict[str, Any]]] = [
    ("milesight-am307", "am307", 0, {"battery_pct": 92.0, "temperature_c": 30.8, "humidity_pct": 50.5}),
    ("milesight-am307", "am307", 1, {"co2_ppm": 1255.0, "iaq_index": 0.07, "pressure_hpa": 1004.7}),
    ("milesight-am308", "am308l", 0, {
        "co2_ppm": 1255.0, "iaq_index": 0.07, "pressure_hpa": 1004.7, "pm2_5_ug_m3": 32.0, "pm10_ug_m3": 48.0,
    }),
    ("milesight-em", "em300-sld", 0, {"leak": True}),
    ("milesight-em", "em300-zld", 0, {"leak": False}),
    ("milesight-em", "ws301", 0, {"battery_pct": 75.0, "door_open": True}),
    ("milesight-em", "ws301", 1, {"tamper": True}),
    ("milesight-ct", "ct105", 0, {
        "current_max_a": 30.0, "current_min_a": 20.0, "current_a": 25.0, "current_alarm": True,
        "current_over_range": True,
    }),
    ("milesight-ct", "ct303", 0, {
        "current_max_1_a": 300.0, "current_min_1_a": 200.0, "current_1_a": 250.0, "current_alarm_1": True,
        "current_over_range_1": True,
    }),
    ("milesight-ws52x", "ws52x", 0, {"voltage_v": 228.5}),
    ("dragino-lds02", "lds02", 0, {
        "battery_v": 2.952, "door_open": False, "door_open_count": 7091.0, "door_open_s": 0.0, "alarm": False,
    }),
    ("dragino-lt22222", "lt-22222-l", 0, {
        "do1": True, "do2": True, "relay1": False, "relay2": False, "ai1_v": 0.0, "ai2_v": 0.0,
        "ai1_ma": 0.0, "ai2_ma": 0.0, "di1": True, "di2": True,
    }),
    ("elsys", "elsys", 0, {"temperature_c": 19.8, "humidity_pct": 42.0, "battery_v": 3.594}),
    ("elsys", "elsys", 1, {"temperature_c": -5.0, "humidity_pct": 80.0}),
    ("elsys", "ers-co2", 0, {
        "temperature_c": 22.6, "humidity_pct": 41.0, "illuminance_lx": 39.0, "motion_count": 6.0, "co2_ppm": 776.0,
    }),
    ("browan", "tbhv110", 0, {
        "battery_v": 3.6, "eco2": 959.0, "humidity_pct": 30.0, "iaq_index": 81.0, "status": 1.0,
        "temperature_c": 22.0, "board_temperature_c": 21.0, "tvoc_ppb": 1.0,
    }),
    ("automatic", "merryiot-cd10", 0, {
        "battery_v": 3.6, "temperature_c": 25.0, "humidity_pct": 32.0, "trigger": 0.0, "button_number": 0.0,
        "co2threshold": 0.0, "co2calibration": 0.0, "co2_ppm": 524.0,
    }),
    ("sensecap", "sensecap-co2", 0, {"temperature_c": 21.4, "humidity_pct": 31.4}),
    ("sensecap", "sensecap-air-th", 0, {
        "hardware_version": "1.0", "firmware_version": "1.1", "battery_pct": 100.0, "report_interval_s": 3600.0,
        "channel": 1.0,
    }),
    ("netvox-r809a", "r809a", 1, {"voltage_v": 220.0, "current_a": 1.0, "active_power_w": 220.0}),
    ("netvox-r718n", "r718n3", 0, {
        "battery_v": 3.6, "current_1_raw": 1000.0, "current_2_raw": 200.0, "current_3_raw": 7000.0,
        "current_1_multiplier": 1.0,
    }),
    ("yobiiq", "em4301-ct", 0, {
        "energy_import_t1_wh": 50859780.0, "energy_import_t2_wh": 0.0, "energy_export_t1_wh": 0.0,
        "energy_export_t2_wh": 0.0, "modbus_error_code": 0.0,
    }),
    ("decentlab", "dl-iam", 0, {
        "battery_v": 2.962, "temperature_c": 27.67833981841764, "humidity_pct": 36.438544289311054,
        "pressure_hpa": 964.12, "visible_infrared_level": 610.0, "infrared_level": 105.0,
        "illuminance_lx": 678.76512, "co2_ppm": 455.0, "sensor_status": 0.0, "raw_ir_reading": 37844.0,
        "motion_count": 11.0, "tvoc_ppb": 273.0,
    }),
]  # fmt: skip


def outputs(device: str) -> list[Any]:
    return [one["data"] for one in PUBLISHED if one["device"] == device]


def readings(data: Any, profile: Profile | None) -> tuple[Decoded, ...]:
    return Normaliser(profile, "sensor").readings(data).readings


@pytest.mark.parametrize(
    ("profile", "device", "place", "fields"),
    EXPECTED,
    ids=[f"{profile}-{device}-{place}" for profile, device, place, _ in EXPECTED],
)
def test_a_published_output_becomes_these_fields(
    profile: str, device: str, place: int, fields: dict[str, Any]
) -> None:
    (reading,) = readings(outputs(device)[place], PROFILES[profile])
    assert dict(reading.fields) == fields
    assert (reading.faults, reading.out_of_range) == ((), ())


def test_every_profile_with_fields_has_a_published_output() -> None:
    tested = {profile for profile, *_ in EXPECTED} | {"watteco"}
    assert {name for name, profile in PROFILES.items() if profile.fields} <= tested


def test_samples_become_readings_of_their_own_times() -> None:
    data = {
        "samples": [
            {"variable": "temperature", "value": 28.7, "date": "2023-07-18T12:19:53.243Z"},
            {"variable": "humidity", "value": 37, "date": "2023-07-18T12:19:53.243Z"},
            {"variable": "battery_voltage", "value": 3.707, "date": "2023-07-18T12:19:52.243Z"},
        ],
        "temperature": 28.7, "humidity": 37, "battery_voltage": 3.707,
    }  # fmt: skip
    assert data in outputs("hygrotempo-remote")
    for profile in (PROFILES["watteco"], None):
        first, second = readings(data, profile)
        assert dict(first.fields) == {"temperature_c": 28.7, "humidity_pct": 37.0}
        assert dict(second.fields) == {"battery_v": 3.707}
        assert first.time is not None
        assert first.time.isoformat() == "2023-07-18T12:19:53.243000+00:00"


@pytest.mark.parametrize(
    "profile", ["automatic", *sorted(set(PROFILES) - {"automatic", "as_given"})]
)
def test_every_published_output_gives_fields_of_one_type_each(profile: str) -> None:
    """With every profile, the right one or not: all messages of a device agree about types."""
    types: dict[tuple[str, str], set[str]] = {}
    for one in PUBLISHED:
        try:
            found = readings(one["data"], PROFILES[profile])
        except DecodeRefused:
            assert profile != "automatic", one
            continue
        for name, value in (field for reading in found for field in reading.fields.items()):
            types.setdefault((one["device"], name), set()).add(type(value).__name__)
            quantity = quantity_named(name)
            assert quantity is None or quantity.type == type(value).__name__
    assert {key: kinds for key, kinds in types.items() if len(kinds) > 1} == {}


def test_what_the_fields_of_the_shipped_profiles_are_called_is_mostly_vocabulary() -> None:
    own = {
        rule.to
        for profile in PROFILES.values()
        for rule in profile.fields.values()
        if not any(quantity_named(rule.to.replace("{}", channel)) for channel in ("1", "l1", "t1"))
    }
    assert own <= {
        "current_raw", "current_multiplier", "current_{}_raw", "current_{}_multiplier",
    }  # fmt: skip
