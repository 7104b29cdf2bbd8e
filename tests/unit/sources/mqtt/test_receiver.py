"""Guards paho's client with our reading: against a broker's end of a socket pair, in bursts and in paho's own way.

The broker's packets are written here by hand.
"""

import socket
import ssl
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import pytest
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion

from gateway.sources.mqtt import receiver as receiver_module
from gateway.sources.mqtt.packets import Publish
from gateway.sources.mqtt.receiver import Receiver

CONNACK = b"\x20\x03\x00\x00\x00"
SUBACK = b"\x90\x04\x00\x01\x00\x01"
OK = MQTTErrorCode.MQTT_ERR_SUCCESS
LOST = MQTTErrorCode.MQTT_ERR_CONN_LOST


def publish(mid: int, payload: bytes, *, dup: bool = False) -> bytes:
    body = b"\x00\x03a/b" + mid.to_bytes(2, "big") + b"\x00" + payload
    assert len(body) < 128
    return bytes([0x3A if dup else 0x32, len(body)]) + body


class Pair:
    """A receiver and the broker's end of its socket."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, in_bursts: bool) -> None:
        self.groups: list[list[Publish]] = []
        self.said: list[Any] = []
        ours, self.broker = socket.socketpair()
        self.broker.settimeout(5)
        self.client = Receiver(
            "kk-01",
            self._deliver,
            version=MQTTProtocolVersion.MQTTv5,
            packet_bytes_max=4096,
            in_bursts=in_bursts,
        )
        monkeypatch.setattr(self.client, "_create_socket", lambda: ours)
        self.client.on_connect = lambda *said: self.said.append(("connect", said[3].value))
        self.client.on_subscribe = lambda *said: self.said.append(("subscribe", said[3][0].value))
        self.client.on_disconnect = lambda *said: self.said.append(("disconnect", said[3].value))
        self.client.connect("broker", clean_start=False)
        assert self.broker.recv(4096)[0] == 0x10
        self.broker.sendall(CONNACK)
        assert self.client.loop_read() == OK
        assert self.said == [("connect", 0)]

    def _deliver(self, messages: Sequence[Publish]) -> None:
        self.groups.append(list(messages))

    def messages(self) -> list[Publish]:
        return list(chain.from_iterable(self.groups))


@pytest.fixture(params=[True, False], ids=["in bursts", "paho's way"])
def pair(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    pair = Pair(monkeypatch, in_bursts=request.param)
    yield pair
    pair.broker.close()
    if sock := pair.client.socket():
        sock.close()


@pytest.fixture
def bursts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    pair = Pair(monkeypatch, in_bursts=True)
    yield pair
    pair.broker.close()
    if sock := pair.client.socket():
        sock.close()


def test_this_paho_is_read_in_bursts() -> None:
    assert receiver_module.IN_BURSTS


def test_messages_and_other_packets_are_told_apart(pair: Pair) -> None:
    pair.client.subscribe("a/b", 1)
    assert pair.broker.recv(4096)[0] == 0x82
    pair.broker.sendall(publish(1, b"one") + SUBACK + publish(2, b"two", dup=True) + b"\xd0\x00")
    for _ in range(4):
        assert pair.client.loop_read() == OK
    assert pair.messages() == [
        Publish(b"a/b", b"one", 1, 1, False, False),
        Publish(b"a/b", b"two", 2, 1, True, False),
    ]
    assert ("subscribe", 1) in pair.said


def test_acknowledgements_reach_the_broker_in_order(pair: Pair) -> None:
    packets = b"\x40\x02\x00\x01\x40\x02\x00\x02\x40\x02\x01\x00"
    pair.client.acknowledge(packets)
    assert pair.broker.recv(12, socket.MSG_WAITALL) == packets


def test_a_closed_connection_is_told_once(pair: Pair) -> None:
    pair.broker.close()
    assert pair.client.loop_read() == LOST
    assert pair.client.socket() is None
    assert [kind for kind, _ in pair.said] == ["connect", "disconnect"]


def test_a_brokers_goodbye_is_told_with_its_reason(pair: Pair) -> None:
    pair.broker.sendall(b"\xe0\x02\x8e\x00")
    pair.client.loop_read()
    assert pair.said[-1] == ("disconnect", 0x8E)


def test_the_messages_of_one_read_come_together(bursts: Pair) -> None:
    bursts.broker.sendall(b"".join(publish(mid, b"x") for mid in range(1, 101)))
    assert bursts.client.loop_read() == OK
    assert [len(group) for group in bursts.groups] == [100]


def test_messages_before_another_packet_are_delivered_before_it(bursts: Pair) -> None:
    bursts.client.on_disconnect = lambda *_: bursts.said.append(len(bursts.groups))
    bursts.broker.sendall(publish(1, b"x") + b"\xe0\x02\x8e\x00")
    bursts.client.loop_read()
    assert bursts.said[-1] == 1


def test_half_a_packet_waits_for_its_rest(bursts: Pair) -> None:
    raw = publish(1, b"hello")
    for at in range(len(raw)):
        assert bursts.messages() == []
        bursts.broker.sendall(raw[at : at + 1])
        assert bursts.client.loop_read() == OK
    assert len(bursts.messages()) == 1
    assert bursts.client.loop_read() == OK


@pytest.mark.parametrize("raw", [b"\x30\xff\xff\xff\xff\xff", b"\x36\x05\x00\x01t\x00\x01"])
def test_what_is_no_mqtt_ends_the_connection(bursts: Pair, raw: bytes) -> None:
    bursts.broker.sendall(raw)
    assert bursts.client.loop_read() == LOST
    assert bursts.client.fault
    assert bursts.said[-1][0] == "disconnect"


@pytest.mark.parametrize(
    "raw",
    [b"\x90\x00", b"\x90\x01\x00", b"\xe0\x01\xff", b"\xf0\x00", b"\xd0\x01\x00", b"\x00\x00"],
)
def test_a_control_packet_that_is_none_ends_the_connection(bursts: Pair, raw: bytes) -> None:
    bursts.broker.sendall(raw + publish(1, b"x"))
    assert bursts.client.loop_read() != OK
    assert bursts.client.socket() is None
    assert bursts.messages() == []


def test_a_release_of_qos_2_is_completed(bursts: Pair) -> None:
    bursts.broker.sendall(b"\x62\x02\x00\x07")
    assert bursts.client.loop_read() == OK
    assert bursts.broker.recv(4096) == b"\x70\x02\x00\x07"


def test_a_ping_says_that_we_are_there(bursts: Pair) -> None:
    bursts.client.ping()
    assert bursts.broker.recv(4096) == b"\xc0\x00"


def test_what_tls_holds_back_is_read_at_once(bursts: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """TLS gives at most a record of 16 KiB at a time; what it has decrypted does not wake the event loop."""
    chunks = [publish(1, b"x"), publish(2, b"y"), publish(3, b"z")]

    class Decrypted:
        def recv(self, _size: int) -> bytes:
            if not chunks:
                raise ssl.SSLWantReadError
            return chunks.pop(0)

        def pending(self) -> int:
            return len(chunks)

    real = bursts.client.socket()
    monkeypatch.setattr(bursts.client, "_sock", Decrypted())
    assert bursts.client.loop_read() == OK
    assert [message.mid for message in bursts.messages()] == [1, 2, 3]
    assert bursts.client.loop_read() == OK
    monkeypatch.setattr(bursts.client, "_sock", real)


def test_a_topic_that_is_not_utf_8_is_delivered_all_the_same(pair: Pair) -> None:
    body = b"\x00\x02\xff\xfe\x00\x01\x00x"
    pair.broker.sendall(bytes([0x32, len(body)]) + body)
    assert pair.client.loop_read() == OK
    assert pair.messages()[0].topic == b"\xff\xfe"
