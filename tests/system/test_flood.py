"""Somebody sends 1000 frames a second in the name of the city's devices, without their keys: no reading is lost.

What is forged is refused, or kept undecided while the budget for searches is used up. Run with -s or -rP to
see what it does to the time in which good frames are acknowledged.
"""

import statistics
import time
from pathlib import Path
from random import Random
from threading import Thread

import pytest

from hil.simulators.air import AS923_1, Hearing, Receiver
from hil.simulators.chirpstack_gateway import topic, v4_json
from hil.simulators.fleet import Fleet, FleetDevice
from hil.simulators.mqtt_publisher import MqttPublisher, encode
from hil.simulators.packet_forwarder import RXPK_PER_DATAGRAM
from tests.mosquitto_fixtures import Mosquitto
from tests.system.daemon import Daemon
from tests.system.mqtt_tap import MqttTap
from tests.system.ports import free_udp_port
from tests.system.ways_in import FAR, NEAR, forwarder

pytestmark = pytest.mark.real

FLOOD_S = 5
FORGED_PER_S, BY_UDP_PER_S, BY_MQTT_PER_S = 1000, 25, 50

CONFIG = """\
[gateway]
name = "kk-01"
region = "AS923-1"
devices = "devices.toml"

[store]
path = "store.db"

[[sources.semtech_udp]]
name = "roof"
listen = "127.0.0.1:{udp}"

[[sources.mqtt]]
name = "bridge"
url = "mqtt://127.0.0.1:{mqtt}"
client_id = "kk-01"
"""


def test_every_good_frame_becomes_a_reading_in_a_flood_of_forged_ones(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    fleet = Fleet(12, seed=8)
    fleet.write(tmp_path / "devices.toml")
    began = time.time() - FLOOD_S
    by_udp = _spoken(fleet.devices[:6], began, BY_UDP_PER_S, NEAR)
    by_mqtt = _spoken(fleet.devices[6:], began, BY_MQTT_PER_S, NEAR)
    forged = _forged(fleet, began)
    udp = free_udp_port()
    with (
        MqttTap(mosquitto.port) as tap,
        Daemon(tmp_path, CONFIG.format(udp=udp, mqtt=tap.port)) as daemon,
    ):
        daemon.wait_up("roof", "bridge")
        publishing = Thread(target=_publish, args=(by_mqtt, mosquitto))
        publishing.start()
        _send(forged, by_udp, udp)
        publishing.join()
        status = daemon.wait_heard(len(by_udp) + len(by_mqtt) + len(forged))
        assert daemon.stop() == 0

    _tell(tap.latencies_s)
    outcomes = dict(status["frames"]["outcomes"])
    assert "dropped_by_kernel" not in status["daemon"]["sources"]["roof"]["counters"]
    assert outcomes.pop("uplink") == len(by_udp) + len(by_mqtt)
    assert set(outcomes) <= {"bad_mic", "undecided"}
    assert sum(outcomes.values()) == len(forged)
    assert status["balanced"]
    assert daemon.status()["balanced"]
    assert len(tap.latencies_s) == len(by_mqtt)
    spoken = {
        (one.identity.name, f_cnt) for one in fleet.devices for f_cnt in range(one.next_f_cnt)
    }
    links = daemon.points("lora_link")
    assert {(one["tags"]["device"], one["fields"]["f_cnt"]) for one in links} == spoken
    data = [daemon.points(name) for name in ("air_quality", "energy", "cctv_health")]
    assert sum(map(len, data)) == len(links) == len(spoken)


def _spoken(
    devices: tuple[FleetDevice, ...], began: float, per_s: int, receiver: str
) -> list[Hearing]:
    """Uplinks of these devices in turn, so many a second."""
    ear = Receiver(receiver, began - 100)
    count = FLOOD_S * per_s
    times = [began + number / per_s for number in range(count)]
    return [
        ear.hear(
            at,
            devices[number % len(devices)].speak(at).phy,
            AS923_1[number % 8],
            rssi_dbm=-90,
            snr_db=5.0,
        )
        for number, at in enumerate(times)
    ]


def _forged(fleet: Fleet, began: float) -> list[Hearing]:
    """Frames with addresses of the fleet, counters of all sizes and wrong MICs."""
    rng = Random(8)
    ear = Receiver(FAR, began - 200)
    made = []
    for number in range(FLOOD_S * FORGED_PER_S):
        node = rng.choice(fleet.devices).node
        phy = node.uplink(rng.choice((number % 60, rng.getrandbits(16))), 10, rng.randbytes(20))
        phy = phy[:-4] + bytes(byte ^ 0xA5 for byte in phy[-4:])
        at = began + number / FORGED_PER_S
        made.append(ear.hear(at, phy, AS923_1[number % 8], rssi_dbm=-70, snr_db=9.0))
    return made


def _send(forged: list[Hearing], good: list[Hearing], port: int) -> None:
    """Both through one UDP port, evenly over the time."""
    step = RXPK_PER_DATAGRAM
    datagrams = len(forged) // step
    begun = time.monotonic()
    sent = 0
    with forwarder(FAR, port) as forger, forwarder(NEAR, port) as roof:
        for number in range(datagrams):
            early_s = begun + number * FLOOD_S / datagrams - time.monotonic()
            if early_s > 0:
                time.sleep(early_s)
            forger.push(forged[number * step : (number + 1) * step])
            forger.poll()
            due = (number + 1) * len(good) // datagrams
            roof.push(good[sent:due])
            sent = due
        assert forger.settle()
        assert roof.settle()


def _publish(good: list[Hearing], mosquitto: Mosquitto) -> None:
    bodies = [v4_json(one, uplink_id=number + 1, gps=True) for number, one in enumerate(good)]
    with MqttPublisher(port=mosquitto.port) as publisher:
        publisher.publish(encode(topic(NEAR), bodies, 1), qos=1, rate=BY_MQTT_PER_S)


def _tell(latencies_s: list[float]) -> None:
    cuts = statistics.quantiles(latencies_s, n=100)
    print(
        f"good frames acknowledged in a flood of {FORGED_PER_S}/s, commit interval 200 ms:"
        f" p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms of {len(latencies_s)}"
    )
