"""A fleet of city devices: each measures, reports and counts its frames, and says what must come of it.

A report is live, on the family's port, or now and then a batch of stored samples, on the port above it,
taken since the last report. All of it follows from the seed and the times that are asked for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Protocol

from hil.simulators.air_station import COMPACT, AirStation
from hil.simulators.camera_cabinet import CameraCabinet
from hil.simulators.city_fields import Family
from hil.simulators.city_payloads import ExpectedReading, Record, expected, report, stored
from hil.simulators.device_list import Identity, identity, write_devices
from hil.simulators.energy_meter import EnergyMeter

STORED_SAMPLES = 3
"""Records of one stored report: the longest, 153 bytes of energy, fits a frame at SF7."""

STEP_S_MAX = 0xFFFF
"""What the payload has room for."""

ZONES = ("centre", "market", "river", "station", "harbour")

IMPOSSIBLE = {
    "air_quality": {"humidity_pct": 108.5, "pressure_hpa": 12.0},
    "energy": {"frequency_hz": 0.0, "power_factor": 1.25},
    "cctv_health": {"enclosure_temperature_c": 312.0, "ups_charge_pct": 120.0},
}
"""Values that a broken sensor of each family sends: they fit the field but not its range."""


WorldTime = Callable[[float], float]
"""The time in the city at a Unix time: a demo's day may go by faster. Frames and stored samples keep true time."""


class Sensor(Protocol):
    """What measures: asked at rising times."""

    @property
    def family(self) -> Family:
        """Which reports it makes."""

    def measure(self, at: float) -> Record:
        """What it measures at a Unix time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """How often a report is unusual, each as a chance from 0 to 1."""

    fault: float = 0.03
    """One field is a fault sentinel."""
    out_of_range: float = 0.02
    """One value is physically impossible."""
    stored: float = 0.04
    """Stored samples are sent instead of a live report."""


NO_QUIRKS = Quirks(fault=0, out_of_range=0, stored=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplink:
    """One application uplink with the truth about it."""

    device: str
    dev_eui: str
    at: float
    """Unix time at which it was sent."""
    f_cnt: int
    f_port: int
    payload: bytes
    """In clear."""
    phy: bytes
    readings: tuple[ExpectedReading, ...]
    """What a reader must make of it: one, or one per stored sample."""


class FleetDevice:
    """One device: an identity, a sensor, and a frame counter that starts at 0."""

    def __init__(
        self, who: Identity, sensor: Sensor, rng: Random, quirks: Quirks, world: WorldTime
    ) -> None:
        self.identity = who
        self.node = who.node()
        self.next_f_cnt = 0
        self._sensor = sensor
        self._rng = rng
        self._quirks = quirks
        self._world = world
        self._last_at: float | None = None

    def speak(self, at: float, *, confirmed: bool = False) -> Uplink:
        """Its next uplink, at a Unix time later than the last one's."""
        family = self._sensor.family
        since_s = 0.0 if self._last_at is None else at - self._last_at
        if since_s < 0:
            raise ValueError(f"{self.identity.name} spoke {-since_s} s later already")
        step = min(int(since_s) // STORED_SAMPLES, STEP_S_MAX)
        if step and self._rng.random() < self._quirks.stored:
            f_port = family.f_port + 1
            times = [int(at) - step * i for i in reversed(range(STORED_SAMPLES))]
            records = [self._measure(time) for time in times]
            payload = stored(family, times[0], step, records)
            readings = tuple(
                expected(family, record, time) for record, time in zip(records, times, strict=True)
            )
        else:
            f_port, record = family.f_port, self._measure(at)
            payload = report(family, record)
            readings = (expected(family, record),)
        f_cnt, self.next_f_cnt, self._last_at = self.next_f_cnt, self.next_f_cnt + 1, at
        return Uplink(
            device=self.identity.name,
            dev_eui=self.identity.dev_eui,
            at=at,
            f_cnt=f_cnt,
            f_port=f_port,
            payload=payload,
            phy=self.node.uplink(f_cnt, f_port, payload, confirmed=confirmed),
            readings=readings,
        )

    def _measure(self, at: float) -> Record:
        """A record, sometimes with one field spoiled. The fields are the same either way."""
        record = self._sensor.measure(self._world(at))
        family, chance = self._sensor.family, self._rng.random()
        numbers = sorted(record.values.keys() & family.faultable - {"camera"})
        if chance < self._quirks.fault:
            name = self._rng.choice(numbers)
            values = {one: value for one, value in record.values.items() if one != name}
            return Record(values=values, faults=(*record.faults, name))
        if chance < self._quirks.fault + self._quirks.out_of_range:
            impossible = IMPOSSIBLE[family.name]
            name = self._rng.choice([one for one in numbers if one in impossible])
            spoiled = {**record.values, name: impossible[name]}
            return Record(values=spoiled, faults=record.faults)
        return record


class Fleet:
    """So many devices, the three families in turn."""

    def __init__(
        self,
        count: int,
        *,
        seed: int = 1,
        quirks: Quirks = NO_QUIRKS,
        world: WorldTime = lambda at: at,
    ) -> None:
        self.seed = seed
        self.devices = tuple(_device(seed, number, quirks, world) for number in range(1, count + 1))

    def write(self, path: Path, *more: Mapping[str, object]) -> None:
        """Write the devices file, with further rows after those of the fleet."""
        write_devices(path, [*(device.identity.row() for device in self.devices), *more])


def _device(seed: int, number: int, quirks: Quirks, world: WorldTime) -> FleetDevice:
    rng = Random(f"{seed} {number}")
    group, kind = divmod(number - 1, 3)
    sensor: Sensor
    if kind == 0:
        sensor, prefix = (AirStation(rng, COMPACT) if group % 2 else AirStation(rng)), "air"
    elif kind == 1:
        sensor, prefix = EnergyMeter(rng, solar_w=24_000 if group % 2 else 0), "meter"
    else:
        sensor, prefix = CameraCabinet(rng), "cctv"
    who = identity(
        seed,
        number,
        name=f"{prefix}-{group + 1:02}",
        decoder=sensor.family.name,
        tags={"zone": ZONES[group % len(ZONES)]},
    )
    return FleetDevice(who, sensor, rng, quirks, world)
