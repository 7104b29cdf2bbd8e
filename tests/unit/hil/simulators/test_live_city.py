"""Guards the live city: time is an argument, the modem is read through its pseudo-terminal, UDP by a
server in the test. What is heard must be frames of the devices file, each family within seconds."""

import base64
import json
import os
import socket
import termios
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil.simulators.live_city import REPORT_EVERY_S, STATUS_EVERY_S, LiveCity

START = 1_790_010_000.0
ANSWERS = {0: b"\x01", 2: b"\x04"}
"""PUSH_ACK to PUSH_DATA, PULL_ACK to PULL_DATA."""
INIT = b"AT+NWM=0\r\nAT+PRECV=65534\r\n"


class Server:
    """A gateway's two ends: a UDP socket that acknowledges, and a host at the modem's port."""

    def __init__(self, folder: Path) -> None:
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.udp.setblocking(False)
        self.city = LiveCity(
            folder, self.udp.getsockname(), start=START, plain_source="modem", seed=3
        )
        self.pushed: list[tuple[str, bytes]] = []
        """Receiver and PHYPayload."""
        self.stats = 0
        self.lines = b""
        self._port = -1

    def open_modem(self) -> None:
        self._port = os.open(self.city.modem.link, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        os.write(self._port, INIT)
        assert self.city.modem.wait_listening(5)

    def answer_udp(self) -> None:
        while True:
            try:
                datagram, sender = self.udp.recvfrom(65_535)
            except BlockingIOError:
                return
            self.udp.sendto(datagram[:3] + ANSWERS[datagram[3]], sender)
            if datagram[3] == 0:
                body = json.loads(datagram[12:])
                self.stats += "stat" in body
                for packet in body.get("rxpk", []):
                    self.pushed.append((datagram[4:12].hex(), base64.b64decode(packet["data"])))

    def told_by_modem(self) -> list[bytes]:
        """The payloads of all lines so far."""
        try:
            while chunk := os.read(self._port, 65_536):
                self.lines += chunk
        except BlockingIOError:
            pass
        events = [one for one in self.lines.split(b"\r\n")[:-1] if one.startswith(b"+EVT:RXP2P:")]
        return [bytes.fromhex(one.rsplit(b":", 1)[1].decode()) for one in events]

    def run(self, seconds: float, now: float = START) -> None:
        end = now + seconds
        while now < end:
            now = max(now, self.city.step(now))
            self.answer_udp()

    def close(self) -> None:
        self.city.forwarders.close()
        self.udp.close()
        if self._port >= 0:
            os.close(self._port)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    one = Server(tmp_path)
    with one.city.modem:
        yield one
        one.close()


def dev_addrs(server: Server) -> dict[bytes, str]:
    rows = tomllib.loads(server.city.devices_path.read_text())["device"]
    return {bytes.fromhex(row["dev_addr"])[::-1]: row["name"] for row in rows if "dev_addr" in row}


def test_every_device_is_heard_within_seconds_by_its_own_receiver(server: Server) -> None:
    server.open_modem()
    server.run(5.0)
    names = dev_addrs(server)
    by_modem = {names.get(frame[1:5], frame[:3].hex()) for frame in server.told_by_modem()}
    by_udp = {names.get(phy[1:5], "stranger") for _, phy in server.pushed}
    assert by_modem == {"air-01", "cctv-01", "meter-02", "air-03", "cctv-03", "015e0f"}
    assert by_udp - {"stranger"} == {"meter-01", "air-02", "cctv-02", "meter-03"}


def test_a_device_counts_from_zero_even_when_its_receiver_came_up_late(server: Server) -> None:
    server.run(60.0)
    server.open_modem()
    server.run(1.0, START + 60.0)
    first = [frame for frame in server.told_by_modem() if frame[0] == 0x40]
    assert first
    assert {frame[6:8] for frame in first} == {b"\0\0"}


def test_a_second_forwarder_and_a_stranger_are_heard_now_and_then(server: Server) -> None:
    server.open_modem()
    server.run(20 * REPORT_EVERY_S)
    names = dev_addrs(server)
    receivers = {receiver for receiver, _ in server.pushed}
    assert receivers == {"02c17aff00000001", "02c17aff00000002"}
    known = [phy for _, phy in server.pushed if phy[1:5] in names]
    assert len(known) > len(set(known)) > 60
    assert any(phy[1:5] not in names for _, phy in server.pushed)


def test_acknowledgements_and_status_reports_go_on(server: Server) -> None:
    server.open_modem()
    server.run(3 * STATUS_EVERY_S + 1)
    server.city.step(START + 3 * STATUS_EVERY_S + 2)
    assert server.stats >= 6
    assert server.city.forwarders.acknowledged >= len(server.pushed)


def test_speed_makes_reports_more_frequent(tmp_path: Path) -> None:
    server = Server(tmp_path)
    fast = LiveCity(tmp_path, server.udp.getsockname(), start=START, seed=3, speed=10)
    server.city.forwarders.close()
    server.city = fast
    with fast.modem:
        server.open_modem()
        server.run(REPORT_EVERY_S)
        frames = server.told_by_modem()
    server.close()
    assert 30 <= len(frames) <= 70


def test_the_port_is_raw_so_that_no_byte_is_changed(server: Server) -> None:
    server.open_modem()
    flags = termios.tcgetattr(server._port)
    assert not flags[3] & (termios.ECHO | termios.ICANON)


def test_a_second_run_in_the_same_folder_counts_on(server: Server, tmp_path: Path) -> None:
    server.open_modem()
    server.run(3 * REPORT_EVERY_S)
    heard = [phy for _, phy in server.pushed] + server.told_by_modem()
    server.city.save()
    server.pushed.clear()
    address = server.udp.getsockname()
    server.city.forwarders.close()
    server.city = LiveCity(tmp_path, address, start=START + 3600, seed=3)
    server.run(3 * REPORT_EVERY_S, START + 3600)
    names = dev_addrs(server)
    before = {(phy[1:5], phy[6:8]) for phy in heard if phy[1:5] in names}
    after = {(phy[1:5], phy[6:8]) for _, phy in server.pushed if phy[1:5] in names}
    assert before
    assert after
    assert not before & after
