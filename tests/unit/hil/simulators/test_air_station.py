"""Guards the simulated air: every value can be sent and lies in its range, and the day has its shape."""

from random import Random
from statistics import mean

import pytest

from hil.simulators.air_station import COMPACT, AirStation
from hil.simulators.city_fields import AIR_QUALITY
from hil.simulators.city_payloads import expected, report

MIDNIGHT_LOCAL = 1_790_010_000  # 2026-09-22T00:00:00+07:00
DAY = [MIDNIGHT_LOCAL + minute * 60 for minute in range(0, 24 * 60, 5)]


@pytest.mark.parametrize("seed", range(8))
def test_every_report_of_a_day_can_be_sent_and_is_in_range(seed: int) -> None:
    station = AirStation(Random(seed))
    for at in DAY:
        record = station.measure(at)
        assert len(report(AIR_QUALITY, record)) == 32
        said = expected(AIR_QUALITY, record)
        assert said.out_of_range == said.faults == ()
        assert said.fields["pm1_0_ug_m3"] <= said.fields["pm2_5_ug_m3"] <= said.fields["pm10_ug_m3"]


def test_a_small_station_sends_twenty_bytes() -> None:
    record = AirStation(Random(1), COMPACT).measure(DAY[0])
    assert len(report(AIR_QUALITY, record)) == 20
    assert record.values.keys() == COMPACT


def mean_between(name: str, first_hour: int, last_hour: int) -> float:
    station = AirStation(Random(3))
    values = [(i / 12, station.measure(at).values[name]) for i, at in enumerate(DAY)]
    return mean(value for hour, value in values if first_hour <= hour < last_hour)


@pytest.mark.parametrize("name", ["no2_ppb", "noise_dba", "co2_ppm"])
def test_traffic_is_heard_and_smelt(name: str) -> None:
    assert mean_between(name, 7, 9) > mean_between(name, 1, 4)


@pytest.mark.parametrize("name", ["o3_ppb", "illuminance_lx", "battery_v"])
def test_the_sun_makes_ozone_and_light(name: str) -> None:
    assert mean_between(name, 11, 13) > mean_between(name, 1, 4)


def test_air_dries_as_it_warms() -> None:
    assert mean_between("temperature_c", 14, 16) > mean_between("temperature_c", 2, 5)
    assert mean_between("humidity_pct", 14, 16) < mean_between("humidity_pct", 2, 5)


def test_one_seed_is_one_station() -> None:
    assert AirStation(Random(5)).measure(DAY[0]) == AirStation(Random(5)).measure(DAY[0])
    assert AirStation(Random(5)).measure(DAY[0]) != AirStation(Random(6)).measure(DAY[0])
