"""A database that stops, or is not there yet: nothing is lost, and the order of each device is kept."""

from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import pytest

from benchmarks.load import TOPIC, prepare
from hil.simulators.influxdb_server import InfluxdbServer
from hil.simulators.mqtt_publisher import MqttPublisher, encode
from tests.influx_fixtures import Influxd
from tests.mosquitto_fixtures import Mosquitto
from tests.system.daemon import Daemon

pytestmark = pytest.mark.real

FRAMES, DEVICES = 900, 20
PORTION = FRAMES // 3

CONFIG = """\
[gateway]
name = "kk-01"
region = "EU868"
devices = "devices.toml"

[store]
path = "store.db"

[[sources.mqtt]]
name = "gateways"
url = "{broker}"
client_id = "kk-01"

[[sinks.influxdb]]
name = "city"
url = "{url}"
{keys}
"""
SENT = {
    (f"air-{number:04}", count)
    for number in range(1, DEVICES + 1)
    for count in range(FRAMES // DEVICES)
}


class Gateways:
    """Publishes a load in three portions: before, during and after an outage."""

    def __init__(self, folder: Path, mosquitto: Mosquitto) -> None:
        load = prepare(folder, FRAMES, DEVICES)
        self._packets = encode(TOPIC, load.frames.read_bytes().splitlines(), 1)
        self._broker = mosquitto

    def publish(self, portion: int) -> None:
        """Publish a third of the load."""
        with MqttPublisher(port=self._broker.port) as publisher:
            some = self._packets[portion * PORTION : (portion + 1) * PORTION]
            publisher.publish(some, qos=1)


def test_an_influxdb_that_stops_and_starts_again_gets_everything(
    tmp_path: Path, mosquitto: Mosquitto, start_influxd: Callable[..., Influxd]
) -> None:
    influxd = start_influxd()
    database = influxd.new_database()
    gateways = Gateways(tmp_path, mosquitto)
    config = CONFIG.format(broker=mosquitto.url, url=influxd.url, keys=f'database = "{database}"')
    with Daemon(tmp_path, config) as daemon:
        daemon.wait_up("gateways")
        gateways.publish(0)
        daemon.wait(lambda: _stored(influxd, database) >= PORTION, "delivered before")
        influxd.stop()
        gateways.publish(1)
        away = daemon.wait_status(
            lambda status: (
                status["frames"]["heard"] == 2 * PORTION
                and status["daemon"]["sinks"]["city"]["state"] == "down"
            ),
            "all stored, and the sink down",
        )
        influxd.start()
        gateways.publish(2)
        daemon.wait(lambda: _stored(influxd, database) == FRAMES, "drained", 30)
        daemon.wait_up("city")
        assert daemon.stop() == 0

    assert influxd.url in away["daemon"]["sinks"]["city"]["why"]
    assert away["readings"]["sinks"]["city"]["pending"] >= 2 * PORTION
    assert away["balanced"]
    _check_accounts(daemon)
    rows = influxd.rows('SELECT "f_cnt" FROM "lora_link" GROUP BY "device"', database)
    assert {(row["device"], int(row["f_cnt"])) for row in rows} == SENT


def test_the_order_of_each_device_is_kept_over_an_outage(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    """Asked of the simulated server, which remembers what was written when."""
    gateways = Gateways(tmp_path, mosquitto)
    server = InfluxdbServer(version="2", org="city", buckets={"city"})
    with server:
        keys = 'version = "2"\norg = "city"\nbucket = "city"'
        config = CONFIG.format(broker=mosquitto.url, url=server.url, keys=keys)
        with Daemon(tmp_path, config) as daemon:
            daemon.wait_up("gateways")
            gateways.publish(0)
            daemon.wait(lambda: len(server.points()) >= PORTION, "some delivered")
            server.stop()
            gateways.publish(1)
            daemon.wait_status(
                lambda status: status["daemon"]["sinks"]["city"]["state"] == "down", "down"
            )
            server.start()
            gateways.publish(2)
            daemon.wait(lambda: len(server.points()) == 2 * FRAMES, "drained", 30)
            assert daemon.stop() == 0

    _check_accounts(daemon)
    written = [
        _counter(line) for write in server.writes for line in write.lines if b"f_cnt=" in line
    ]
    assert set(written) == SENT
    for device, counters in groupby(sorted(written, key=lambda one: one[0]), lambda one: one[0]):
        # A batch without an answer is written again, whole: that is the only way back.
        first = list(dict.fromkeys(count for _, count in counters))
        assert first == sorted(first), device


def test_a_missing_database_blocks_loudly_and_gets_everything_once_it_is_there(
    tmp_path: Path, mosquitto: Mosquitto, influxd: Influxd
) -> None:
    database = f"later_{tmp_path.name}"
    gateways = Gateways(tmp_path, mosquitto)
    config = CONFIG.format(broker=mosquitto.url, url=influxd.url, keys=f'database = "{database}"')
    with Daemon(tmp_path, config) as daemon:
        daemon.wait_up("gateways")
        gateways.publish(0)
        blocked = daemon.wait_status(
            lambda status: (
                status["daemon"]["sinks"]["city"]["state"] == "blocked"
                and status["frames"]["heard"] == PORTION
            ),
            "blocked",
        )
        gateways.publish(1)
        daemon.wait_heard(2 * PORTION)
        influxd.query(f'CREATE DATABASE "{database}"')
        # It probes each minute; a restart asks at once.
        assert daemon.stop() == 0
        daemon.start().wait_running()
        gateways.publish(2)
        daemon.wait(lambda: _stored(influxd, database) == FRAMES, "drained", 30)
        assert daemon.stop() == 0

    why = blocked["daemon"]["sinks"]["city"]["why"]
    assert database in why
    assert "create" in why.lower()
    assert blocked["readings"]["sinks"]["city"]["dead"] == 0
    assert blocked["balanced"]
    _check_accounts(daemon)
    influxd.query(f'DROP DATABASE "{database}"')


def _stored(influxd: Influxd, database: str) -> int:
    return influxd.count("f_cnt", "lora_link", database)


def _check_accounts(daemon: Daemon) -> None:
    """Every frame is an uplink, every reading is delivered, and the sums hold."""
    status = daemon.status()
    city = status["readings"]["sinks"]["city"]
    assert status["frames"]["outcomes"] == {"uplink": FRAMES}
    assert city["delivered"] == city["accepted"] == 2 * FRAMES
    assert status["balanced"]


def _counter(line: bytes) -> tuple[str, int]:
    """(device, f_cnt) of a line of `lora_link`."""
    text = line.decode()
    device = text.partition("device=")[2].partition(",")[0]
    count = text.partition("f_cnt=")[2].partition(",")[0].partition(" ")[0]
    return device, int(float(count))
