"""Codecs that loop, hoard, crash and lie beside devices that work: no valid frame is lost or waits for them.

Each hostile device has a codec of its own; a fleet with built-in decoders speaks by UDP and MQTT meanwhile, one
good codec runs in the same process as the hostile ones, and somebody kills that process. Run with -s to see how
long acknowledgements took, without hostile codecs and with them.
"""

import contextlib
import os
import signal
import statistics
import time
from collections import Counter
from pathlib import Path
from threading import Thread

import pytest

from hil.simulators.air import AS923_1, Hearing, Receiver
from hil.simulators.chirpstack_gateway import topic, v4_json
from hil.simulators.device_list import Identity, identity
from hil.simulators.fleet import Fleet, FleetDevice
from hil.simulators.mqtt_publisher import MqttPublisher, encode
from tests.mosquitto_fixtures import Mosquitto
from tests.system.daemon import Daemon
from tests.system.hostile_codecs import GOOD, HOSTILE
from tests.system.mqtt_tap import MqttTap
from tests.system.ports import free_udp_port
from tests.system.ways_in import NEAR, forwarder

pytestmark = [pytest.mark.real, pytest.mark.slow]

SPAN_S = 6
PER_S = 50
"""Frames a second of the fleet, by each of the two ways."""
EACH = 12
"""Payloads of each hostile device: several of them before its quarantine, several after."""
GOOD_PAYLOADS = 200

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


def test_hostile_codecs_stop_and_slow_nobody(tmp_path: Path, mosquitto: Mosquitto) -> None:
    fleet = Fleet(12, seed=9)
    scripted = _scripted(tmp_path)
    fleet.write(tmp_path / "devices.toml", *(one.row() for one in scripted.values()))
    began = time.time() - 2 * SPAN_S
    ear = Receiver(NEAR, began - 100)
    alone = _spoken(fleet.devices[:6], ear, began), _spoken(fleet.devices[6:], ear, began)
    beside = (
        _spoken(fleet.devices[:6], ear, began + SPAN_S),
        _spoken(fleet.devices[6:], ear, began + SPAN_S),
    )
    harm = _harm(scripted, ear, began + SPAN_S)
    udp = free_udp_port()
    with (
        MqttTap(mosquitto.port) as tap,
        Daemon(tmp_path, CONFIG.format(udp=udp, mqtt=tap.port)) as daemon,
    ):
        daemon.wait_up("roof", "bridge")
        _play(*alone, [], udp, mosquitto)
        daemon.wait_heard(sum(map(len, alone)))
        quiet = list(tap.latencies_s)
        killing = Thread(target=_kill_child, args=(daemon.pid,))
        killing.start()
        _play(*beside, harm, udp, mosquitto)
        killing.join()
        heard = sum(map(len, (*alone, *beside, harm)))
        daemon.wait_heard(heard)
        status = daemon.wait_status(
            lambda status: "undecoded" not in status["frames"]["outcomes"], "all decoded", 60
        )
        assert daemon.stop() == 0

    _tell("without hostile codecs", quiet)
    _tell("beside hostile codecs", tap.latencies_s[len(quiet) :])
    assert status["balanced"]
    assert "dropped_by_kernel" not in status["daemon"]["sources"]["roof"]["counters"]
    valid = sum(map(len, (*alone, *beside))) + GOOD_PAYLOADS
    assert status["frames"]["outcomes"]["uplink"] == valid
    assert sum(status["frames"]["outcomes"].values()) == heard
    data = [daemon.points(name) for name in ("air_quality", "energy", "cctv_health")]
    assert sum(map(len, data)) == valid - GOOD_PAYLOADS
    sensor = daemon.points("sensor")
    assert {point["tags"]["device"] for point in sensor} == {"good"}
    assert sorted(point["fields"]["counter"] for point in sensor) == list(range(GOOD_PAYLOADS))
    assert _ends(daemon) == {name: Counter({reason: EACH}) for name, (reason, _) in HOSTILE.items()}


def _scripted(folder: Path) -> dict[str, Identity]:
    """One device for each codec, whose files it writes."""
    made = {}
    scripts = {"good": GOOD} | {name: script for name, (_, script) in HOSTILE.items()}
    for number, (name, script) in enumerate(scripts.items(), 500):
        folder.joinpath(f"{name}.js").write_text(script, encoding="utf-8")
        made[name] = identity(9, number, name=name, decoder=f"{name}.js")
    return made


def _spoken(devices: tuple[FleetDevice, ...], ear: Receiver, began: float) -> list[Hearing]:
    """Uplinks of these devices in turn, so many a second."""
    times = [began + number / PER_S for number in range(SPAN_S * PER_S)]
    return [
        ear.hear(at, devices[n % len(devices)].speak(at).phy, AS923_1[n % 8], rssi_dbm=-90, snr_db=5.0)
        for n, at in enumerate(times)
    ]  # fmt: skip


def _harm(scripted: dict[str, Identity], ear: Receiver, began: float) -> list[Hearing]:
    """What the hostile devices send, all through the time, and the good one between them."""
    sent = [(n / EACH, name, n) for name in HOSTILE for n in range(EACH)]
    sent += [(n / GOOD_PAYLOADS, "good", n) for n in range(GOOD_PAYLOADS)]
    nodes = {name: one.node() for name, one in scripted.items()}
    return [
        ear.hear(
            began + share * SPAN_S,
            nodes[name].uplink(n, 1, n.to_bytes(2, "big")),
            AS923_1[n % 8],
            rssi_dbm=-95,
            snr_db=3.0,
        )
        for share, name, n in sorted(sent)
    ]


def _play(
    by_udp: list[Hearing], by_mqtt: list[Hearing], harm: list[Hearing], port: int, broker: Mosquitto
) -> None:
    """All of it in its time: the fleet's by both ways, the harm by UDP."""
    publishing = Thread(target=_publish, args=(by_mqtt, broker))
    publishing.start()
    begun, steps = time.monotonic(), SPAN_S * 10
    with forwarder(NEAR, port) as roof:
        for step in range(steps):
            early_s = begun + step / 10 - time.monotonic()
            if early_s > 0:
                time.sleep(early_s)
            for heard in (by_udp, harm):
                roof.push(heard[step * len(heard) // steps : (step + 1) * len(heard) // steps])
            roof.poll()
        assert roof.settle()
    publishing.join()


def _publish(good: list[Hearing], broker: Mosquitto) -> None:
    bodies = [v4_json(one, uplink_id=number + 1, gps=True) for number, one in enumerate(good)]
    with MqttPublisher(port=broker.port) as publisher:
        publisher.publish(encode(topic(NEAR), bodies, 1), qos=1, rate=PER_S)


def _kill_child(daemon: int) -> None:
    """Kill the codecs' process now and then: somebody else's fault, for which no codec is blamed."""
    for _ in range(3):
        time.sleep(1.5)
        children = Path(f"/proc/{daemon}/task/{daemon}/children")
        pids = {
            pid
            for path in children.parents[1].glob("*/children")
            for pid in path.read_text().split()
        }
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)


def _ends(daemon: Daemon) -> dict[str, Counter[str]]:
    """How each hostile device's payloads ended."""
    ends: dict[str, Counter[str]] = {name: Counter() for name in HOSTILE}
    for one in daemon.uplinks():
        if one["device"] in ends:
            ends[one["device"]][one["outcome"]] += 1
    return ends


def _tell(when: str, latencies_s: list[float]) -> None:
    cuts = statistics.quantiles(latencies_s, n=100)
    print(
        f"MQTT frames acknowledged {when}: p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms"
        f" of {len(latencies_s)}"
    )
