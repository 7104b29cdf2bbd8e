"""Guards that the benchmarks run and count right, at their smallest size; how fast anything is, is not tested."""

import importlib.util
import shutil
from pathlib import Path

import pytest

from benchmarks import kill
from benchmarks.backlog import backlog
from benchmarks.commit_proxy import Packets, Watch
from benchmarks.contestants import BATCHING, OURS, OURS_INFLUX1, Contestant
from benchmarks.flood import flood
from benchmarks.load import Load, prepare
from benchmarks.query_day import query_day
from benchmarks.steady import steady

pytestmark = pytest.mark.real

FRAMES = 300
DEVICES = 20


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Load:
    return prepare(tmp_path_factory.mktemp("load"), FRAMES, DEVICES)


def need(contestant: Contestant) -> None:
    """Skip where a server, or what a peer is written with, is missing."""
    for program in ("mosquitto", contestant.database.program):
        if not (shutil.which(program) or shutil.which(program, path="/usr/sbin")):
            pytest.skip(f"{program} is not installed: run scripts/setup --test")
    if contestant is BATCHING:
        for package in ("Crypto", "influxdb_client"):
            if importlib.util.find_spec(package) is None:
                pytest.skip(
                    f"{package} of benchmarks/requirements.txt is missing: run scripts/bench"
                )


@pytest.mark.parametrize("contestant", [OURS, OURS_INFLUX1, BATCHING], ids=lambda one: one.name)
def test_every_frame_of_a_flood_is_found_in_the_database_once(
    contestant: Contestant, load: Load, tmp_path: Path
) -> None:
    need(contestant)

    came = flood(contestant, load, FRAMES, tmp_path)

    assert (came["lost"], came["duplicates"]) == (0, 0)
    assert came["frames_per_s"] > 0
    assert came["peak_rss_mb"] > 0


def test_a_steady_run_times_every_acknowledgement_beside_forged_frames(
    load: Load, tmp_path: Path
) -> None:
    need(OURS_INFLUX1)

    came = steady(OURS_INFLUX1, load, tmp_path, seconds=1, forged_per_s=50)

    assert came["frames"] == 100
    assert 0 < came["p50_ms"] <= came["p99_ms"]


def test_a_backlog_is_caught_up_with(load: Load, tmp_path: Path) -> None:
    need(OURS)

    assert backlog(load, FRAMES, tmp_path)["lost"] == 0


def test_a_day_of_one_device_is_found_in_a_built_store(tmp_path: Path) -> None:
    came = query_day(tmp_path, readings=4000, devices=2, days=10, runs=1)

    assert came["points"] == 100  # 4000 readings are 2000 uplinks; of 2 devices in 10 days


def test_the_proxy_times_a_message_from_publish_to_puback() -> None:
    packets, watch = Packets(), Watch()
    publish = bytes.fromhex("32 08 0003 612f62 0102 78")  # QoS 1, topic a/b, packet id 258
    other = bytes.fromhex("32 08 0003 612f63 0103 78")

    for first, body in packets.feed(publish[:3]) + packets.feed(publish[3:] + other):
        watch.down(first, body, 5.0)
    for first, body in packets.feed(bytes.fromhex("c000 4002 0102")):
        watch.up(first, body, 5.25)

    assert watch.waits == {"a/b": [0.25]}


@pytest.mark.parametrize("disturb", [kill.kills(2), kill.outage(0.3)], ids=["kills", "outage"])
def test_the_trials_of_losses_count_what_is_lost_and_what_is_there_twice(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disturb: kill.Disturb
) -> None:
    need(OURS_INFLUX1)
    monkeypatch.setattr(kill, "LOOK_EVERY_S", 0.5)
    counted = kill.trial("trial", OURS_INFLUX1, load, tmp_path, FRAMES, disturb)
    assert (counted.published, counted.there, counted.points) == (FRAMES, FRAMES, FRAMES)
    assert counted.row[2:] == ("300", "0", "0.0", "0")
