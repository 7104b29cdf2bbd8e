"""Guards the simulated cabinet: cameras take turns, a lost one says so in faults, the battery fills and drains."""

import itertools
from random import Random
from typing import Any

import pytest

from hil.simulators.camera_cabinet import UNMEASURED_WHEN_LOST, CameraCabinet
from hil.simulators.city_fields import CCTV_HEALTH
from hil.simulators.city_payloads import ExpectedReading, expected, report

START = 1_790_010_000
TIMES = [START + at for at in range(0, 2 * 86_400, 20)]


def two_days(seed: int) -> list[ExpectedReading]:
    cabinet = CameraCabinet(Random(seed))
    return [expected(CCTV_HEALTH, cabinet.measure(at)) for at in TIMES]


@pytest.mark.parametrize("seed", range(4))
def test_every_report_can_be_sent_and_has_the_same_fields(seed: int) -> None:
    cabinet = CameraCabinet(Random(seed))
    payloads = [report(CCTV_HEALTH, cabinet.measure(at)) for at in TIMES[:2000]]
    assert {payload[1:3] for payload in payloads} == {b"\x7f\xff"}


def test_cameras_report_in_turn() -> None:
    assert [said.tags["camera"] for said in two_days(1)[:5]] == ["1", "2", "3", "4", "1"]


def test_a_lost_camera_is_offline_and_its_stream_is_faulty() -> None:
    lost = [said for said in two_days(1) if not said.fields["online"]]
    assert lost
    for said in lost:
        assert said.faults == tuple(sorted(UNMEASURED_WHEN_LOST))
        assert said.fields["video_ok"] is said.fields["recording"] is False
        assert said.fields["packet_loss_pct"] == 100


def test_a_camera_that_comes_back_has_rebooted_once_and_starts_its_uptime_again() -> None:
    first = [said for said in two_days(1) if said.tags["camera"] == "1"]
    back = [
        after
        for before, after in itertools.pairwise(first)
        if not before.fields["online"] and after.fields["online"]
    ]
    assert back
    for said in back:
        assert said.fields["reboots"] == 1
        assert said.fields["uptime_h"] == 0
    assert sum(int(said.fields["reboots"]) for said in first) == len(back)


def test_the_battery_drains_without_mains_and_fills_with_it() -> None:
    reports: list[Any] = [said.fields for said in two_days(2)]
    outages = 0
    for before, after in itertools.pairwise(reports):
        assert after["on_battery"] is not after["mains_ok"]
        change = after["ups_charge_pct"] - before["ups_charge_pct"]
        if after["on_battery"]:
            outages += 1
            assert change <= 0
        else:
            assert change >= 0
    assert outages


def test_nothing_is_out_of_range() -> None:
    assert not any(said.out_of_range for said in two_days(3))
