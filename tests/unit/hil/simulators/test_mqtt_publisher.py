"""Guards the load's publisher against a small broker in the test that decides itself what it acknowledges."""

import select
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from hil.simulators.mqtt_publisher import WINDOW, MqttPublisher, encode

CONNECT = bytes.fromhex("101000044d5154540402000000046c6f6164")
CONNACK = b"\x20\x02\x00\x00"
QUIET_S = 0.1


class Broker:
    """Takes one connection and gives it to a function in a thread of its own."""

    def __init__(self, serve: Callable[["Broker"], None]) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listening.getsockname()[1]
        self.connect = b""
        self.packets: list[bytes] = []
        self._serve = serve
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        self.connection, _ = self.listening.accept()
        self.connection.settimeout(10)
        with self.connection:
            self.connect = self.exactly(len(CONNECT))
            self._serve(self)

    def exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            chunk = self.connection.recv(count - len(data))
            assert chunk
            data += chunk
        return data

    def take(self) -> None:
        """Read one packet."""
        head = self.exactly(2)
        length, shift = head[1] & 0x7F, 7
        while head[-1] & 0x80:
            head += self.exactly(1)
            length |= (head[-1] & 0x7F) << shift
            shift += 7
        self.packets.append(head + self.exactly(length))

    def acknowledge(self, packet: bytes) -> None:
        """Answer a packet with the topic "t" and a body under 120 bytes."""
        self.connection.sendall(b"\x40\x02" + packet[5:7])

    @property
    def quiet(self) -> bool:
        """Whether nothing more comes for a moment."""
        return not select.select([self.connection], [], [], QUIET_S)[0]

    def join(self) -> None:
        self._thread.join(10)
        assert not self._thread.is_alive()
        self.listening.close()


@pytest.fixture
def broker_that() -> Iterator[Callable[[Callable[[Broker], None]], Broker]]:
    brokers: list[Broker] = []

    def make(serve: Callable[[Broker], None]) -> Broker:
        brokers.append(Broker(serve))
        return brokers[-1]

    yield make
    for broker in brokers:
        broker.join()


BrokerThat = Callable[[Callable[[Broker], None]], Broker]


def test_packets_are_those_of_mqtt_3_1_1() -> None:
    assert encode("t", [b"body"], 0) == [b"\x30\x07\x00\x01tbody"]
    assert encode("t", [b"a", b"b"], 1) == [
        b"\x32\x06\x00\x01t\x00\x01a",
        b"\x32\x06\x00\x01t\x00\x02b",
    ]
    (long,) = encode("t", [bytes(495)], 1)
    assert long[:3] == bytes([0x32, 500 % 128 | 0x80, 500 // 128])


def test_packet_ids_go_round_without_zero() -> None:
    packets = encode("t", [b""] * 60_001, 1)
    assert packets[59_999][-2:] == (60_000).to_bytes(2, "big")
    assert packets[60_000][-2:] == b"\x00\x01"


@pytest.mark.parametrize("rate", [None, 2000.0])
def test_everything_is_sent_in_order_and_acknowledgements_are_counted(
    broker_that: BrokerThat, rate: float | None
) -> None:
    packets = encode("t", [b"%d" % i for i in range(250)], 1)

    def serve(broker: Broker) -> None:
        broker.connection.sendall(CONNACK)
        for _ in packets:
            broker.take()
            broker.acknowledge(broker.packets[-1])
        broker.take()

    broker = broker_that(serve)
    with MqttPublisher(port=broker.port) as publisher:
        done = publisher.publish(packets, qos=1, rate=rate)
    broker.join()
    assert broker.connect == CONNECT
    assert broker.packets == [*packets, b"\xe0\x00"]
    assert (done.sent, done.acknowledged) == (250, 250)
    assert len(done.stamps) == (250 if rate else 0)


@pytest.mark.parametrize("rate", [None, 1e6])
def test_no_more_than_the_window_is_unacknowledged(
    broker_that: BrokerThat, rate: float | None
) -> None:
    packets = encode("t", [b""] * (WINDOW + 300), 1)
    quiet = []

    def serve(broker: Broker) -> None:
        broker.connection.sendall(CONNACK)
        for _ in range(WINDOW):
            broker.take()
        quiet.append(broker.quiet)
        for packet in broker.packets:
            broker.acknowledge(packet)
        for _ in range(300):
            broker.take()
            broker.acknowledge(broker.packets[-1])

    broker = broker_that(serve)
    with MqttPublisher(port=broker.port) as publisher:
        done = publisher.publish(packets, qos=1, rate=rate)
    assert quiet == [True]
    assert done.acknowledged == WINDOW + 300


def test_a_rate_is_kept(broker_that: BrokerThat) -> None:
    packets = encode("t", [b""] * 50, 0)

    def serve(broker: Broker) -> None:
        broker.connection.sendall(CONNACK)
        for _ in packets:
            broker.take()

    with MqttPublisher(port=broker_that(serve).port) as publisher:
        done = publisher.publish(packets, qos=0, rate=200)
    assert done.stamps[-1] - done.stamps[0] >= 0.24
    assert done.sending_s < 2


def test_a_broker_that_goes_away_leaves_the_count_where_it_was(broker_that: BrokerThat) -> None:
    packets = encode("t", [b""] * 10, 1)

    def serve(broker: Broker) -> None:
        broker.connection.sendall(CONNACK)
        for _ in packets:
            broker.take()
        for packet in broker.packets[:4]:
            broker.acknowledge(packet)

    with MqttPublisher(port=broker_that(serve).port) as publisher:
        done = publisher.publish(packets, qos=1)
    assert (done.sent, done.acknowledged) == (10, 4)


def test_a_refused_connection_is_told(broker_that: BrokerThat) -> None:
    broker = broker_that(lambda broker: broker.connection.sendall(b"\x20\x02\x00\x05"))
    with pytest.raises(ConnectionError, match="20020005"):
        MqttPublisher(port=broker.port)
