"""Guards the plan of a soak: one for each seed, one fault of a lane at a time, each kind dealt."""

from itertools import pairwise

import pytest

from hil.scenarios.soak.faults import ACTS
from hil.scenarios.soak.plan import LANES, QUIET_FROM, plan

SECONDS = 3600.0


def test_a_seed_gives_the_same_plan_again_and_another_seed_another() -> None:
    assert plan(7, SECONDS) == plan(7, SECONDS)
    assert plan(7, SECONDS) != plan(8, SECONDS)


@pytest.mark.parametrize("lane", LANES)
def test_faults_of_a_lane_do_not_overlap_and_end_in_time(lane: str) -> None:
    faults = plan(1, SECONDS)[lane]  # type: ignore[index]
    for one, following in pairwise(faults):
        assert one.at_s + one.lasts_s < following.at_s
    assert faults[-1].at_s + faults[-1].lasts_s <= SECONDS


@pytest.mark.parametrize("lane", LANES)
def test_every_kind_comes_about_as_often_as_the_others(lane: str) -> None:
    names = [one.fault.name for one in plan(1, SECONDS)[lane] if not one.fault.ends_daemon]  # type: ignore[index]
    kinds = {fault.name for fault in LANES[lane][1] if not fault.ends_daemon}  # type: ignore[index]
    assert set(names) == kinds
    counts = [names.count(kind) for kind in kinds]
    assert max(counts) - min(counts) <= 1


def test_two_minutes_have_a_kill_a_stop_a_broker_and_most_of_the_database() -> None:
    names = {one.fault.name for of in plan(1, 120.0).values() for one in of}
    assert {"daemon killed", "daemon stopped under load", "broker killed", "disk full"} <= names
    assert len(names) >= 20


def test_the_daemon_is_left_to_run_at_the_end() -> None:
    ending = [one.at_s for of in plan(1, SECONDS).values() for one in of if one.fault.ends_daemon]
    assert ending
    assert max(ending) <= QUIET_FROM * SECONDS


def test_every_fault_can_be_done() -> None:
    assert {fault.name for _, kinds in LANES.values() for fault in kinds} == set(ACTS)
