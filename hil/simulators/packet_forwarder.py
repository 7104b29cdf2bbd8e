"""A Semtech UDP packet forwarder, protocol version 2: it pushes what it hears and counts what is acknowledged.

    PUSH_DATA   02 | token 2 | 00 | gateway EUI 8 | {"rxpk":[...],"stat":{...}}
    PUSH_ACK    02 | token 2 | 01                   the server's answer
    PULL_DATA   02 | token 2 | 02 | gateway EUI 8
    PULL_ACK    02 | token 2 | 04                   the server's answer

The JSON is printed key by key in the order of the real forwarder (sx1302_hal, lora_pkt_fwd.c), spaces
included. PUSH and PULL leave from two sockets, as they do there.

Source: Lora-net sx1302_hal, packet_forwarder/PROTOCOL.md version 1.6.
"""

import base64
import select
import socket
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from hil.simulators.air import Hearing
from hil.simulators.gps_time import gps_seconds

VERSION = 2
PUSH_DATA, PUSH_ACK, PULL_DATA, PULL_ACK = 0, 1, 2, 4

RXPK_PER_DATAGRAM = 8
"""What the real forwarder fetches from its concentrator at once."""

AHEAD = 16
"""Datagrams under way at once: 32 kB, which a socket's receive buffer has room for."""

_CRC_STATUS = {"ok": 1, "bad": -1}


def rxpk(hearing: Hearing, *, gps: bool = False) -> str:
    """One received packet as JSON text; with `gps` also its UTC and GPS time."""
    times = ""
    if gps:
        utc = datetime.fromtimestamp(hearing.at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        times = f'"time":"{utc}","tmms":{int(gps_seconds(hearing.at) * 1000)},'
    channel = hearing.channel
    return (
        f'{{"jver":1,"tmst":{hearing.tmst},{times}"chan":{channel.index},"rfch":{channel.index // 4},'
        f'"freq":{channel.frequency_hz / 1e6:.6f},"mid":{channel.index:2},'
        f'"stat":{_CRC_STATUS[hearing.crc]},"modu":"LORA",'
        f'"datr":"SF{channel.spreading_factor}BW{channel.bandwidth_hz // 1000}","codr":"4/5",'
        f'"rssis":{hearing.rssi_dbm},"lsnr":{hearing.snr_db:.1f},"foff":0,"rssi":{hearing.rssi_dbm},'
        f'"size":{len(hearing.phy)},"data":"{base64.b64encode(hearing.phy).decode()}"}}'
    )


def push_data(token: int, eui: str, rxpks: Sequence[str], stat: str | None = None) -> bytes:
    """A PUSH_DATA datagram with packets, a status report, or both."""
    parts = [f'"rxpk":[{",".join(rxpks)}]'] if rxpks else []
    if stat is not None:
        parts.append(f'"stat":{stat}')
    return _header(token, PUSH_DATA) + bytes.fromhex(eui) + f"{{{','.join(parts)}}}".encode()


def pull_data(token: int, eui: str) -> bytes:
    """A PULL_DATA datagram: the keepalive by which the server knows where downlinks go."""
    return _header(token, PULL_DATA) + bytes.fromhex(eui)


class PacketForwarder:
    """One forwarder on this machine. `poll` takes in what was answered; only `settle` and `push_all` wait."""

    def __init__(self, eui: str, server: tuple[str, int], *, gps: bool = False) -> None:
        self.pushed = 0
        """PUSH_DATA datagrams sent."""
        self.acknowledged = 0
        """PUSH_ACKs that echoed the token of one of them, each counted once."""
        self.pull_acknowledged = 0
        self.strange = 0
        """Datagrams that answer nothing that was sent."""
        self._eui = eui
        self._server = server
        self._gps = gps
        self._token = 0
        self._awaited: set[bytes] = set()
        self._received = self._received_ok = 0
        self._up = _udp_socket()
        self._down = _udp_socket()

    def push(self, hearings: Iterable[Hearing]) -> None:
        """Send what was heard, at most `RXPK_PER_DATAGRAM` to a datagram."""
        waiting = [hearing for hearing in hearings if hearing.receiver == self._eui]
        for first in range(0, len(waiting), RXPK_PER_DATAGRAM):
            some = waiting[first : first + RXPK_PER_DATAGRAM]
            self._received += len(some)
            self._received_ok += sum(hearing.crc == "ok" for hearing in some)
            self._push([rxpk(hearing, gps=self._gps) for hearing in some], None)

    def push_all(self, hearings: Iterable[Hearing], timeout_s: float = 5.0) -> bool:
        """Send a whole scene, never more than `AHEAD` datagrams before their acknowledgements.

        False when some were not acknowledged within the time; nothing is sent after them.
        """
        waiting = [hearing for hearing in hearings if hearing.receiver == self._eui]
        step = AHEAD * RXPK_PER_DATAGRAM
        for first in range(0, len(waiting), step):
            self.push(waiting[first : first + step])
            if not self.settle(timeout_s):
                return False
        return True

    def push_status(self, at: float) -> None:
        """Send the `stat` report of a Unix time; its counters are of the time since the last one."""
        utc = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S GMT")
        share = 100 * self.acknowledged / self.pushed if self.pushed else 0.0
        stat = (
            f'{{"time":"{utc}","rxnb":{self._received},"rxok":{self._received_ok},'
            f'"rxfw":{self._received},"ackr":{share:.1f},"dwnb":0,"txnb":0,"temp":31.5}}'
        )
        self._received = self._received_ok = 0
        self._push([], stat)

    def pull(self) -> None:
        """Send the keepalive."""
        self._down.sendto(pull_data(self._next_token(), self._eui), self._server)

    def poll(self) -> None:
        """Take in every answer that has arrived."""
        for one in (self._up, self._down):
            while (datagram := _received(one)) is not None:
                self._count(datagram)

    def settle(self, timeout_s: float = 5.0) -> bool:
        """Wait until every PUSH_DATA is acknowledged; False when some are not in time."""
        deadline = time.monotonic() + timeout_s
        while self._awaited and (left_s := deadline - time.monotonic()) > 0:
            select.select([self._up], [], [], left_s)
            self.poll()
        return not self._awaited

    def close(self) -> None:
        """Close both sockets."""
        self._up.close()
        self._down.close()

    def _push(self, rxpks: Sequence[str], stat: str | None) -> None:
        datagram = push_data(self._next_token(), self._eui, rxpks, stat)
        self._awaited.add(datagram[1:3])
        self._up.sendto(datagram, self._server)
        self.pushed += 1

    def _next_token(self) -> int:
        self._token = (self._token + 1) & 0xFFFF
        return self._token

    def _count(self, datagram: bytes) -> None:
        token, kind = datagram[1:3], datagram[3:4]
        if datagram[:1] != bytes([VERSION]) or len(datagram) != 4:
            self.strange += 1
        elif kind == bytes([PUSH_ACK]) and token in self._awaited:
            self._awaited.remove(token)
            self.acknowledged += 1
        elif kind == bytes([PULL_ACK]):
            self.pull_acknowledged += 1
        else:
            self.strange += 1


def _header(token: int, kind: int) -> bytes:
    return bytes([VERSION]) + token.to_bytes(2, "big") + bytes([kind])


def _udp_socket() -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setblocking(False)
    return one


def _received(one: socket.socket) -> bytes | None:
    try:
        return one.recv(65_535)
    except BlockingIOError:
        return None
