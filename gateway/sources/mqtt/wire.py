"""The socket of a paho client in the event loop: read when it is readable, written when it must be, kept alive.

paho writes at once what it can; the rest is written when the socket takes more. Reading can be halted: then the
broker sends until its window or the socket is full, while we still say that we are there.
"""

import asyncio
from collections.abc import Callable

from gateway.sources.mqtt.receiver import Receiver

TICKS_PER_KEEPALIVE = 4
"""How often the silence of the broker is looked at."""


class Wire:
    """Between one client and the event loop. `broke` is called with what the reading raises: a bug."""

    def __init__(
        self, client: Receiver, keepalive_s: float, broke: Callable[[Exception], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._client = client
        self._tick_s = keepalive_s / TICKS_PER_KEEPALIVE
        self._broke = broke
        self._fd: int | None = None
        self._writing = False
        self._ticker: asyncio.TimerHandle | None = None
        self.halted = asyncio.Event()
        """Set while reading is halted."""

    def attach(self) -> bool:
        """Begin to serve the client's socket; False when it has none any more."""
        sock = self._client.socket()
        if sock is None:
            return False
        self._fd = sock.fileno()
        self._loop.add_reader(self._fd, self._read)
        self._tick()
        return True

    def detach(self) -> None:
        """Serve it no longer, and close it."""
        if self._ticker is not None:
            self._ticker.cancel()
        if self._fd is not None:
            self._loop.remove_reader(self._fd)
            self._loop.remove_writer(self._fd)
            self._fd = None
        if sock := self._client.socket():
            sock.close()

    def halt(self) -> None:
        """Read no further until `resume`."""
        if self._fd is not None and not self.halted.is_set():
            self._loop.remove_reader(self._fd)
            self.halted.set()

    def resume(self) -> None:
        """Read again."""
        if self._fd is not None and self.halted.is_set():
            self.halted.clear()
            self._loop.add_reader(self._fd, self._read)
            self._loop.call_soon(self._read)  # what TLS holds already makes no socket readable

    def flush(self) -> None:
        """Write what paho has left, now or as soon as the socket takes it."""
        if self._fd is not None and self._client.want_write():
            self._client.loop_write()
        if self._fd is None:  # the writing found the connection lost
            return
        wanted = self._client.want_write()
        if wanted and not self._writing:
            self._loop.add_writer(self._fd, self.flush)
        elif self._writing and not wanted:
            self._loop.remove_writer(self._fd)
        self._writing = wanted

    def _read(self) -> None:
        if self._fd is None or self.halted.is_set():
            return
        try:
            self._client.loop_read()
        except Exception as bug:
            self._broke(bug)
        self.flush()

    def _tick(self) -> None:
        """Keep the connection alive, or find that it is not."""
        if self._fd is None:
            return
        if self.halted.is_set():
            self._client.ping()  # its answer waits behind what is not read
        else:
            self._client.loop_misc()
        self.flush()
        self._ticker = self._loop.call_later(self._tick_s, self._tick)
