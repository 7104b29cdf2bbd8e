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
            CONFIG.format(port=tap.port, influxd=influxd.url, database=influx_database),
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
