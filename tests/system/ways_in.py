"""How what was heard in a scene gets to each kind of source: as its real senders would hand it over."""

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from hil.simulators.air import Hearing
from hil.simulators.chirpstack_gateway import topic, v4_json, v4_protobuf
from hil.simulators.modems.terminal import ModemTerminal
from hil.simulators.mqtt_publisher import MqttPublisher, encode
from hil.simulators.packet_forwarder import PacketForwarder, rxpk
from hil.simulators.scene import Scene
from tests.mosquitto_fixtures import Mosquitto
from tests.system.ports import is_bound
from tests.system.waiting import until

NEAR, FAR = "02c17aff00000001", "02c17aff00000002"
"""The receivers of a scene."""


def record(hearings: Iterable[Hearing], path: Path) -> None:
    """Write a recording as other programs would: one rxpk a line, and when it was heard."""
    with path.open("w", encoding="utf-8") as file:
        for one in hearings:
            at = datetime.fromtimestamp(one.at, UTC).isoformat(timespec="milliseconds")
            line = {
                "received_at": at,
                "gateway": one.receiver,
                "rxpk": [json.loads(rxpk(one))],
            }
            file.write(json.dumps(line) + "\n")


def push(hearings: Iterable[Hearing], eui: str, port: int) -> None:
    """Let the packet forwarder of this EUI, which has GPS, hand over what it heard."""
    until(lambda: is_bound(port), f"the daemon listens on {port}")
    with forwarder(eui, port) as one:
        assert one.push_all(hearings)


@contextmanager
def forwarder(eui: str, port: int) -> Iterator[PacketForwarder]:
    """A packet forwarder with GPS, closed at the end."""
    one = PacketForwarder(eui, ("127.0.0.1", port), gps=True)
    try:
        yield one
    finally:
        one.close()


def publish(hearings: Iterable[Hearing], mosquitto: Mosquitto) -> None:
    """Let ChirpStack gateways publish what they hear; those far away speak protobuf."""
    packets = []
    for number, one in enumerate(hearings):
        form = v4_protobuf if one.receiver == FAR else v4_json
        body = form(one, uplink_id=number + 1, gps=True)
        packets += encode(topic(one.receiver), [body], 1)
    with MqttPublisher(port=mosquitto.port) as publisher:
        publisher.publish(packets, qos=1, rate=500)


def transmit(scene: Scene, modem: ModemTerminal) -> dict[tuple[str, int], tuple[int, int]]:
    """Put a scene on the air; the span of time in which each uplink was first heard."""
    spans: dict[tuple[str, int], tuple[int, int]] = {}
    assert modem.wait_listening(10)
    for one in scene.heard:
        before = time.time_ns() // 10**6 * 10**6
        hearing = one.hearing
        assert modem.transmit(hearing.phy, hearing.rssi_dbm, int(hearing.snr_db))
        if one.uplink is not None:
            spans.setdefault((one.uplink.device, one.uplink.f_cnt), (before, 0))
    # The last frames may still be in the terminal.
    latest = time.time_ns() + 2 * 10**9
    return {key: (before, latest) for key, (before, _) in spans.items()}
