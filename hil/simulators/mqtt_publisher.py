"""An MQTT 3.1.1 publisher for loads: packets are encoded before the clock starts, and written as fast as taken.

    CONNECT    10 | length | 00 04 "MQTT" 04 | flags | keepalive 2 | client id [| user name | password]
    PUBLISH    30 or 32 | length | topic | [packet id 2, at QoS 1] | body
    PUBACK     40 02 | packet id 2

At QoS 1 at most `WINDOW` packets are unacknowledged. One socket, one thread that reads the acknowledgements.

Source: OASIS MQTT 3.1.1, 3.1 to 3.4.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

WINDOW = 1000
"""Unacknowledged packets at QoS 1: enough to keep a broker busy, and few enough for its limits."""

CHUNK = 100
"""Packets to one write when no rate is asked for."""

LAST_PACKET_ID = 60_000
"""Ids go round from 1; far above the window, so that none is in use twice."""

PATIENCE_S = 120.0
"""For the last acknowledgements."""

Qos = Literal[0, 1]

_CLEAN_SESSION = 0x02
_USER_AND_PASSWORD = 0xC0


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What came of a run."""

    sent: int
    acknowledged: int
    """At QoS 1; equal to `sent` when the broker took everything."""
    sending_s: float
    """Until the last packet was written."""
    whole_s: float
    """Until the last acknowledgement."""
    stamps: tuple[float, ...]
    """Unix time at which each packet was written, when a rate was asked for."""


def encode(topic: str, bodies: Iterable[bytes], qos: Qos) -> list[bytes]:
    """One PUBLISH packet per body."""
    name = _text(topic)
    packets = []
    for index, body in enumerate(bodies):
        packet_id = (index % LAST_PACKET_ID + 1).to_bytes(2, "big") if qos else b""
        rest = name + packet_id + body
        packets.append(bytes([0x30 | qos << 1]) + _length(len(rest)) + rest)
    return packets


def connected(
    host: str,
    port: int,
    client_id: str,
    user: tuple[str, str] | None = None,
    *,
    clean_session: bool = True,
) -> socket.socket:
    """A connection that the broker has accepted. Without a clean session it gets what waits for this client id.

    Raises:
        ConnectionError: the broker refuses the connection.
    """
    one = socket.create_connection((host, port), PATIENCE_S)
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    flags = (_CLEAN_SESSION if clean_session else 0) | (_USER_AND_PASSWORD if user else 0)
    rest = _text("MQTT") + bytes([4, flags, 0, 0]) + _text(client_id)
    rest += b"".join(map(_text, user or ()))
    one.sendall(b"\x10" + _length(len(rest)) + rest)
    answer = one.recv(4)
    if answer[:2] != b"\x20\x02" or answer[3:] != b"\0":
        one.close()
        raise ConnectionError(f"the broker answered CONNECT with {answer.hex() or 'nothing'}")
    return one


class MqttPublisher:
    """One connection with a clean session, for one run. Use as a context manager.

    Raises:
        ConnectionError: the broker refuses the connection.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 1883,
        client_id: str = "load",
        user: tuple[str, str] | None = None,
    ) -> None:
        """`user` is a name and its password."""
        self._socket = connected(host, port, client_id, user)
        self._acknowledged = 0
        self._change = threading.Condition()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            with contextlib.suppress(OSError):  # a broker that has gone needs no goodbye
                self._socket.sendall(b"\xe0\x00")  # DISCONNECT
        self._socket.close()

    def publish(
        self, packets: Sequence[bytes], *, qos: Qos, rate: float | None = None
    ) -> Published:
        """Send all packets, `rate` a second or as fast as they are taken, and wait for their PUBACKs."""
        reader = threading.Thread(target=self._count, args=(len(packets),), daemon=True)
        if qos:
            reader.start()
        began = time.perf_counter()
        stamps = self._paced(packets, qos, rate) if rate else self._flood(packets, qos)
        sent_at = time.perf_counter()
        if qos:
            reader.join(PATIENCE_S)
        return Published(
            sent=len(packets),
            acknowledged=self._acknowledged,
            sending_s=sent_at - began,
            whole_s=time.perf_counter() - began,
            stamps=tuple(stamps),
        )

    def _flood(self, packets: Sequence[bytes], qos: Qos) -> list[float]:
        for first in range(0, len(packets), CHUNK):
            if qos:
                self._wait_for_room(first + CHUNK)
            self._socket.sendall(b"".join(packets[first : first + CHUNK]))
        return []

    def _paced(self, packets: Sequence[bytes], qos: Qos, rate: float) -> list[float]:
        began = time.perf_counter()
        stamps = []
        for index, packet in enumerate(packets):
            early_s = began + index / rate - time.perf_counter()
            if early_s > 0:
                time.sleep(early_s)
            if qos:
                self._wait_for_room(index + 1)
            stamps.append(time.time())
            self._socket.sendall(packet)
        return stamps

    def _wait_for_room(self, sent: int) -> None:
        """Wait until so many may have been sent."""
        with self._change:
            in_time = self._change.wait_for(lambda: sent - self._acknowledged <= WINDOW, PATIENCE_S)
        if not in_time:
            raise TimeoutError(f"the broker acknowledged nothing for {PATIENCE_S:.0f} s")

    def _count(self, expected: int) -> None:
        """Count PUBACKs: nothing else comes, for nothing is subscribed to."""
        bytes_read = 0
        while self._acknowledged < expected:
            try:
                answers = self._socket.recv(65_536)
            except OSError:
                return
            if not answers:
                return
            bytes_read += len(answers)
            with self._change:
                self._acknowledged = bytes_read // 4
                self._change.notify()


def _text(value: str) -> bytes:
    return len(value.encode()).to_bytes(2, "big") + value.encode()


def _length(length: int) -> bytes:
    """Seven bits to a byte, low ones first."""
    out = bytearray()
    while length > 0x7F:
        out.append(length & 0x7F | 0x80)
        length >>= 7
    out.append(length)
    return bytes(out)
