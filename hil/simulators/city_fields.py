"""What the three city sensor families can say: their fields in bit order, as the payload format defines them.

Source: city sensor payloads, version 1 (FPort 10 CCTV health, 20 air quality, 30 energy). This is the
simulators' own copy of the tables; the gateway's decoders have theirs.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

IntegerType = Literal["u8", "u16", "u24", "u32", "u48", "i16", "i32"]


@dataclass(frozen=True, slots=True)
class Field:
    """One bit of the presence bitmap: a number on the wire."""

    name: str
    type: IntegerType
    """Big-endian on the wire; "i" is two's complement."""
    scale: str
    """What one step of the integer is worth, as a decimal."""
    low: int
    high: int
    """The physical range, in the field's unit; what lies outside is told as out of range."""
    flags: tuple[str, ...] = ()
    """Names of its bits from bit 0 up, when it holds flags instead of a number."""

    @property
    def bits(self) -> int:
        """Width on the wire in bits."""
        return int(self.type[1:])

    @property
    def signed(self) -> bool:
        """Whether the integer is two's complement."""
        return self.type[0] == "i"

    @property
    def sentinel(self) -> int:
        """The integer that says "fitted, but could not measure"."""
        return -1 << (self.bits - 1) if self.signed else (1 << self.bits) - 1


@dataclass(frozen=True)
class Family:
    """One sensor family."""

    name: str
    """Its decoder and its measurement."""
    f_port: int
    """Of a live report; stored samples use the port above it."""
    fields: tuple[Field, ...]
    """From bit 0 of the bitmap up."""

    @cached_property
    def measured(self) -> frozenset[str]:
        """Names of everything a record can hold: numbers and single flags."""
        flags = (flag for entry in self.fields for flag in entry.flags)
        return self.faultable.union(flags)

    @cached_property
    def faultable(self) -> frozenset[str]:
        """Names of the fields that have a sentinel: all but the flags."""
        return frozenset(entry.name for entry in self.fields if not entry.flags)


CCTV_HEALTH = Family(
    "cctv_health",
    10,
    (
        Field("camera", "u8", "1", 0, 254),
        Field(
            "status", "u16", "1", 0, 0,
            ("online", "video_ok", "recording", "ir_on", "tamper", "door_open", "mains_ok",
             "on_battery", "storage_fault", "clock_synced"),
        ),
        Field("uptime_h", "u16", "1", 0, 65534),
        Field("frame_rate_fps", "u8", "0.5", 0, 120),
        Field("bitrate_kbps", "u16", "1", 0, 65534),
        Field("packet_loss_pct", "u8", "0.5", 0, 100),
        Field("round_trip_ms", "u16", "1", 0, 60000),
        Field("storage_used_pct", "u8", "0.5", 0, 100),
        Field("enclosure_temperature_c", "i16", "0.1", -40, 125),
        Field("enclosure_humidity_pct", "u8", "0.5", 0, 100),
        Field("supply_voltage_v", "u16", "0.01", 0, 600),
        Field("supply_current_a", "u16", "0.001", 0, 60),
        Field("ups_charge_pct", "u8", "0.5", 0, 100),
        Field("recording_gap_s", "u16", "1", 0, 65534),
        Field("reboots", "u8", "1", 0, 254),
    ),
)  # fmt: skip
"""One report per camera; `camera` becomes the tag."""

AIR_QUALITY = Family(
    "air_quality",
    20,
    (
        Field("pm1_0_ug_m3", "u16", "0.1", 0, 5000),
        Field("pm2_5_ug_m3", "u16", "0.1", 0, 5000),
        Field("pm10_ug_m3", "u16", "0.1", 0, 5000),
        Field("co2_ppm", "u16", "1", 0, 40000),
        Field("co_ppm", "u16", "0.01", 0, 500),
        Field("no2_ppb", "u16", "0.1", 0, 5000),
        Field("o3_ppb", "u16", "0.1", 0, 5000),
        Field("so2_ppb", "u16", "0.1", 0, 5000),
        Field("tvoc_ppb", "u16", "1", 0, 60000),
        Field("temperature_c", "i16", "0.01", -40, 85),
        Field("humidity_pct", "u16", "0.01", 0, 100),
        Field("pressure_hpa", "u16", "0.1", 300, 1100),
        Field("noise_dba", "u8", "0.5", 0, 126),
        Field("illuminance_lx", "u16", "2", 0, 131000),
        Field("battery_v", "u16", "0.001", 0, 60),
    ),
)

ENERGY = Family(
    "energy",
    30,
    (
        Field("energy_import_wh", "u48", "1", 0, 2**48 - 2),
        Field("energy_export_wh", "u48", "1", 0, 2**48 - 2),
        Field("active_power_w", "i32", "1", -(10**9), 10**9),
        Field("reactive_power_var", "i32", "1", -(10**9), 10**9),
        Field("apparent_power_va", "u32", "1", 0, 10**9),
        Field("power_factor", "i16", "0.001", -1, 1),
        Field("frequency_hz", "u16", "0.01", 40, 70),
        Field("voltage_l1_v", "u16", "0.1", 0, 1000),
        Field("voltage_l2_v", "u16", "0.1", 0, 1000),
        Field("voltage_l3_v", "u16", "0.1", 0, 1000),
        Field("current_l1_a", "u24", "0.001", 0, 10000),
        Field("current_l2_a", "u24", "0.001", 0, 10000),
        Field("current_l3_a", "u24", "0.001", 0, 10000),
        Field("demand_peak_w", "u32", "1", 0, 10**9),
        Field("status", "u8", "1", 0, 0, ("relay_on", "tamper", "phase_loss", "overload")),
    ),
)

FAMILIES = (AIR_QUALITY, ENERGY, CCTV_HEALTH)
