"""A TCP proxy that can be told to be any of the networks and servers that nobody wants.

pass        bytes go through
refuse      nobody listens
rst         connections are reset as soon as they come
blackhole   connections are taken, nothing passes, and those of before are dead when it is over
slow        each piece waits for most of a second
cut         the request goes through, the answer is lost and the connection with it
500 ...     the proxy itself answers so, as a server or a proxy before it would, and asks nobody
"""

import asyncio
import contextlib
import socket
import struct

PIECE_BYTES = 65_536
SLOW_S = 0.7
REQUEST_BYTES_MAX = 64 * 1024 * 1024

_RESET = struct.pack("ii", 1, 0)
_ANSWERS = {
    "500": ("Internal Server Error", b'{"error":"engine: cache-max-memory-size exceeded"}'),
    "503": ("Service Unavailable", b"<html>try again</html>"),
    "401": ("Unauthorized", b'{"error":"authorization failed"}'),
    "404": ("Not Found", b'{"error":"database not found: \\"soak\\""}'),
    "429": ("Too Many Requests", b""),
}


class FaultProxy:
    """Listens on one loopback port for as long as the program runs."""

    def __init__(self, server_port: int) -> None:
        self.port = 0
        self.mode = "pass"
        self._server_port = server_port
        self._server: asyncio.Server | None = None
        self._calm = asyncio.Event()
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Listen, on the same port each time."""
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        self._calm.set()

    async def stop(self) -> None:
        """Listen no more, and end what is open."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._reset_all()

    async def become(self, mode: str) -> None:
        """Change at once, for connections that are open too."""
        before, self.mode = self.mode, mode
        if mode == "blackhole":
            self._calm.clear()
            return
        if before != "slow" and mode != "slow":
            self._reset_all()
        self._calm.set()
        if mode == "refuse":
            await self.stop()
        elif self._server is None:
            await self.start()

    def _reset_all(self) -> None:
        for writer in tuple(self._open):
            _reset(writer)

    async def _take(self, near_in: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        self._open.add(near)
        far: asyncio.StreamWriter | None = None
        try:
            await self._calm.wait()
            if self.mode == "rst":
                return
            if self.mode in _ANSWERS:
                await _answer(near_in, near, self.mode)
                return
            far_in, far = await asyncio.open_connection("127.0.0.1", self._server_port)
            self._open.add(far)
            await self._relay(near_in, near, far_in, far)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            for writer in (near, far):
                if writer is not None:
                    self._open.discard(writer)
                    _reset(writer)

    async def _relay(
        self,
        near_in: asyncio.StreamReader,
        near: asyncio.StreamWriter,
        far_in: asyncio.StreamReader,
        far: asyncio.StreamWriter,
    ) -> None:
        """Both ways until one side ends."""
        tasks = [
            asyncio.create_task(self._pump(near_in, far, answers=False)),
            asyncio.create_task(self._pump(far_in, near, answers=True)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        while piece := await source.read(PIECE_BYTES):
            await self._calm.wait()
            if self.mode == "cut" and answers:
                return
            if self.mode == "slow":
                await asyncio.sleep(SLOW_S)
            sink.write(piece)
            await sink.drain()


async def _answer(source: asyncio.StreamReader, sink: asyncio.StreamWriter, code: str) -> None:
    """Read one request and answer it."""
    head = await source.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").lower().split("\r\n")
    length = next((int(line[15:]) for line in lines if line.startswith("content-length:")), 0)
    await source.readexactly(min(length, REQUEST_BYTES_MAX))
    reason, body = _ANSWERS[code]
    sink.write(
        f"HTTP/1.1 {code} {reason}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
        + body
    )
    await sink.drain()
    sink.write_eof()
    await asyncio.sleep(0.1)  # a reset would overtake the answer


def _reset(writer: asyncio.StreamWriter) -> None:
    one: socket.socket | None = writer.get_extra_info("socket")
    if one is not None and one.fileno() >= 0:
        with contextlib.suppress(OSError):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
