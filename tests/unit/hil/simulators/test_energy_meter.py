"""Guards the simulated meter: counters only rise and agree with the power, and the phases with the total."""

import itertools
import math
from random import Random
from typing import Any

import pytest

from hil.simulators.city_fields import ENERGY
from hil.simulators.city_payloads import expected, report
from hil.simulators.energy_meter import EnergyMeter

MIDNIGHT_LOCAL = 1_790_010_000  # 2026-09-22T00:00:00+07:00
STEP_S = 300
DAY = [MIDNIGHT_LOCAL + at for at in range(0, 86_400, STEP_S)]


def day_of(meter: EnergyMeter) -> list[dict[str, Any]]:
    return [dict(expected(ENERGY, meter.measure(at)).fields) for at in DAY]


@pytest.mark.parametrize("solar_w", [0, 30_000])
@pytest.mark.parametrize("seed", range(4))
def test_every_report_of_a_day_can_be_sent_and_is_in_range(seed: int, solar_w: float) -> None:
    meter = EnergyMeter(Random(seed), solar_w=solar_w)
    for at in DAY:
        record = meter.measure(at)
        assert len(report(ENERGY, record)) == 51
        said = expected(ENERGY, record)
        assert said.out_of_range == said.faults == ()


@pytest.mark.parametrize("solar_w", [0, 30_000])
def test_counters_rise_by_the_mean_power_times_the_time(solar_w: float) -> None:
    reports = day_of(EnergyMeter(Random(2), solar_w=solar_w))
    for before, after in itertools.pairwise(reports):
        imported = after["energy_import_wh"] - before["energy_import_wh"]
        exported = after["energy_export_wh"] - before["energy_export_wh"]
        assert imported >= 0
        assert exported >= 0
        mean_w = (before["active_power_w"] + after["active_power_w"]) / 2
        # Each counter and each power is rounded to a whole unit.
        assert imported - exported == pytest.approx(mean_w * STEP_S / 3600, abs=2)


def test_solar_panels_export_at_noon_only() -> None:
    reports = day_of(EnergyMeter(Random(2), solar_w=60_000))
    noon, night = reports[len(reports) // 2], reports[0]
    assert noon["active_power_w"] < 0
    assert noon["power_factor"] < 0
    assert night["active_power_w"] > 0


def test_the_powers_and_the_phases_fit_together() -> None:
    for said in day_of(EnergyMeter(Random(4), solar_w=9_000)):
        apparent = math.hypot(said["active_power_w"], said["reactive_power_var"])
        assert said["apparent_power_va"] == pytest.approx(apparent, abs=1.5)
        assert said["power_factor"] == pytest.approx(said["active_power_w"] / apparent, abs=0.01)
        phases = sum(said[f"voltage_l{n}_v"] * said[f"current_l{n}_a"] for n in (1, 2, 3))
        assert phases == pytest.approx(apparent, rel=0.01, abs=5)


def test_the_peak_is_the_highest_power_so_far() -> None:
    reports = day_of(EnergyMeter(Random(4)))
    assert reports[-1]["demand_peak_w"] == max(said["active_power_w"] for said in reports)
