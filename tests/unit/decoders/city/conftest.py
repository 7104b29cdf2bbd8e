"""The city families once more, and an encoder: written apart from `decoders/`, so that a mistake is not shared.

A line is `name width scale low high`; a line's number is its bit. `tag` and `flags` have no limits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import pytest

CCTV_HEALTH = """
    camera                   u8  tag
    status                   u16 flags online video_ok recording ir_on tamper door_open mains_ok on_battery storage_fault clock_synced
    uptime_h                 u16 1     0   65534
    frame_rate_fps           u8  0.5   0   120
    bitrate_kbps             u16 1     0   65534
    packet_loss_pct          u8  0.5   0   100
    round_trip_ms            u16 1     0   60000
    storage_used_pct         u8  0.5   0   100
    enclosure_temperature_c  i16 0.1   -40 125
    enclosure_humidity_pct   u8  0.5   0   100
    supply_voltage_v         u16 0.01  0   600
    supply_current_a         u16 0.001 0   60
    ups_charge_pct           u8  0.5   0   100
    recording_gap_s          u16 1     0   65534
    reboots                  u8  1     0   254
"""  # noqa: E501

AIR_QUALITY = """
    pm1_0_ug_m3     u16 0.1   0   5000
    pm2_5_ug_m3     u16 0.1   0   5000
    pm10_ug_m3      u16 0.1   0   5000
    co2_ppm         u16 1     0   40000
    co_ppm          u16 0.01  0   500
    no2_ppb         u16 0.1   0   5000
    o3_ppb          u16 0.1   0   5000
    so2_ppb         u16 0.1   0   5000
    tvoc_ppb        u16 1     0   60000
    temperature_c   i16 0.01  -40 85
    humidity_pct    u16 0.01  0   100
    pressure_hpa    u16 0.1   300 1100
    noise_dba       u8  0.5   0   126
    illuminance_lx  u16 2     0   131000
    battery_v       u16 0.001 0   60
"""

ENERGY = """
    energy_import_wh    u48 1     0           281474976710654
    energy_export_wh    u48 1     0           281474976710654
    active_power_w      i32 1     -1000000000 1000000000
    reactive_power_var  i32 1     -1000000000 1000000000
    apparent_power_va   u32 1     0           1000000000
    power_factor        i16 0.001 -1          1
    frequency_hz        u16 0.01  40          70
    voltage_l1_v        u16 0.1   0           1000
    voltage_l2_v        u16 0.1   0           1000
    voltage_l3_v        u16 0.1   0           1000
    current_l1_a        u24 0.001 0           10000
    current_l2_a        u24 0.001 0           10000
    current_l3_a        u24 0.001 0           10000
    demand_peak_w       u32 1     0           1000000000
    status              u8  flags relay_on tamper phase_loss overload
"""


@dataclass(frozen=True)
class SentField:
    """One line of a table above."""

    bit: int
    name: str
    width: str
    scale: str
    rest: tuple[str, ...]

    @property
    def is_number(self) -> bool:
        return self.scale not in ("tag", "flags")

    @property
    def size_bytes(self) -> int:
        return int(self.width[1:]) // 8

    @property
    def sentinel(self) -> int:
        return {
            "u8": 0xFF, "u16": 0xFFFF, "u24": 0xFFFFFF, "u32": 0xFFFFFFFF, "u48": 0xFFFFFFFFFFFF,
            "i16": -0x8000, "i32": -0x80000000,
        }[self.width]  # fmt: skip

    @property
    def carried(self) -> range:
        """Every integer that the width can carry, the sentinel left out."""
        bits = 8 * self.size_bytes
        if self.width[0] == "i":
            return range(-(1 << bits - 1) + 1, 1 << bits - 1)
        return range((1 << bits) - 1)

    def value(self, raw: int) -> float:
        """The float nearest to the exact decimal."""
        return float(raw * Decimal(self.scale))

    def possible(self, raw: int) -> bool:
        low, high = map(Decimal, self.rest)
        return low <= raw * Decimal(self.scale) <= high

    @property
    def edges(self) -> tuple[int, int]:
        """The lowest and the highest integer that is a measurement."""
        low, high = (Decimal(limit) / Decimal(self.scale) for limit in self.rest)
        return max(int(low), self.carried[0]), min(int(high), self.carried[-1])


@dataclass(frozen=True)
class Family:
    """One family as a node sends it."""

    name: str
    f_port: int
    fields: tuple[SentField, ...]

    @property
    def numbers(self) -> tuple[SentField, ...]:
        return tuple(field for field in self.fields if field.is_number)

    def bitmap(self, integers: Mapping[str, int]) -> bytes:
        return sum(1 << f.bit for f in self.fields if f.name in integers).to_bytes(2, "big")

    def record(self, integers: Mapping[str, int]) -> bytes:
        """The integers as they travel, in the order of their bits."""
        return b"".join(
            integers[f.name].to_bytes(f.size_bytes, "big", signed=integers[f.name] < 0)
            for f in self.fields
            if f.name in integers
        )

    def report(self, integers: Mapping[str, int]) -> bytes:
        return b"\x01" + self.bitmap(integers) + self.record(integers)

    def stored(self, t0: int, step: int, *records: Mapping[str, int]) -> bytes:
        head = b"\x01" + t0.to_bytes(4, "big") + step.to_bytes(2, "big") + self.bitmap(records[0])
        return head + b"".join(map(self.record, records))


def _family(name: str, f_port: int, table: str) -> Family:
    lines = [line.split() for line in table.strip().splitlines()]
    fields = (
        SentField(bit, name, width, scale, tuple(rest))
        for bit, (name, width, scale, *rest) in enumerate(lines)
    )
    return Family(name, f_port, tuple(fields))


FAMILIES = (
    _family("cctv_health", 10, CCTV_HEALTH),
    _family("air_quality", 20, AIR_QUALITY),
    _family("energy", 30, ENERGY),
)
NUMBERS = [(family, field) for family in FAMILIES for field in family.numbers]


@pytest.fixture(scope="session")
def families() -> dict[str, Family]:
    """The three families by name."""
    return {family.name: family for family in FAMILIES}


@pytest.fixture(scope="session", params=FAMILIES, ids=lambda family: family.name)
def family(request: pytest.FixtureRequest) -> Family:
    """Each family in turn."""
    return request.param


@pytest.fixture(scope="session", params=NUMBERS, ids=lambda pair: f"{pair[0].name}-{pair[1].name}")
def number(request: pytest.FixtureRequest) -> tuple[Family, SentField]:
    """Each number of each family in turn."""
    return request.param
