"""A relay between the daemon and its broker that knows which messages are on their way and not acknowledged.

    PUBLISH  30 | length | topic length 2, topic | packet id 2, at QoS 1 | ...      bit 3 of byte 0 is DUP
    PUBACK   40 | length | packet id 2 | ...

Source: OASIS MQTT 3.1.1 and 5.0, 3.3 and 3.4.
"""

import threading
import time
from collections.abc import Iterator

from tests.system.relay import Relay

PUBLISH, PUBACK = 3, 4
DUP, QOS_1 = 0x08, 0x02


class MqttTap(Relay):
    """What went through since the start, and what is in flight on the connection of now."""

    def __init__(self, broker_port: int) -> None:
        super().__init__(broker_port)
        self.sent_again = 0
        """PUBLISHes with DUP: the broker had no acknowledgement from the connection before."""
        self.acknowledged = 0
        """PUBACKs of the daemon, over all connections."""
        self.acknowledged_here = 0
        """PUBACKs of this connection."""
        self.latencies_s: list[float] = []
        """From each PUBLISH to its PUBACK."""
        self.done = threading.Event()
        """The daemon has closed the connection and all it sent was seen."""
        self._in_flight: dict[bytes, float] = {}
        self._from_broker = PacketCutter()
        self._from_daemon = PacketCutter()

    @property
    def in_flight(self) -> int:
        """Messages of this connection that were sent to the daemon and are not acknowledged."""
        return len(self._in_flight)

    def opened(self) -> None:
        self._in_flight = {}
        self._from_broker, self._from_daemon = PacketCutter(), PacketCutter()
        self.acknowledged_here = 0
        self.done.clear()

    def downstream(self, chunk: bytes) -> None:
        now = time.perf_counter()
        for first, body in self._from_broker.feed(chunk):
            if first >> 4 == PUBLISH and first & QOS_1:
                at = 2 + int.from_bytes(body[:2], "big")
                self._in_flight[body[at : at + 2]] = now
                self.sent_again += bool(first & DUP)

    def upstream(self, chunk: bytes) -> None:
        now = time.perf_counter()
        for first, body in self._from_daemon.feed(chunk):
            if first >> 4 == PUBACK:
                self.latencies_s.append(now - self._in_flight.pop(body[:2]))
                self.acknowledged += 1
                self.acknowledged_here += 1

    def closed_by_daemon(self) -> None:
        self.done.set()


class PacketCutter:
    """Cuts a stream of bytes into MQTT packets."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, chunk: bytes) -> Iterator[tuple[int, bytes]]:
        """(first byte, what follows the length) of each packet that is whole now."""
        self._held += chunk
        while (cut := _length(self._held)) is not None:
            start, end = cut
            packet, self._held = self._held[:end], self._held[end:]
            yield packet[0], packet[start:]


def _length(held: bytes) -> tuple[int, int] | None:
    """Where the first packet's rest begins and ends; None while it is not whole."""
    length = 0
    for place, byte in enumerate(held[1:5]):
        length |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            start = place + 2
            return (start, start + length) if len(held) >= start + length else None
    return None
