"""A street cabinet with CCTV cameras: it reports the health of one camera after the other.

Now and then a camera is lost for some minutes and comes back rebooted, or the mains fail and the UPS
takes over. What cannot be measured of a lost camera is a fault, not a zero.
"""

from random import Random

from hil.simulators.city_fields import CCTV_HEALTH
from hil.simulators.city_payloads import Record
from hil.simulators.day_curve import Drift, local_hour, sunlight

LOST_CHANCE = 0.015
"""Per report: that this camera is lost now."""

OUTAGE_CHANCE = 0.004
"""Per report: that the mains fail now."""

UPS_DRAIN_PCT_S = 100 / 3600
"""The battery carries the cabinet for an hour, and takes as long to fill."""

UNMEASURED_WHEN_LOST = ("uptime_h", "frame_rate_fps", "bitrate_kbps", "round_trip_ms")


class CameraCabinet:
    """One cabinet. Ask it at rising times; each answer is about the next camera."""

    family = CCTV_HEALTH

    def __init__(self, rng: Random, *, cameras: int = 4) -> None:
        self._cameras = [_Camera(rng, number) for number in range(1, cameras + 1)]
        self._turn = 0
        self._supply = _Supply(rng)
        self._air = Drift(rng, spread=0.8)

    def measure(self, at: float) -> Record:
        """The health of the camera whose turn it is, at a Unix time."""
        camera = self._cameras[self._turn % len(self._cameras)]
        self._turn += 1
        values, faults = camera.measure(at)
        return Record(values=values | self._supply.measure(at) | self._inside(at), faults=faults)

    def _inside(self, at: float) -> dict[str, float]:
        hour = local_hour(at)
        temperature = 31 + 11 * sunlight(hour - 1) + self._air.at(at)
        return {
            # The disk is swept every night: it fills through the day.
            "storage_used_pct": 62 + 30 * hour / 24,
            "enclosure_temperature_c": temperature,
            "enclosure_humidity_pct": max(10.0, 70 - 1.1 * (temperature - 30)),
            "supply_current_a": 1.9 + 0.3 * (1 - sunlight(hour)),
        }


class _Camera:
    """One camera and its stream."""

    def __init__(self, rng: Random, number: int) -> None:
        self._rng = rng
        self._number = number
        self._link = Drift(rng, spread=0.25, memory_s=60)
        self._age_s = rng.uniform(10, 900) * 3600
        self._started_at: float | None = None
        self._lost: tuple[float, float] | None = None

    def measure(self, at: float) -> tuple[dict[str, float | bool], tuple[str, ...]]:
        """Its values and its faults; the same fields whether it is lost or not."""
        if self._started_at is None:
            self._started_at = at - self._age_s
        reboots = 0
        if self._lost and at >= self._lost[1]:
            self._started_at, self._lost, reboots = self._lost[1], None, 1
        elif not self._lost and self._rng.random() < LOST_CHANCE:
            self._lost = (at, at + self._rng.uniform(60, 600))
        values: dict[str, float | bool] = {
            "camera": self._number,
            "clock_synced": True,
            "reboots": reboots,
        }
        if self._lost:
            gap_s = int(at - self._lost[0])
            return values | {"packet_loss_pct": 100, "recording_gap_s": gap_s}, UNMEASURED_WHEN_LOST
        hour, link = local_hour(at), max(0.2, 1 + self._link.at(at))
        return values | {
            "online": True,
            "video_ok": True,
            "recording": True,
            "ir_on": sunlight(hour) < 0.05,
            "uptime_h": int((at - self._started_at) / 3600),
            "frame_rate_fps": 25,
            "bitrate_kbps": (3200 + 1400 * sunlight(hour)) * min(1.0, link),
            "packet_loss_pct": 0.4 / link,
            "round_trip_ms": 14 / link,
            "recording_gap_s": 0,
        }, ()


class _Supply:
    """The mains and the battery of the cabinet."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._mains_back_at = 0.0
        self._charge_pct = 100.0
        self._last_at: float | None = None

    def measure(self, at: float) -> dict[str, float | bool]:
        if at >= self._mains_back_at and self._rng.random() < OUTAGE_CHANCE:
            self._mains_back_at = at + self._rng.uniform(300, 1800)
        on_battery = at < self._mains_back_at
        elapsed_s = 0.0 if self._last_at is None else at - self._last_at
        drain = UPS_DRAIN_PCT_S if on_battery else -UPS_DRAIN_PCT_S
        self._charge_pct = min(100.0, max(5.0, self._charge_pct - elapsed_s * drain))
        self._last_at = at
        return {
            "mains_ok": not on_battery,
            "on_battery": on_battery,
            "supply_voltage_v": 46.8 + 0.05 * self._charge_pct if on_battery else 53.5,
            "ups_charge_pct": self._charge_pct,
        }
