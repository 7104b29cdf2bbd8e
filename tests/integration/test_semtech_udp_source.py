"""Guards the UDP source on real sockets: every answer, bursts, floods, strangers, both address families,
a port that is taken and given back, and an intake without room.
"""

import asyncio
import json
import logging
import socket
import time
from base64 import b64decode
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path

import pytest

from gateway.model import Frame, Heard, Malformed, ReceiverReport, Stamp
from gateway.ports import Receipt
from gateway.sources.semtech_udp import source as source_module
from gateway.sources.semtech_udp.config import SemtechUdpSection
from gateway.sources.semtech_udp.source import FRAMES_PER_ROOM, SemtechUdpSource

DATA = Path(__file__).parents[1] / "data"
EUI = "0016c001ff10a235"
PATIENCE_S = 10


class MachineClock:
    """This machine's clocks."""

    boot_id = "test"

    def stamp(self) -> Stamp:
        return Stamp(time.time_ns(), time.monotonic_ns(), True)


class Heap:
    """An intake that keeps what it is given, and has room while `open` is set."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.reports: list[ReceiverReport] = []
        self.open = asyncio.Event()
        self.open.set()

    def submit(self, heard: Sequence[Heard], receipt: Receipt | None = None) -> None:
        assert receipt is None
        self.heard += heard

    def report(self, report: ReceiverReport) -> None:
        self.reports.append(report)

    async def room(self, *, patient: bool = True) -> None:
        await self.open.wait()

    def frames(self) -> list[Frame]:
        return [heard for heard in self.heard if isinstance(heard, Frame)]


@asynccontextmanager
async def running(intake: Heap, **keys: object) -> AsyncIterator[SemtechUdpSource]:
    """A source that listens on a port of its own choice; fails the test with what ended it, if anything did."""
    section = SemtechUdpSection.model_validate({"listen": "127.0.0.1:0", **keys})
    source = SemtechUdpSource(section, "roof")
    task = asyncio.create_task(source.run(intake, MachineClock()))
    try:
        await until(lambda: source.address is not None or task.done())
        yield source
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(done: Callable[[], bool]) -> None:
    """Let the loop turn until it is so, at most `PATIENCE_S`."""
    async with asyncio.timeout(PATIENCE_S):
        while not done():
            await asyncio.sleep(0.001)


@contextmanager
def forwarder(
    family: socket.AddressFamily = socket.AF_INET, host: str = "127.0.0.1"
) -> Iterator[socket.socket]:
    with closing(socket.socket(family, socket.SOCK_DGRAM)) as udp:
        udp.bind((host, 0))
        udp.setblocking(False)
        yield udp


async def asked(udp: socket.socket, source: SemtechUdpSource, datagram: bytes) -> bytes:
    """The answer to a datagram."""
    assert source.address
    udp.sendto(datagram, source.address)
    async with asyncio.timeout(PATIENCE_S):
        return await asyncio.get_running_loop().sock_recv(udp, 100)


def push(number: int, eui: str = EUI) -> bytes:
    """A PUSH_DATA whose token and tmst are the number."""
    rxpk = (
        b'{"tmst":%d,"freq":868.1,"stat":1,"modu":"LORA","datr":"SF7BW125","rssi":-50,"data":"AQID"}'
        % number
    )
    return (
        b"\2"
        + (number % 65_536).to_bytes(2, "big")
        + b"\0"
        + bytes.fromhex(eui)
        + b'{"rxpk":['
        + rxpk
        + b"]}"
    )


async def test_every_datagram_of_the_captured_sessions_is_answered_and_its_frames_are_handed_over() -> (
    None
):
    records = [
        json.loads(line) for line in (DATA / "captured_sessions.jsonl").read_text().splitlines()
    ]
    expected: list[tuple[str, str]] = []
    intake = Heap()
    async with running(intake) as source:
        with forwarder() as up:
            for record in records:
                datagram = bytes.fromhex(record.get("datagram_hex", ""))
                if record["type"] in ("PUSH_DATA", "PULL_DATA"):
                    kind = b"\1" if record["type"] == "PUSH_DATA" else b"\4"
                    assert await asked(up, source, datagram) == datagram[:3] + kind
                    rxpks = record.get("json", {}).get("rxpk", [])
                    expected += [(rxpk["data"], str(rxpk["tmst"])) for rxpk in rxpks]
                elif datagram:
                    assert source.address
                    up.sendto(datagram, source.address)
            await until(lambda: source.health.counters.get("tx_ack") == 58)
            assert source.last_pull["647fdafffe007417"].address == up.getsockname()
        counters = source.health.counters
    heard = [(frame.phy, frame.receptions[0].stamp) for frame in intake.frames()]
    assert heard == [(b64decode(data), tmst) for data, tmst in expected]
    assert len(intake.heard) == len(heard)
    assert len(intake.reports) == 30
    assert counters == {"push_data": 177, "pull_data": 92, "tx_ack": 58}


async def test_a_burst_of_5000_datagrams_is_answered_one_by_one_and_nothing_is_lost() -> None:
    intake = Heap()
    async with running(intake) as source:
        with forwarder() as up:
            waiting: deque[bytes] = deque()
            for number in range(5000):
                assert source.address
                up.sendto(push(number), source.address)
                waiting.append(b"\2" + number.to_bytes(2, "big") + b"\1")
                while len(waiting) > 128 or (number == 4999 and waiting):
                    async with asyncio.timeout(PATIENCE_S):
                        answer = await asyncio.get_running_loop().sock_recv(up, 100)
                    assert answer == waiting.popleft()
        assert source.health.counters == {"push_data": 5000}
    assert [frame.receptions[0].stamp for frame in intake.frames()] == [str(n) for n in range(5000)]
    stamps = [frame.received.wall_ns for frame in intake.frames()]
    assert stamps == sorted(stamps)


async def test_a_flood_beyond_the_buffer_is_counted_to_the_datagram() -> None:
    intake = Heap()
    async with running(intake, receive_buffer="64 KiB") as source:
        with forwarder() as up:
            for number in range(5000):  # the loop does not turn meanwhile, so the buffer runs over
                assert source.address
                up.sendto(push(number), source.address)
            counters = source.health.counters
            assert source.address
            await until(lambda: len(intake.heard) > 0)
            await asked_pull(up, source)
            dropped = counters["dropped_by_kernel"]
    assert dropped > 0
    assert len(intake.heard) + dropped == 5000


async def asked_pull(up: socket.socket, source: SemtechUdpSource) -> None:
    """Ask until PULL_ACK comes, through the answers to what was sent before."""
    pull = bytes.fromhex("02a55b02" + EUI)
    answer = await asked(up, source, pull)
    async with asyncio.timeout(PATIENCE_S):
        while answer[3] != 4:
            answer = await asyncio.get_running_loop().sock_recv(up, 100)


async def test_forged_gateways_are_not_answered_and_leave_nothing_behind() -> None:
    intake = Heap()
    async with running(intake, allow_gateways=[EUI]) as source:
        with forwarder() as up:
            assert source.address
            for number in range(300):
                up.sendto(push(number, eui=f"{number:016x}"), source.address)
                up.sendto(b"\2ab\2" + number.to_bytes(8, "big"), source.address)
            assert await asked(up, source, push(7)) == b"\2\0\7\1"
            assert source.health.counters == {"unknown_gateway": 600, "push_data": 1}
            assert source.last_pull == {}
    assert [frame.receptions[0].receiver for frame in intake.frames()] == [EUI]


async def test_a_sender_of_another_network_is_not_answered() -> None:
    intake = Heap()
    async with running(intake, allow_networks=["127.0.0.1/32"]) as source:
        with forwarder(host="127.0.0.2") as stranger, forwarder() as up:
            assert source.address
            stranger.sendto(push(1), source.address)
            assert await asked(up, source, push(2)) == b"\2\0\2\1"
            with pytest.raises(BlockingIOError):
                stranger.recv(100)
        assert source.health.counters == {"unknown_sender": 1, "push_data": 1}


async def test_the_longest_datagram_udp_can_carry_is_refused_and_the_next_is_heard() -> None:
    intake = Heap()
    async with running(intake) as source:
        with forwarder() as up:
            assert source.address
            up.sendto(push(1) + b" " * (65_507 - len(push(1))), source.address)
            up.sendto(b"", source.address)
            up.sendto(b"\xff" * 2000, source.address)
            assert await asked(up, source, push(2)) == b"\2\0\2\1"
        assert source.health.counters == {"malformed": 2, "empty": 1, "push_data": 1}
    long, wrong, good = intake.heard
    assert isinstance(long, Malformed)
    assert long.raw == (push(1) + b" " * 4096)[:4096]
    assert isinstance(wrong, Malformed)
    assert wrong.raw == b"\xff" * 2000
    assert isinstance(good, Frame)


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
async def test_ipv6_is_heard_and_its_wildcard_hears_ipv4_too() -> None:
    intake = Heap()
    async with running(intake, listen="[::1]:0") as source:
        with forwarder(socket.AF_INET6, "::1") as up:
            assert await asked(up, source, push(1)) == b"\2\0\1\1"
            assert source.health.sentence.startswith("listening on [::1]:")
    async with running(intake, listen="[::]:0", allow_networks=["127.0.0.0/8"]) as source:
        assert source.address
        with forwarder() as up:
            up.sendto(push(2), ("127.0.0.1", source.address[1]))
            async with asyncio.timeout(PATIENCE_S):
                assert await asyncio.get_running_loop().sock_recv(up, 100) == b"\2\0\2\1"
    assert len(intake.heard) == 2


async def test_a_taken_port_is_tried_again_until_it_is_free(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(source_module, "RETRY_FIRST_S", 0.01)
    with forwarder() as other:
        listen = f"127.0.0.1:{other.getsockname()[1]}"
        source = SemtechUdpSource(SemtechUdpSection(listen=listen), "roof")
        task = asyncio.create_task(source.run(Heap(), MachineClock()))
        await until(lambda: source.health.state == "down")
        assert source.health.sentence.startswith(
            f"cannot listen on {listen}: Address already in use"
        )
        assert source.address is None
    await until(lambda: source.health.state == "up")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert source.address is None
    with forwarder() as up:  # the port is free again
        assert up.fileno() > 0
    down = [record for record in caplog.records if "down" in record.getMessage()]
    assert len(down) == 1


async def test_close_may_be_called_twice_and_before_anything_was_open() -> None:
    source = SemtechUdpSource(SemtechUdpSection(), "roof")
    await source.close()
    await source.close()
    assert source.last_pull == {}
    assert (source.guarantee, source.window) == ("at most once", 0)


async def test_without_room_it_stops_reading_and_goes_on_when_there_is_some() -> None:
    intake = Heap()
    intake.open.clear()
    async with running(intake) as source:
        with forwarder() as up:
            assert source.address
            for number in range(FRAMES_PER_ROOM + 200):
                up.sendto(push(number), source.address)
            await until(lambda: len(intake.heard) >= FRAMES_PER_ROOM)
            for _ in range(20):
                await asyncio.sleep(0)
            assert len(intake.heard) == FRAMES_PER_ROOM
            intake.open.set()
            await until(lambda: len(intake.heard) == FRAMES_PER_ROOM + 200)
    assert "dropped_by_kernel" not in source.health.counters


async def test_listening_to_all_is_said_once_and_a_list_silences_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    everywhere = "0.0.0.0:0"
    async with running(Heap(), listen=everywhere, allow_gateways=[EUI]):
        assert "open_to_all" not in caplog.text
    async with running(Heap()):
        assert "open_to_all" not in caplog.text
    async with running(Heap(), listen=everywhere):
        assert caplog.text.count("open_to_all") == 1


async def test_a_bug_ends_the_source_instead_of_being_logged_away() -> None:
    class Broken(Heap):
        def submit(self, heard: Sequence[Heard], receipt: Receipt | None = None) -> None:
            raise ZeroDivisionError(heard, receipt)

    source = SemtechUdpSource(SemtechUdpSection(listen="127.0.0.1:0"), "roof")
    task: Awaitable[None] = asyncio.create_task(source.run(Broken(), MachineClock()))
    await until(lambda: source.address is not None)
    with forwarder() as up:
        assert source.address
        up.sendto(push(1), source.address)
        with pytest.raises(ZeroDivisionError):
            await task
    assert source.address is None
