"""A machine whose clock nobody vouches for: readings wait, nothing is falsified, and nothing is lost meanwhile.

What becomes of them when the clock is set is tested where a clock can be set: tests/unit/pipeline.
"""

from pathlib import Path

import pytest

from benchmarks.load import TOPIC, prepare
from hil.simulators.mqtt_publisher import MqttPublisher, encode
from tests.influx_fixtures import Influxd
from tests.mosquitto_fixtures import Mosquitto
from tests.system.daemon import Daemon
from tests.system.mqtt_tap import MqttTap

pytestmark = pytest.mark.real

FRAMES = 200

CONFIG = """\
[gateway]
name = "kk-01"
region = "EU868"
devices = "devices.toml"
clock_trust = "ntp"
{rule}

[store]
path = "store.db"

[[sources.mqtt]]
name = "gateways"
url = "mqtt://127.0.0.1:{port}"
client_id = "kk-01"

[[sinks.influxdb]]
name = "city"
url = "{influxd}"
database = "{database}"
"""


def test_readings_wait_for_the_clock_while_their_messages_are_acknowledged(
    tmp_path: Path, mosquitto: Mosquitto, influxd: Influxd, influx_database: str
) -> None:
    load = prepare(tmp_path, FRAMES, 10)
    packets = encode(TOPIC, load.frames.read_bytes().splitlines(), 1)
    with (
        MqttTap(mosquitto.port) as tap,
        Daemon(
            tmp_path,
            CONFIG.format(port=tap.port, influxd=influxd.url, database=influx_database, rule=""),
        ) as daemon,
    ):
        daemon.wait_up("gateways")
        if daemon.status()["daemon"]["clock"]["trusted"]:
            pytest.skip("this machine's clock is synchronised: here it is trusted")
        with MqttPublisher(port=mosquitto.port) as publisher:
            publisher.publish(packets, qos=1)
        daemon.wait(lambda: tap.acknowledged == FRAMES, "everything acknowledged")
        status = daemon.status()
        assert daemon.stop() == 0
        stopped = daemon.status()

    assert status["daemon"]["clock"] == {"trusted": False, "how": "unsynchronised"}
    for one in (status, stopped):
        city = one["readings"]["sinks"]["city"]
        assert one["frames"]["outcomes"] == {"uplink": FRAMES}
        assert city["accepted"] == city["pending"] == city["held"] == 2 * FRAMES
        assert one["balanced"]
    assert influxd.query("SHOW MEASUREMENTS", influx_database) == []


@pytest.mark.parametrize(("rule", "delivered"), [("send_flagged", 2 * FRAMES), ("dead_letter", 0)])
def test_what_an_earlier_boot_left_goes_by_the_rule(
    tmp_path: Path, mosquitto: Mosquitto, influxd: Influxd, influx_database: str,
    rule: str, delivered: int,
) -> None:  # fmt: skip
    """Row 16: the boot ends before anybody has set the clock."""
    load = prepare(tmp_path, FRAMES, 10)
    config = CONFIG.format(
        port=mosquitto.port, influxd=influxd.url, database=influx_database,
        rule=f'clock_never = "{rule}"',
    )  # fmt: skip
    first = {"LORA_GATEWAY_BOOT_ID": "1" * 32}
    with Daemon(tmp_path, config, first) as daemon:
        daemon.wait_up("gateways")
        if daemon.status()["daemon"]["clock"]["trusted"]:
            pytest.skip("this machine's clock is synchronised: here it is trusted")
        with MqttPublisher(port=mosquitto.port) as publisher:
            publisher.publish(encode(TOPIC, load.frames.read_bytes().splitlines(), 1), qos=1)
        daemon.wait_heard(FRAMES)
        daemon.kill()
    with Daemon(tmp_path, config, {"LORA_GATEWAY_BOOT_ID": "2" * 32}) as daemon:
        status = daemon.wait_delivered()
        points = influxd.rows("SELECT * FROM air_quality", influx_database)
        letters = daemon.command("dead-letters", "list")
        daemon.command("dead-letters", "retry", "--all")
        after = daemon.status()
        assert daemon.stop() == 0
    city = status["readings"]["sinks"]["city"]
    assert city["superseded"] == 2 * FRAMES
    assert (city["delivered"], city["dead"]) == (delivered, 2 * FRAMES - delivered)
    assert status["balanced"]
    assert len(points) == delivered / 2
    assert sum(one["letters"] for one in letters["reasons"]) == 2 * FRAMES - delivered
    assert all(one["text"].startswith("clock_never: ") for one in letters["reasons"])
    assert after["balanced"]
    assert after["readings"]["sinks"]["city"]["dead"] == 0, "whoever retries a letter sends it"
    points = influxd.rows("SELECT * FROM air_quality", influx_database)
    assert len(points) == FRAMES
    assert all(point["time_untrusted"] for point in points)
