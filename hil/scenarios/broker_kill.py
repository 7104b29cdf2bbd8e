"""How many queued messages a broker still has after a kill, and whether it still knows the client they are for.

    python -m hil.scenarios.broker_kill [--seconds 25] [--rate 100]

publishes to a client that is away, kills the broker without warning the moment the last PUBACK has come, starts it
and lets the client fetch what is there. Once with Mosquitto's own defaults, once with Debian's, once with the
configuration of this project, and once with it saving after each change.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from rich.console import Console
from rich.table import Table

from hil.scenarios.shipped_broker import ShippedBroker
from hil.simulators.mqtt_publisher import MqttPublisher, encode

GATEWAY_ID = "02c17aff00000001"
TOPIC = f"gateway/{GATEWAY_ID}/event/up"
READER, PASSWORD = "lora-gateway", "read"
USERS = {READER: PASSWORD, GATEWAY_ID: "write"}
BODY = b"x" * 500
"""About a gateway's event."""

QUIET_S = 1.0
"""Nothing more comes when nothing came for so long."""
CONNECT_S_MAX = 20.0

_DEFAULT_QUEUE = {
    "max_queued_messages 100000": "max_queued_messages 1000",
    "max_queued_bytes 67108864": "max_queued_bytes 0",
}
VARIANTS = {
    "Mosquitto's defaults": {
        **_DEFAULT_QUEUE,
        "persistence true": "persistence false",
        "autosave_interval 10": "autosave_interval 1800",
    },
    "Debian's mosquitto.conf": {
        **_DEFAULT_QUEUE,
        "autosave_interval 10": "autosave_interval 1800",
    },
    "config/mosquitto.conf": {},
    "the same, saving at each change": {
        "autosave_interval 10": "autosave_interval 1\nautosave_on_changes true"
    },
}
"""What is exchanged in config/mosquitto.conf."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a client found at the broker."""

    session_present: bool
    payloads: Sequence[bytes]


def fetch(broker: ShippedBroker, client_id: str = "reader") -> Fetched:
    """Connect as the gateway would, with its session, take what comes until it is quiet, and leave."""
    payloads: list[bytes] = []
    present: list[bool] = []
    subscribed = threading.Event()
    client = Client(CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv5)
    client.username_pw_set(READER, PASSWORD)

    def on_connect(_client: Client, _userdata: Any, flags: Any, *_: Any) -> None:
        present.append(bool(flags.session_present))
        client.subscribe("gateway/+/event/up", 1)

    client.on_connect = on_connect
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_message = lambda _client, _userdata, message: payloads.append(bytes(message.payload))
    wishes = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    wishes.SessionExpiryInterval = 7 * 86_400
    client.connect("127.0.0.1", broker.port, clean_start=False, properties=wishes)
    client.loop_start()
    try:
        if not subscribed.wait(CONNECT_S_MAX):
            raise TimeoutError("the broker did not answer SUBSCRIBE")
        _until_quiet(lambda: len(payloads))
        client.disconnect()
    finally:
        client.loop_stop()
    return Fetched(present[0], payloads)


def publish(broker: ShippedBroker, count: int, rate: float | None = None, first: int = 0) -> int:
    """Publish numbered messages as a field gateway; how many the broker has acknowledged."""
    bodies = (number.to_bytes(4, "big") + BODY for number in range(first, first + count))
    packets = encode(TOPIC, bodies, 1)
    with MqttPublisher(port=broker.port, user=(GATEWAY_ID, USERS[GATEWAY_ID])) as publisher:
        return publisher.publish(packets, qos=1, rate=rate).acknowledged


def _until_quiet(count: Callable[[], int]) -> None:
    before = -1
    while count() != before:
        before = count()
        time.sleep(QUIET_S)


def measure(folder: Path, seconds: float, rate: float) -> Table:
    """All variants, as a table."""
    table = Table("configuration", "published", "there after kill -9", "lost", "session")
    for column in table.columns[1:]:
        column.justify = "right"
    for number, (name, changes) in enumerate(VARIANTS.items()):
        with ShippedBroker(folder / str(number), users=USERS, changes=changes) as broker:
            fetch(broker)
            published = publish(broker, int(seconds * rate), rate)
            broker.kill()
            broker.start()
            found = fetch(broker)
        there = len(set(found.payloads))
        known = "kept" if found.session_present else "forgotten"
        table.add_row(name, f"{published:,}", f"{there:,}", f"{published - there:,}", known)
    return table


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m hil.scenarios.broker_kill")
    parser.add_argument("--seconds", type=float, default=25.0)
    parser.add_argument("--rate", type=float, default=100.0, help="messages a second")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Console().print(measure(Path(folder), given.seconds, given.rate))


if __name__ == "__main__":
    main()
