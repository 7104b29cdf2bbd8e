"""Stands between broker and gateway and notes how long each message took to be acknowledged.

    broker --PUBLISH, packet id--> proxy --> gateway      the clock starts
    broker <-----PUBACK, packet id-- proxy <-- gateway    the clock stops

This gateway's PUBACK comes after the COMMIT that holds the message, so this is the latency to the disk.
In a process of its own, so that the publisher's work does not fall into the measured times.

Source: OASIS MQTT 3.1.1 and 5.0, 2.1 (fixed header), 3.3 (PUBLISH), 3.4 (PUBACK).
"""

import asyncio
import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

PUBLISH, PUBACK = 3, 4
STOP_S_MAX = 10.0

Waits = dict[str, list[float]]
"""Seconds, by topic."""


class CommitProxy:
    """The proxy's process; use as a context manager."""

    def __init__(self, broker_port: int) -> None:
        fresh = multiprocessing.get_context(
            "spawn"
        )  # the caller has threads, which a fork would break
        self._pipe, self._far = fresh.Pipe()
        self._process = fresh.Process(target=_serve, args=(broker_port, self._far), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        self._far.close()
        self.port: int = self._pipe.recv()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.join(STOP_S_MAX)
        self._process.close()
        self._pipe.close()

    def waits(self) -> Waits:
        """What was measured so far."""
        self._pipe.send("waits")
        waits: Waits = self._pipe.recv()
        return waits


class Packets:
    """Cuts a stream of MQTT packets; gives each packet's first byte and body."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, chunk: bytes) -> list[tuple[int, bytes]]:
        """The packets that are complete now."""
        self._held += chunk
        held, at, found = self._held, 0, []
        while (cut := _length(held, at + 1)) is not None:
            length, begin = cut
            if len(held) < begin + length:
                break
            found.append((held[at], bytes(held[begin : begin + length])))
            at = begin + length
        del held[:at]
        return found


def _length(data: bytearray, at: int) -> tuple[int, int] | None:
    """Remaining length and where what it counts begins; None when that is still to come."""
    length = 0
    for place in range(4):
        if at + place >= len(data):
            return None
        byte = data[at + place]
        length |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return length, at + place + 1
    raise ValueError("no MQTT: a length of more than four bytes")


class Watch:
    """What is under way, and how long it took."""

    def __init__(self) -> None:
        self.waits: Waits = {}
        self._sent: dict[int, tuple[str, float]] = {}

    def down(self, first: int, body: bytes, now: float) -> None:
        """A packet to the gateway."""
        if first >> 4 == PUBLISH and first & 0b110:
            end = 2 + int.from_bytes(body[:2], "big")
            packet_id = int.from_bytes(body[end : end + 2], "big")
            self._sent[packet_id] = (body[2:end].decode(), now)

    def up(self, first: int, body: bytes, now: float) -> None:
        """A packet to the broker."""
        if first >> 4 == PUBACK:
            sent = self._sent.pop(int.from_bytes(body[:2], "big"), None)
            if sent is not None:
                self.waits.setdefault(sent[0], []).append(now - sent[1])


def _serve(broker_port: int, pipe: Connection) -> None:
    asyncio.run(_relay(broker_port, pipe))


async def _relay(broker_port: int, pipe: Connection) -> None:
    watch = Watch()

    async def accept(near: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        far, far_out = await asyncio.open_connection("127.0.0.1", broker_port)
        await asyncio.gather(_pass_on(far, near_out, watch.down), _pass_on(near, far_out, watch.up))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    pipe.send(server.sockets[0].getsockname()[1])

    def answer() -> None:
        pipe.recv()
        pipe.send(watch.waits)

    asyncio.get_running_loop().add_reader(pipe.fileno(), answer)
    await server.serve_forever()


async def _pass_on(
    source: asyncio.StreamReader,
    target: asyncio.StreamWriter,
    note: Callable[[int, bytes, float], None],
) -> None:
    packets = Packets()
    while chunk := await source.read(65_536):
        now = time.perf_counter()
        target.write(chunk)
        for first, body in packets.feed(chunk):
            note(first, body, now)
    target.close()
