"""How the daemon ends and begins: in order under load, with a clear sentence when it cannot."""

import time
from pathlib import Path
from threading import Thread

import pytest

from benchmarks.load import TOPIC, prepare
from hil.simulators.mqtt_publisher import MqttPublisher, encode
from tests.influx_fixtures import Influxd
from tests.mosquitto_fixtures import Mosquitto
from tests.system.daemon import STOP_S_MAX, Daemon, run
from tests.system.mqtt_tap import MqttTap
from tests.system.waiting import until

pytestmark = pytest.mark.real

FRAMES, DEVICES = 4000, 100

CONFIG = """\
[gateway]
name = "kk-01"
region = "EU868"
devices = "devices.toml"

[store]
path = "store.db"

[[sources.mqtt]]
name = "gateways"
url = "mqtt://127.0.0.1:{port}"
client_id = "kk-01"
"""
SINK = """
[[sinks.influxdb]]
name = "city"
url = "{url}"
database = "{database}"
"""


def test_sigterm_under_load_ends_in_order_and_the_rest_comes_at_the_next_start(
    tmp_path: Path, mosquitto: Mosquitto, influxd: Influxd, influx_database: str
) -> None:
    load = prepare(tmp_path, FRAMES, DEVICES)
    packets = encode(TOPIC, load.frames.read_bytes().splitlines(), 1)
    sink = SINK.format(url=influxd.url, database=influx_database)
    with (
        MqttTap(mosquitto.port) as tap,
        Daemon(tmp_path, CONFIG.format(port=tap.port) + sink) as daemon,
    ):
        daemon.wait_up("gateways")
        publishing = Thread(target=_publish, args=(mosquitto, packets))
        publishing.start()
        until(lambda: tap.acknowledged >= FRAMES // 8, "under way", pause_s=0.001)
        asked_at = time.monotonic()
        assert daemon.stop() == 0
        took_s = time.monotonic() - asked_at
        publishing.join()
        print(f"stopped in {took_s:.2f} s")
        assert tap.done.wait(5)
        left = tap.in_flight
        stopped = daemon.status()

        assert took_s < STOP_S_MAX
        assert 0 < stopped["frames"]["heard"] == tap.acknowledged < FRAMES
        assert left > 0
        assert stopped["balanced"]

        daemon.start().wait_running()
        daemon.wait(lambda: _stored(influxd, influx_database) == FRAMES, "delivered")
        assert daemon.stop() == 0
        status = daemon.status()

    assert tap.sent_again == left
    assert status["frames"]["outcomes"] == {"uplink": FRAMES}
    city = status["readings"]["sinks"]["city"]
    assert city["delivered"] == city["accepted"] == 2 * FRAMES
    assert status["balanced"]


def test_thousands_that_waited_in_the_broker_come_at_one_connection(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    """The broker sends them before it answers the SUBSCRIBE of the new connection."""
    load = prepare(tmp_path, FRAMES, DEVICES)
    packets = encode(TOPIC, load.frames.read_bytes().splitlines(), 1)
    with Daemon(tmp_path, CONFIG.format(port=mosquitto.port)) as daemon:
        daemon.wait_up("gateways")
        assert daemon.stop() == 0
        _publish(mosquitto, packets)
        daemon.start().wait_running()
        status = daemon.wait_heard(FRAMES)
        daemon.wait_up("gateways")
        assert daemon.stop() == 0

    assert status["frames"]["outcomes"] == {"uplink": FRAMES}
    assert "reconnects" not in status["daemon"]["sources"]["gateways"]["counters"]


def test_a_second_daemon_on_the_same_store_ends_with_a_clear_sentence(tmp_path: Path) -> None:
    with Daemon(tmp_path, '[store]\npath = "store.db"\n') as daemon:
        second = run("run", "--config", str(daemon.config))

        assert second.returncode == 1
        assert second.stderr.splitlines()[-1] == (
            f"lora-gateway: {tmp_path}/store.db is in use by process {daemon.pid}:"
            " stop it, or name another [store] path"
        )
        assert daemon.status()["daemon"] is not None
        assert daemon.stop() == 0


def test_a_faulty_configuration_is_told_with_exit_code_78_and_nothing_is_opened(
    tmp_path: Path,
) -> None:
    config = tmp_path / "gateway.toml"
    config.write_text('[store]\npath = "store.db"\nsize_max = "1 gigabyte"\n[[sources.mqqt]]\n')

    done = run("run", "--config", str(config))

    assert done.returncode == 78
    assert f"{config}: store.size_max = '1 gigabyte'" in done.stderr
    assert "mqqt" in done.stderr
    assert '"mqtt"' in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["gateway.toml"]


def _stored(influxd: Influxd, database: str) -> int:
    return influxd.count("f_cnt", "lora_link", database)


def _publish(mosquitto: Mosquitto, packets: list[bytes]) -> None:
    with MqttPublisher(port=mosquitto.port) as publisher:
        publisher.publish(packets, qos=1)
