"""Guards the fleet: its frames are those of the keys in its devices file, its truth is what they carry, and
unusual reports come as often as asked."""

import tomllib
from collections import Counter
from pathlib import Path

import pytest

from hil.simulators.fleet import STORED_SAMPLES, Fleet, Quirks, Uplink
from hil.simulators.lorawan_node import Node

START = 1_790_010_000.0


def spoken(fleet: Fleet, rounds: int, interval_s: float = 60.0) -> list[Uplink]:
    return [device.speak(START + i * interval_s) for i in range(rounds) for device in fleet.devices]


def test_frames_are_made_with_the_keys_of_the_devices_file(tmp_path: Path) -> None:
    fleet = Fleet(9, seed=4, quirks=Quirks(fault=0.2, stored=0.3))
    fleet.write(tmp_path / "devices.toml")
    rows = tomllib.loads((tmp_path / "devices.toml").read_text())["device"]
    nodes = {
        row["dev_eui"]: Node(
            dev_addr=row["dev_addr"],
            nwk_s_key=bytes.fromhex(row["nwk_s_key"]),
            app_s_key=bytes.fromhex(row["app_s_key"]),
        )
        for row in rows
    }
    for uplink in spoken(fleet, 5):
        node = nodes[uplink.dev_eui]
        assert uplink.phy == node.uplink(uplink.f_cnt, uplink.f_port, uplink.payload)


def test_the_three_families_take_turns_and_count_from_zero() -> None:
    fleet = Fleet(6)
    uplinks = spoken(fleet, 2)
    assert [uplink.f_port for uplink in uplinks[:6]] == [20, 30, 10, 20, 30, 10]
    assert [uplink.device for uplink in uplinks[:6]] == [
        "air-01", "meter-01", "cctv-01", "air-02", "meter-02", "cctv-02",
    ]  # fmt: skip
    assert {uplink.f_cnt for uplink in uplinks[:6]} == {0}
    assert {uplink.f_cnt for uplink in uplinks[6:]} == {1}


def test_a_seed_is_one_city() -> None:
    assert spoken(Fleet(6, seed=2), 3) == spoken(Fleet(6, seed=2), 3)
    assert spoken(Fleet(6, seed=2), 3) != spoken(Fleet(6, seed=3), 3)


def test_a_fleet_without_quirks_has_faults_only_of_lost_cameras() -> None:
    for uplink in spoken(Fleet(9, seed=5), 40):
        assert len(uplink.readings) == 1
        assert not uplink.readings[0].out_of_range
        assert not uplink.readings[0].faults or not uplink.readings[0].fields["online"]


def test_stored_samples_lie_between_the_last_report_and_this_one() -> None:
    fleet = Fleet(3, quirks=Quirks(fault=0, out_of_range=0, stored=1))
    for device in fleet.devices:
        assert len(device.speak(START).readings) == 1
        uplink = device.speak(START + 60)
        times = [reading.time_s for reading in uplink.readings]
        assert times == [START + 20, START + 40, START + 60]
        assert uplink.f_port in (11, 21, 31)
        assert len(uplink.payload) <= 222


def test_a_device_that_was_silent_for_a_week_still_fits_its_step_into_the_payload() -> None:
    (device,) = Fleet(1, quirks=Quirks(stored=1)).devices
    device.speak(START)
    times = [reading.time_s for reading in device.speak(START + 7 * 86_400).readings]
    assert times[1:] == [START + 7 * 86_400 - 0xFFFF, START + 7 * 86_400]


def test_a_device_does_not_speak_in_the_past() -> None:
    (device,) = Fleet(1).devices
    device.speak(START)
    with pytest.raises(ValueError, match=r"air-01 spoke 5\.0 s later already"):
        device.speak(START - 5)


def test_two_reports_within_a_moment_are_never_stored_samples() -> None:
    (device,) = Fleet(1, quirks=Quirks(stored=1)).devices
    device.speak(START)
    assert device.speak(START + STORED_SAMPLES - 0.5).f_port == 20


@pytest.mark.parametrize("decoder", ["air_quality", "energy", "cctv_health"])
def test_spoiled_reports_come_as_often_as_asked(decoder: str) -> None:
    fleet = Fleet(3, seed=9, quirks=Quirks(fault=0.2, out_of_range=0.1, stored=0))
    readings = [
        uplink.readings[0]
        for uplink in spoken(fleet, 600)
        if uplink.readings[0].measurement == decoder
    ]
    kinds = Counter(
        "out of range" if reading.out_of_range else "fault"
        for reading in readings
        if reading.out_of_range or len(reading.faults) in (1, 5)  # 4 belong to a lost camera
    )
    assert 80 <= kinds["fault"] <= 160
    assert 35 <= kinds["out of range"] <= 90


def test_a_spoiled_value_is_in_no_field() -> None:
    fleet = Fleet(9, quirks=Quirks(fault=0.5, out_of_range=0.5, stored=0.3))
    for uplink in spoken(fleet, 30):
        for reading in uplink.readings:
            assert not reading.fields.keys() & {*reading.faults, *reading.out_of_range}
