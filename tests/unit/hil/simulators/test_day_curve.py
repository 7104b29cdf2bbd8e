"""Guards the shape of the simulated day: dark nights, two rush hours, and a drift that stays where it belongs."""

import itertools
from random import Random
from statistics import mean, pstdev

import pytest

from hil.simulators.day_curve import Drift, local_hour, sunlight, traffic

MIDNIGHT_UTC = 1_790_035_200  # 2026-09-22T00:00:00Z


def test_the_city_lives_seven_hours_ahead_of_utc() -> None:
    assert local_hour(MIDNIGHT_UTC) == pytest.approx(7)
    assert local_hour(MIDNIGHT_UTC + 20 * 3600) == pytest.approx(3)


def test_the_sun_is_highest_at_noon_and_gone_at_night() -> None:
    assert sunlight(12) == pytest.approx(1)
    assert all(sunlight(hour) == 0 for hour in (-1, 0, 3, 5.9, 18.1, 23))


def test_rush_hours_are_busier_than_noon_and_noon_than_night() -> None:
    assert traffic(8) > traffic(13) > traffic(3) > 0
    assert traffic(18) > traffic(13)
    assert all(traffic(hour / 10) <= 1 for hour in range(240))


def test_a_drift_keeps_its_spread_and_its_mean() -> None:
    drift = Drift(Random(1), spread=2.0, memory_s=60)
    values = [drift.at(i * 60) for i in range(5000)]
    assert mean(values) == pytest.approx(0, abs=0.2)
    assert pstdev(values) == pytest.approx(2.0, rel=0.1)


def test_a_drift_does_not_jump_within_its_memory() -> None:
    drift = Drift(Random(1), spread=2.0, memory_s=3600)
    values = [drift.at(i) for i in range(600)]
    assert max(abs(b - a) for a, b in itertools.pairwise(values)) < 0.25


def test_a_drift_asked_twice_for_one_moment_says_the_same() -> None:
    drift = Drift(Random(1), spread=2.0)
    assert drift.at(10) == drift.at(10)
