"""An air quality station at a street: what it measures through the day.

Fine dust, nitrogen dioxide and noise follow the traffic, ozone and temperature the sun, pressure its
two tides a day. Fractions stay in order: PM1.0 below PM2.5 below PM10.
"""

import math
from collections.abc import Collection
from random import Random

from hil.simulators.city_fields import AIR_QUALITY
from hil.simulators.city_payloads import Record
from hil.simulators.day_curve import Drift, local_hour, sunlight, traffic

COMPACT = frozenset({
    "pm1_0_ug_m3", "pm2_5_ug_m3", "pm10_ug_m3", "co2_ppm", "temperature_c", "humidity_pct",
    "pressure_hpa", "noise_dba", "battery_v",
})  # fmt: skip
"""The fields of a small station: its report has 20 bytes."""


class AirStation:
    """One station. Ask it at rising times."""

    family = AIR_QUALITY

    def __init__(self, rng: Random, fields: Collection[str] = AIR_QUALITY.measured) -> None:
        self._fields = frozenset(fields)
        self._street = rng.uniform(0.6, 1.4)  # how busy it is here
        self._dust = Drift(rng, spread=4.0)
        self._weather = Drift(rng, spread=1.0, memory_s=6 * 3600)
        self._gases = Drift(rng, spread=0.12)
        self._flicker = Drift(rng, spread=1.0, memory_s=20)

    def measure(self, at: float) -> Record:
        """What it measures at a Unix time."""
        values = self._air(at) | self._weather_at(at)
        return Record(values={name: values[name] for name in values if name in self._fields})

    def _air(self, at: float) -> dict[str, float]:
        hour = local_hour(at)
        busy = traffic(hour) * self._street
        gases = max(0.3, 1 + self._gases.at(at))
        dust = max(2.0, 14 + 22 * busy + self._dust.at(at))
        return {
            "pm1_0_ug_m3": 0.71 * dust,
            "pm2_5_ug_m3": dust,
            "pm10_ug_m3": 1.6 * dust + 3 * busy,
            "co2_ppm": 418 + 70 * busy * gases,
            "co_ppm": (0.3 + 0.9 * busy) * gases,
            "no2_ppb": (6 + 30 * busy) * gases,
            "o3_ppb": max(0.0, (8 + 45 * sunlight(hour) - 8 * busy) * gases),
            "so2_ppb": (1.2 + 2 * busy) * gases,
            "tvoc_ppb": (60 + 180 * busy) * gases,
            "noise_dba": min(120.0, 46 + 22 * busy + self._flicker.at(at)),
        }

    def _weather_at(self, at: float) -> dict[str, float]:
        hour = local_hour(at)
        weather = self._weather.at(at)
        temperature = 28.5 + 4.2 * math.sin(2 * math.pi * (hour - 9) / 24) + weather
        return {
            "temperature_c": temperature,
            "humidity_pct": min(99.9, max(15.0, 74 - 3.4 * (temperature - 28.5))),
            # The atmospheric tide of the tropics: highest at 10 and 22.
            "pressure_hpa": 1009 + 1.6 * math.cos(4 * math.pi * (hour - 10) / 24) - 0.5 * weather,
            "illuminance_lx": 12 + 82_000 * sunlight(hour) ** 1.2,
            "battery_v": 3.72 + 0.35 * sunlight(hour),
        }
