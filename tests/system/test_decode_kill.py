"""The daemon is killed while a codec's payloads come and are decoded: each is answered exactly once.

Kills come at random moments: between commit and decoding, with the codec's process at work, within the commit of
answers. The rows tell afterwards how often each uplink was answered; the broker sends again what was lost.
"""

import time
from pathlib import Path
from random import Random
from threading import Thread

import pytest

from gateway.store.connection import open_reader
from hil.simulators.air import AS923_1, Hearing, Receiver
from hil.simulators.chirpstack_gateway import topic, v4_json
from hil.simulators.device_list import identity, write_devices
from hil.simulators.lorawan_node import Node
from hil.simulators.mqtt_publisher import MqttPublisher, encode
from tests.mosquitto_fixtures import Mosquitto
from tests.system.daemon import Daemon
from tests.system.ways_in import NEAR

pytestmark = [pytest.mark.real, pytest.mark.slow]

UPLINKS, KILLS, PER_S = 1500, 8, 250

CODEC = """
function decodeUplink(input) {
  for (var wait = 0, n = 0; n < 20000; n++) wait += n; // some milliseconds, so that kills hit it
  return { data: { counter: input.bytes[0] * 256 + input.bytes[1] } };
}"""

CONFIG = """\
[gateway]
name = "kk-01"
region = "AS923-1"
devices = "devices.toml"

[store]
path = "store.db"

[[sources.mqtt]]
name = "bridge"
url = "mqtt://127.0.0.1:{mqtt}"
client_id = "kk-01"
"""


def test_every_payload_is_answered_once_over_kills(tmp_path: Path, mosquitto: Mosquitto) -> None:
    one = identity(9, 1, name="scripted", decoder="codec.js")
    (tmp_path / "codec.js").write_text(CODEC)
    write_devices(tmp_path / "devices.toml", [one.row()])
    rng = Random(5)
    daemon = Daemon(tmp_path, CONFIG.format(mqtt=mosquitto.port))
    with daemon:
        daemon.wait_up("bridge")
        publishing = Thread(target=_publish, args=(one.node(), mosquitto))
        publishing.start()
        for _ in range(KILLS):
            time.sleep(rng.uniform(0.1, 0.6))
            daemon.kill()
            daemon.start()
        publishing.join()
        daemon.wait_running()
        status = daemon.wait_status(
            lambda status: status["frames"]["outcomes"].get("uplink") == UPLINKS, "all decoded", 60
        )
        assert set(status["frames"]["outcomes"]) <= {"uplink", "redelivered"}
        assert status["balanced"]
        assert daemon.stop() == 0

    points = daemon.points("sensor")
    assert sorted(point["fields"]["counter"] for point in points) == list(range(UPLINKS))
    assert daemon.status()["readings"]["accepted"] == 2 * UPLINKS, "one of data, one of the link"
    query = "SELECT about, count(*) FROM frame WHERE outcome = 'undecoded>uplink' GROUP BY about"
    answered = dict(open_reader(tmp_path / "store.db").execute(query))
    assert len(answered) == UPLINKS
    assert set(answered.values()) == {1}


def _publish(node: Node, broker: Mosquitto) -> None:
    ear = Receiver(NEAR, time.time() - 1000)
    heard: list[Hearing] = []
    for n in range(UPLINKS):
        phy = node.uplink(n, 1, n.to_bytes(2, "big"))
        at = time.time() - 500 + n * 0.01
        heard.append(ear.hear(at, phy, AS923_1[n % 8], rssi_dbm=-90, snr_db=5.0))
    bodies = [v4_json(one, uplink_id=n + 1, gps=True) for n, one in enumerate(heard)]
    with MqttPublisher(port=broker.port) as publisher:
        publisher.publish(encode(topic(NEAR), bodies, 1), qos=1, rate=PER_S)
