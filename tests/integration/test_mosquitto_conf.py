"""Guards the broker configuration that is shipped: config/mosquitto.conf and its ACL, on a real Mosquitto with
only paths and ports exchanged. What it is to survive, it survives; what it is to refuse, it refuses.
"""

import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from hil.scenarios.broker_kill import GATEWAY_ID, PASSWORD, READER, TOPIC, USERS, fetch, publish
from hil.scenarios.shipped_broker import ShippedBroker
from tests.mosquitto_fixtures import Certificates
from tests.mqtt_gateway import Running, frame, in_thread

Start = Callable[..., Running]

PATIENCE_S = 20.0
NOT_AUTHORIZED = 0x87

pytestmark = pytest.mark.real


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[ShippedBroker]:
    with ShippedBroker(tmp_path / "broker", users=USERS) as one:
        yield one


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.touch(0o600)
    path.write_text(PASSWORD, encoding="utf-8")
    return path


@contextmanager
def client(
    broker: ShippedBroker, name: str, password: str
) -> Iterator[tuple[Client, list[ReasonCode]]]:
    """A client of MQTT 5, and what the broker answered to what it published."""
    answers: list[ReasonCode] = []
    connected = threading.Event()
    one = Client(CallbackAPIVersion.VERSION2, f"of {name}", protocol=MQTTProtocolVersion.MQTTv5)
    one.username_pw_set(name, password)
    one.on_publish = lambda _client, _userdata, _mid, reason, _properties: answers.append(reason)
    one.on_connect = lambda *_: connected.set()
    one.connect("127.0.0.1", broker.port)
    one.loop_start()
    try:
        assert connected.wait(PATIENCE_S)
        yield one, answers
    finally:
        one.disconnect()
        one.loop_stop()


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# -- what it survives -----------------------------------------------------------------------------------


def test_it_starts_without_a_complaint(broker: ShippedBroker) -> None:
    assert not broker.complaints


def test_it_listens_on_this_machine_only_and_nowhere_else(broker: ShippedBroker) -> None:
    """An option of listeners that stands above them would open Mosquitto's own port to everybody."""
    assert listening(broker.pid) == {("0100007F", broker.port)}


def listening(pid: int) -> set[tuple[str, int]]:
    """Addresses, as the kernel writes them, and ports on which a process takes connections.

    Source: proc(5), /proc/net/tcp: state 0A is LISTEN.
    """
    inodes = set()
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        found = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(fd))  # noqa: PTH115
        if found:
            inodes.add(found[1])
    open_now = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for row in map(str.split, Path(table).read_text(encoding="ascii").splitlines()[1:]):
            address, _, port = row[1].partition(":")
            if row[3] == "0A" and row[9] in inodes:
                open_now.add((address, int(port, 16)))
    return open_now


async def test_ten_thousand_messages_wait_for_a_gateway_that_is_away(
    run_source: Start, broker: ShippedBroker, secret: Path
) -> None:
    """Mosquitto's default keeps 1000 and drops the others, though it has acknowledged them."""
    login = {"username": READER, "password_file": secret}
    first = await run_source(_url(broker), **login).up()
    await first.close()
    assert await in_thread(publish, broker, 10_000) == 10_000
    second = run_source(_url(broker), **login)
    second.intake.at_once = True
    heard = second.intake.heard
    await second.until(lambda: len(heard) >= 10_000)
    numbers = [int.from_bytes(one.raw[:4], "big") for one in second.intake.malformed()]
    assert numbers == list(range(10_000))
    await second.until(lambda: "to mosquitto" in second.health.sentence)
    assert not second.health.counters.get("broker_dropped")


def test_a_broker_that_is_killed_has_what_it_saved(broker: ShippedBroker) -> None:
    """It saves every 10 s: what is older than that outlives the kill, and so does the session."""
    fetch(broker)
    publish(broker, 500)
    queued_at = time.time()
    until(lambda: broker.saved.exists() and broker.saved.stat().st_mtime > queued_at)
    broker.kill()
    broker.start()
    found = fetch(broker)
    assert found.session_present
    assert len(set(found.payloads)) == 500
    assert not broker.complaints


def test_a_broker_that_ends_in_order_has_everything(broker: ShippedBroker) -> None:
    fetch(broker)
    publish(broker, 2000)
    broker.stop()
    broker.start()
    found = fetch(broker)
    assert found.session_present
    assert [int.from_bytes(one[:4], "big") for one in found.payloads] == list(range(2000))


# -- what it refuses ------------------------------------------------------------------------------------


def test_nobody_gets_in_without_a_password(broker: ShippedBroker) -> None:
    for name, password in ((READER, "wrong"), ("stranger", PASSWORD), ("", "")):
        refused: list[ReasonCode] = []
        one = Client(CallbackAPIVersion.VERSION2, "stranger", protocol=MQTTProtocolVersion.MQTTv5)
        if name:
            one.username_pw_set(name, password)
        one.on_connect = lambda _c, _u, _f, reason, _p, refused=refused: refused.append(reason)
        one.connect("127.0.0.1", broker.port)
        one.loop_start()
        until(lambda refused=refused: refused)
        one.loop_stop()
        assert refused[0].value == NOT_AUTHORIZED


@pytest.mark.parametrize(
    ("who", "topic", "may"),
    [
        (GATEWAY_ID, TOPIC, True),
        (GATEWAY_ID, f"eu868/{TOPIC}", True),
        (GATEWAY_ID, f"gateway/{GATEWAY_ID}/state/conn", True),
        (GATEWAY_ID, "gateway/0016c001ff10a235/event/up", False),
        (GATEWAY_ID, f"gateway/{GATEWAY_ID}/command/down", False),
        (GATEWAY_ID, "application/1/device/0102030405060708/event/up", False),
        (GATEWAY_ID, "$SYS/broker/publish/messages/dropped", False),
        (READER, TOPIC, False),
        (READER, f"gateway/{GATEWAY_ID}/command/down", False),
    ],
)
def test_everybody_publishes_only_what_is_theirs(
    broker: ShippedBroker, who: str, topic: str, may: bool
) -> None:
    with client(broker, who, USERS[who]) as (one, answers):
        one.publish(topic, b"x", 1)
        until(lambda: answers)
    assert (answers[0].value != NOT_AUTHORIZED) == may


def test_a_gateway_reads_its_own_commands_and_nothing_of_others(broker: ShippedBroker) -> None:
    """Mosquitto 2.0 grants the subscription and then sends nothing: a SUBACK is no proof of a right to read."""
    heard: list[str] = []
    with client(broker, GATEWAY_ID, USERS[GATEWAY_ID]) as (one, _):
        one.on_message = lambda _client, _userdata, message: heard.append(message.topic)
        done = threading.Event()
        one.on_subscribe = lambda *_: done.set()
        one.subscribe([("#", 1), ("$SYS/#", 0)])
        assert done.wait(PATIENCE_S)
        publish(broker, 3)
        one.publish("gateway/other/event/up", b"x", 1)
        fetched = fetch(broker)  # long enough for something to come
    assert not heard
    assert not fetched.payloads, "they were published before it subscribed"


def test_a_message_of_a_megabyte_ends_its_senders_connection(broker: ShippedBroker) -> None:
    with client(broker, GATEWAY_ID, USERS[GATEWAY_ID]) as (one, _):
        gone = threading.Event()
        one.on_disconnect = lambda *_: gone.set()
        one.publish(TOPIC, bytes(1_000_000), 1)
        assert gone.wait(PATIENCE_S)
    assert "oversize packet" in broker.log


# -- certificates ---------------------------------------------------------------------------------------


async def test_our_certificate_is_our_user_name(
    run_source: Start, tmp_path: Path, certificates: Certificates, secret: Path
) -> None:
    """The certificate's common name is "gateway", which may write its own topics; its key file works as it is."""
    with ShippedBroker(
        tmp_path / "broker", users=USERS, certificates=certificates.ca.parent
    ) as broker:
        files = {
            "ca_file": certificates.ca,
            "cert_file": certificates.gateway,
            "key_file": certificates.gateway_key,
        }
        by_tls = f"mqtts://127.0.0.1:{broker.tls_port}"
        topics = ["gateway/gateway/command/+"]
        await run_source(by_tls, client_id="by-tls", topics=topics, **files).up()
        without = run_source(by_tls, client_id="without", ca_file=certificates.ca)
        await without.until(lambda: without.health.state == "down")
        inside = await run_source(_url(broker), username=READER, password_file=secret).up()
        await in_thread(_publish_by_tls, broker, certificates, "gateway/other/event/up", frame(1))
        await in_thread(_publish_by_tls, broker, certificates, "gateway/gateway/event/up", frame(2))
        await inside.heard(2)
        assert "'gateway'" in broker.log
        assert not [line for line in broker.complaints if "OpenSSL" not in line]


def _publish_by_tls(
    broker: ShippedBroker, certificates: Certificates, topic: str, body: bytes
) -> None:
    one = Client(CallbackAPIVersion.VERSION2, "", protocol=MQTTProtocolVersion.MQTTv5)
    one.tls_set(*(os.fspath(path) for path in _files(certificates)))
    one.connect("127.0.0.1", broker.tls_port)
    one.loop_start()
    one.publish(topic, body, 1).wait_for_publish(PATIENCE_S)
    one.disconnect()
    one.loop_stop()


def _files(certificates: Certificates) -> tuple[Path, Path, Path]:
    return certificates.ca, certificates.gateway, certificates.gateway_key


def _url(broker: ShippedBroker) -> str:
    return f"mqtt://127.0.0.1:{broker.port}"
