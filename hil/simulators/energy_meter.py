"""A three-phase energy meter of a building: power through the day, and counters that add it up.

The counters only rise, and between two reports they rise by the mean power times the time. The other
numbers fit together too: S² = P² + Q², the power factor is P / S, and U x I of the phases adds up to S.
"""

import math
from random import Random

from hil.simulators.city_fields import ENERGY
from hil.simulators.city_payloads import Record
from hil.simulators.day_curve import Drift, local_hour, sunlight, traffic


class EnergyMeter:
    """One meter. Ask it at rising times; `solar_w` is the peak of the panels behind it."""

    family = ENERGY

    def __init__(self, rng: Random, *, peak_w: float = 18_000, solar_w: float = 0) -> None:
        self._peak_w = peak_w
        self._solar_w = solar_w
        self._load = Drift(rng, spread=0.06, memory_s=600)
        self._clouds = Drift(rng, spread=0.12, memory_s=900)
        self._grid = Drift(rng, spread=1.0, memory_s=300)
        self._shares = _three_shares(rng)
        self._import_wh = float(rng.randrange(200_000, 80_000_000))
        self._export_wh = float(rng.randrange(10_000, 900_000)) if solar_w else 0.0
        self._demand_peak_w = 0.0
        self._last: tuple[float, float] | None = None

    def measure(self, at: float) -> Record:
        """What it shows at a Unix time."""
        power_w = self._power_w(at)
        self._count(at, power_w)
        grid = self._grid.at(at)
        reactive_var = 0.22 * abs(power_w) + 150
        apparent_va = math.hypot(power_w, reactive_var)
        values: dict[str, float | bool] = {
            "energy_import_wh": math.floor(self._import_wh),
            "energy_export_wh": math.floor(self._export_wh),
            "active_power_w": power_w,
            "reactive_power_var": reactive_var,
            "apparent_power_va": apparent_va,
            "power_factor": power_w / apparent_va,
            "frequency_hz": 50 + 0.02 * grid,
            "demand_peak_w": self._demand_peak_w,
            "relay_on": True,
            "overload": power_w > 1.15 * self._peak_w,
        }
        for phase, share in enumerate(self._shares, start=1):
            voltage = 231 + grid - 6 * traffic(local_hour(at)) + 0.4 * phase
            values[f"voltage_l{phase}_v"] = voltage
            values[f"current_l{phase}_a"] = apparent_va * share / voltage
        return Record(values=values)

    def _power_w(self, at: float) -> float:
        hour = local_hour(at)
        load = max(0.04, 0.15 + 0.75 * traffic(hour) + self._load.at(at))
        sun = sunlight(hour) * min(1.0, max(0.2, 0.85 + self._clouds.at(at)))
        return self._peak_w * load - self._solar_w * sun

    def _count(self, at: float, power_w: float) -> None:
        """Add the energy since the last time; a counter never goes back."""
        if self._last is not None:
            last_at, last_w = self._last
            energy_wh = (power_w + last_w) / 2 * (at - last_at) / 3600
            self._import_wh += max(0.0, energy_wh)
            self._export_wh += max(0.0, -energy_wh)
        self._demand_peak_w = max(self._demand_peak_w, power_w)
        self._last = (at, power_w)


def _three_shares(rng: Random) -> tuple[float, float, float]:
    """How the load is spread over the phases."""
    first, second = rng.uniform(0.28, 0.38), rng.uniform(0.28, 0.38)
    return first, second, 1 - first - second
