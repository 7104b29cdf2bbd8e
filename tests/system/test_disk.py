"""The daemon on a disk that gives out under it: full and roomy again without a restart, and a deleted store.

The full disk is a tmpfs with a file on it that takes all the rest; without the right to mount the test is skipped.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.load import TOPIC, prepare
from hil.simulators.mqtt_publisher import MqttPublisher, encode
from tests.mosquitto_fixtures import Mosquitto
from tests.system.daemon import Daemon
from tests.system.mqtt_tap import MqttTap

pytestmark = pytest.mark.real

FRAMES, DEVICES = 4000, 50
RESUMES_S_MAX = 60.0
CONFIG = """\
[gateway]
name = "kk-01"
region = "EU868"
devices = "devices.toml"

[store]
path = "{store}"
size_max = "32 MB"

[[sources.mqtt]]
name = "gateways"
url = "mqtt://127.0.0.1:{port}"
client_id = "kk-01"

[[sinks.influxdb]]
name = "city"
url = "http://127.0.0.1:1"
database = "nowhere"
version = "1"
"""


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own."""
    place = tmp_path / "card"
    place.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=40M", "tmpfs", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"mount: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], capture_output=True, check=False)


def fill(ballast: Path) -> None:
    """Take all that is free."""
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue


def test_a_full_disk_holds_the_broker_up_and_all_arrives_once_there_is_room(
    tmp_path: Path, card: Path, mosquitto: Mosquitto
) -> None:
    load = prepare(tmp_path, FRAMES, DEVICES)
    packets = encode(TOPIC, load.frames.read_bytes().splitlines(), 1)
    half = FRAMES // 2
    with (
        MqttTap(mosquitto.port) as tap,
        Daemon(tmp_path, CONFIG.format(store=card / "store.db", port=tap.port)) as daemon,
        MqttPublisher(port=mosquitto.port) as publisher,
    ):
        daemon.wait_up("gateways")
        pid = daemon.pid
        publisher.publish(packets[:half], qos=1, rate=2000)
        daemon.wait(lambda: tap.acknowledged == half, "the first half is acknowledged")
        fill(card / "ballast")
        daemon.wait(lambda: bool(daemon.status()["daemon"]["full"]), "it says that it is full")
        told = daemon.status()
        publisher.publish(packets[half:], qos=1, rate=2000)
        daemon.wait(lambda: "store: full " in daemon.log_text(), "the log says so")
        held_up = tap.acknowledged
        assert told["balanced"]
        assert told["store"]["outage_hours"] in (None, 0.0)
        assert held_up < FRAMES

        (card / "ballast").unlink()
        daemon.wait(
            lambda: tap.acknowledged == FRAMES, "all is acknowledged", timeout_s=RESUMES_S_MAX
        )
        daemon.wait(lambda: not daemon.status()["daemon"]["full"], "it takes more")
        assert daemon.pid == pid
        assert not daemon.ended
        status = daemon.status()
        assert status["balanced"]
        assert status["daemon"]["stalled"] is None
        assert status["frames"]["heard"] == FRAMES
        assert "store_full" not in status["frames"]["outcomes"]
        assert daemon.stop() == 0
    print(f"acknowledged before the disk was full {half}, while it was {held_up - half}")


def test_a_store_that_is_deleted_under_the_daemon_ends_it_and_the_next_begins_anew(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    load = prepare(tmp_path, 200, 20)
    packets = encode(TOPIC, load.frames.read_bytes().splitlines(), 1)
    path = tmp_path / "store.db"
    with (
        MqttTap(mosquitto.port) as tap,
        Daemon(tmp_path, CONFIG.format(store=path, port=tap.port)) as daemon,
        MqttPublisher(port=mosquitto.port) as publisher,
    ):
        daemon.wait_up("gateways")
        publisher.publish(packets[:100], qos=1, rate=2000)
        daemon.wait(lambda: tap.acknowledged == 100, "acknowledged")
        path.unlink()
        assert daemon.wait_end() == 1
        assert "was taken away" in daemon.log_text()
        daemon.start().wait_running()
        daemon.wait_up("gateways")
        publisher.publish(packets[100:], qos=1, rate=2000)
        daemon.wait(lambda: tap.acknowledged == 200, "acknowledged again")
        assert daemon.stop() == 0
        status = daemon.status()
        assert status["balanced"]
        assert status["frames"]["heard"] == 100
