"""The shape of a city's day: sun, traffic, and the slow wandering of everything measured.

Shares are between 0 and 1; hours are local, 0 to 24.
"""

import math
from random import Random

UTC_OFFSET_H = 7.0
"""The simulated city lives by Bangkok's clock."""


def local_hour(at: float) -> float:
    """The hour of the day at a Unix time."""
    return (at / 3600 + UTC_OFFSET_H) % 24


def sunlight(hour: float) -> float:
    """Share of the noon sun; 0 from 18 to 6."""
    return max(0.0, math.sin(math.pi * (hour - 6) / 12))


def traffic(hour: float) -> float:
    """Share of the rush hour: peaks at 8 and 18, quiet at night."""
    morning = math.exp(-(((hour - 8) / 1.6) ** 2))
    evening = math.exp(-(((hour - 18) / 2.2) ** 2))
    return min(1.0, 0.06 + 0.3 * sunlight(hour) + 0.65 * (morning + evening))


class Drift:
    """A value that wanders around zero and forgets where it was within some time."""

    def __init__(self, rng: Random, *, spread: float, memory_s: float = 1800.0) -> None:
        self._rng = rng
        self._spread = spread
        self._memory_s = memory_s
        self._value = rng.gauss(0, spread)
        self._at: float | None = None

    def at(self, at: float) -> float:
        """Its value at a Unix time that is not before the last one asked for."""
        elapsed_s = 0.0 if self._at is None else max(0.0, at - self._at)
        kept = math.exp(-elapsed_s / self._memory_s)
        # The share that is forgotten comes back as noise, so that the spread stays the same.
        noise = self._rng.gauss(0, self._spread) * math.sqrt(1 - kept * kept)
        self._value = self._value * kept + noise
        self._at = at
        return self._value
