"""Guards the simulators' copy of the field tables against the payload format's, written out here again line
by line: bit, name, type, scale, range."""

import pytest

from hil.simulators.city_fields import AIR_QUALITY, CCTV_HEALTH, ENERGY, FAMILIES, Family

CCTV_TABLE = """
0 camera u8 1 0-254
1 status u16
2 uptime_h u16 1 0-65534
3 frame_rate_fps u8 0.5 0-120
4 bitrate_kbps u16 1 0-65534
5 packet_loss_pct u8 0.5 0-100
6 round_trip_ms u16 1 0-60000
7 storage_used_pct u8 0.5 0-100
8 enclosure_temperature_c i16 0.1 -40-125
9 enclosure_humidity_pct u8 0.5 0-100
10 supply_voltage_v u16 0.01 0-600
11 supply_current_a u16 0.001 0-60
12 ups_charge_pct u8 0.5 0-100
13 recording_gap_s u16 1 0-65534
14 reboots u8 1 0-254
"""
AIR_TABLE = """
0 pm1_0_ug_m3 u16 0.1 0-5000
1 pm2_5_ug_m3 u16 0.1 0-5000
2 pm10_ug_m3 u16 0.1 0-5000
3 co2_ppm u16 1 0-40000
4 co_ppm u16 0.01 0-500
5 no2_ppb u16 0.1 0-5000
6 o3_ppb u16 0.1 0-5000
7 so2_ppb u16 0.1 0-5000
8 tvoc_ppb u16 1 0-60000
9 temperature_c i16 0.01 -40-85
10 humidity_pct u16 0.01 0-100
11 pressure_hpa u16 0.1 300-1100
12 noise_dba u8 0.5 0-126
13 illuminance_lx u16 2 0-131000
14 battery_v u16 0.001 0-60
"""
ENERGY_TABLE = """
0 energy_import_wh u48 1 0-281474976710654
1 energy_export_wh u48 1 0-281474976710654
2 active_power_w i32 1 -1000000000-1000000000
3 reactive_power_var i32 1 -1000000000-1000000000
4 apparent_power_va u32 1 0-1000000000
5 power_factor i16 0.001 -1-1
6 frequency_hz u16 0.01 40-70
7 voltage_l1_v u16 0.1 0-1000
8 voltage_l2_v u16 0.1 0-1000
9 voltage_l3_v u16 0.1 0-1000
10 current_l1_a u24 0.001 0-10000
11 current_l2_a u24 0.001 0-10000
12 current_l3_a u24 0.001 0-10000
13 demand_peak_w u32 1 0-1000000000
14 status u8
"""
TABLES = [(CCTV_HEALTH, CCTV_TABLE), (AIR_QUALITY, AIR_TABLE), (ENERGY, ENERGY_TABLE)]


def written_out(family: Family) -> list[str]:
    lines = []
    for bit, field in enumerate(family.fields):
        line = f"{bit} {field.name} {field.type}"
        lines.append(line if field.flags else f"{line} {field.scale} {field.low}-{field.high}")
    return lines


@pytest.mark.parametrize(("family", "table"), TABLES, ids=lambda x: getattr(x, "name", ""))
def test_the_table_is_the_formats_table(family: Family, table: str) -> None:
    assert written_out(family) == table.strip().splitlines()


def test_each_family_has_its_port() -> None:
    assert {family.name: family.f_port for family in FAMILIES} == {
        "cctv_health": 10,
        "air_quality": 20,
        "energy": 30,
    }


def test_flags_are_named_from_bit_0_up() -> None:
    assert CCTV_HEALTH.fields[1].flags == (
        "online", "video_ok", "recording", "ir_on", "tamper", "door_open", "mains_ok", "on_battery",
        "storage_fault", "clock_synced",
    )  # fmt: skip
    assert ENERGY.fields[14].flags == ("relay_on", "tamper", "phase_loss", "overload")


@pytest.mark.parametrize(
    ("family", "name", "sentinel"),
    [
        (CCTV_HEALTH, "camera", 0xFF),
        (CCTV_HEALTH, "enclosure_temperature_c", -0x8000),
        (ENERGY, "energy_import_wh", 0xFFFFFFFFFFFF),
        (ENERGY, "active_power_w", -0x80000000),
        (ENERGY, "current_l3_a", 0xFFFFFF),
    ],
)
def test_the_fault_sentinel_is_all_ones_or_the_most_negative_value(
    family: Family, name: str, sentinel: int
) -> None:
    assert {field.name: field.sentinel for field in family.fields}[name] == sentinel


def test_flags_cannot_be_faulty_but_can_be_measured() -> None:
    assert "tamper" in ENERGY.measured
    assert "tamper" not in ENERGY.faultable
    assert "status" not in ENERGY.faultable
