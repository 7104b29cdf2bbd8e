"""A machine whose wall clock is wrong, is set, and jumps: the whole daemon under libfaketime. Rows 14, 15 and 17.

libfaketime gives the daemon a wall clock that the test sets, and leaves its monotonic and boot-time clocks alone.
Who vouches for the clock is a `busctl` of the test's own, first in the daemon's PATH.
"""

import json
import os
import time
from pathlib import Path

import pytest

from benchmarks.load import TOPIC, prepare
from gateway.host.time_witness import TIMESYNCD_FILE
from hil.simulators.mqtt_publisher import MqttPublisher, encode
from tests.influx_fixtures import Influxd
from tests.mosquitto_fixtures import Certificates, Mosquitto
from tests.system.daemon import Daemon

LIBRARY = os.environ.get("LIBFAKETIME") or next(
    map(str, Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), ""
)
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not LIBRARY, reason="libfaketime is not installed: run scripts/setup --test"
    ),
    pytest.mark.skipif(
        TIMESYNCD_FILE.exists(), reason="timesyncd vouches for this machine's clock"
    ),
]

FRAMES = 40
DAY_S = 86400

CONFIG = """\
[gateway]
name = "kk-01"
region = "EU868"
devices = "devices.toml"
clock_trust = "ntp"

[store]
path = "store.db"

[[sources.mqtt]]
name = "plain"
url = "mqtt://127.0.0.1:{port}"
client_id = "kk-01"

[[sources.mqtt]]
name = "tls"
url = "mqtts://127.0.0.1:{tls_port}"
client_id = "kk-02"
ca_file = "{ca}"

[[sinks.influxdb]]
name = "city"
url = "{influxd}"
database = "{database}"
"""


class Machine:
    """What the daemon sees of time."""

    def __init__(self, folder: Path) -> None:
        self._offset = folder / "offset"
        self._ntp = folder / "ntp"
        programs = folder / "bin"
        programs.mkdir()
        busctl = programs / "busctl"
        busctl.write_text(f"#!/bin/sh\ncat {self._ntp}\n")
        busctl.chmod(0o755)
        self.environment = {
            "LD_PRELOAD": LIBRARY,
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_TIMESTAMP_FILE": str(self._offset),
            "FAKETIME_NO_CACHE": "1",
            "PATH": f"{programs}:{os.environ['PATH']}",
        }

    def set(self, off_s: int, *, vouched: bool) -> None:
        """The wall clock is off by so much from now on, and somebody vouches for it or nobody."""
        self._ntp.write_text(f"b {'true' if vouched else 'false'}\n")
        following = self._offset.with_suffix(".new")
        following.write_text(f"{off_s:+d}\n")
        following.replace(self._offset)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def frames(tmp_path: Path) -> list[bytes]:
    """Gateway events without any time of the gateway's: each reading's time is this machine's."""
    load = prepare(tmp_path, 3 * FRAMES, 10)
    events = []
    for line in load.frames.read_bytes().splitlines():
        event = json.loads(line)
        for key in ("time", "gwTime", "nsTime", "timeSinceGpsEpoch"):
            event["rxInfo"].pop(key, None)
        events.append(json.dumps(event).encode())
    return events


def publish(broker: Mosquitto, events: list[bytes]) -> tuple[float, float]:
    """Between which Unix seconds these were heard."""
    begun = time.time()
    with MqttPublisher(port=broker.port) as publisher:
        publisher.publish(encode(TOPIC, events, 1), qos=1)
    return begun, time.time()


def times(influxd: Influxd, database: str) -> list[float]:
    """Unix seconds of every air reading in the database, ascending."""
    return sorted(row["time"] / 1e9 for row in influxd.rows("SELECT * FROM air_quality", database))


@pytest.fixture
def tls_broker(start_mosquitto: object, certificates: Certificates) -> Mosquitto:
    lines = ["allow_anonymous true", f"certfile {certificates.broker}"]
    return start_mosquitto(lines=[*lines, f"keyfile {certificates.broker_key}"])  # type: ignore[no-any-return, operator]


def configured(
    broker: Mosquitto, tls: Mosquitto, certificates: Certificates, influxd: Influxd, database: str
) -> str:
    return CONFIG.format(
        port=broker.port,
        tls_port=tls.port,
        ca=certificates.ca,
        influxd=influxd.url,
        database=database,
    )


def test_what_was_heard_before_the_clock_was_set_gets_its_right_time(
    tmp_path: Path, machine: Machine, frames: list[bytes], mosquitto: Mosquitto, influxd: Influxd,
    tls_broker: Mosquitto, certificates: Certificates, influx_database: str,
) -> None:  # fmt: skip
    machine.set(-400 * DAY_S, vouched=False)
    config = configured(mosquitto, tls_broker, certificates, influxd, influx_database)
    with Daemon(tmp_path, config, machine.environment) as daemon:
        daemon.wait_up("plain")
        begun, ended = publish(mosquitto, frames[:FRAMES])
        before = daemon.wait_heard(FRAMES)
        told = before["daemon"]["sources"]["tls"]
        held = before["readings"]["sinks"]["city"]["held"]
        assert times(influxd, influx_database) == []
        machine.set(0, vouched=True)
        daemon.wait_up("tls", "plain", timeout_s=60)
        after = daemon.wait_delivered(60)
    assert before["daemon"]["clock"] == {"trusted": False, "how": "unsynchronised"}
    assert held == 2 * FRAMES
    assert told["state"] == "down"
    assert "until the clock of this machine is set" in told["why"]
    assert "certificate" not in told["why"]
    assert after["daemon"]["clock"] == {"trusted": True, "how": "timedate1"}
    assert after["balanced"]
    found = times(influxd, influx_database)
    assert len(found) == FRAMES
    assert begun - 0.1 <= found[0] <= found[-1] <= ended + 5


@pytest.mark.parametrize("by_s", [365 * DAY_S, -3600])
def test_a_jump_in_the_run_disturbs_no_timer_and_no_time(
    tmp_path: Path, machine: Machine, frames: list[bytes], mosquitto: Mosquitto, influxd: Influxd,
    tls_broker: Mosquitto, certificates: Certificates, influx_database: str, by_s: int,
) -> None:  # fmt: skip
    machine.set(0, vouched=True)
    config = configured(mosquitto, tls_broker, certificates, influxd, influx_database)
    with Daemon(tmp_path, config, machine.environment) as daemon:
        daemon.wait_up("plain", "tls")
        begun, _ = publish(mosquitto, frames[:FRAMES])
        daemon.wait_heard(FRAMES)
        daemon.wait_delivered()
        machine.set(by_s, vouched=False)
        publish(mosquitto, frames[FRAMES : 2 * FRAMES])
        during = daemon.wait_heard(2 * FRAMES)
        machine.set(0, vouched=True)
        _, ended = publish(mosquitto, frames[2 * FRAMES :])
        after = daemon.wait_status(
            lambda status: (
                status["readings"]["sinks"]["city"]["pending"] == 0
                and status["frames"]["heard"] == 3 * FRAMES
            ),
            "everything delivered",
            60,
        )
        assert daemon.stop() == 0
    city = during["readings"]["sinks"]["city"]
    assert (city["delivered"], city["held"]) == (2 * FRAMES, 2 * FRAMES)
    clock = during["daemon"]["clock"]
    assert (clock["trusted"], clock["jumps"]) == (False, 1)
    assert clock["last_jump_s"] == pytest.approx(by_s, abs=2)
    assert after["balanced"]
    assert {way["state"] for way in after["daemon"]["sources"].values()} == {"up"}
    found = times(influxd, influx_database)
    assert len(found) == 3 * FRAMES
    assert begun - 0.1 <= found[0] <= found[-1] <= ended + 5
