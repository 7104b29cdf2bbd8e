"""A socket whose sends and receives all end by one moment, so that a slow drip cannot hold a thread."""

import io
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class DeadlineSocket:
    """What http.client needs of a socket: `sendall`, `makefile` and `close`."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.deadline = 0.0
        """By time.monotonic(); set before each request."""

    def sendall(self, data: bytes) -> None:
        """Send everything, or raise TimeoutError at the deadline."""
        # Since Python 3.5 the time-out of sendall is for all of it, not for each piece.
        self._sock.settimeout(self._left_s())
        self._sock.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """A reader that raises TimeoutError at the deadline."""
        return io.BufferedReader(_Reader(self))

    def receive_into(self, buffer: "WriteableBuffer") -> int:
        """Receive what there is."""
        self._sock.settimeout(self._left_s())
        return self._sock.recv_into(buffer)

    def close(self) -> None:
        """Nothing: http.client closes on `Connection: close` before the body is read."""

    def abort(self) -> None:
        """End a send or receive under way in another thread."""
        # Not SSLSocket.shutdown, which takes the TLS object from under the other thread.
        with suppress(OSError):
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    def release(self) -> None:
        """Close it."""
        self._sock.close()

    def _left_s(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left


class _Reader(io.RawIOBase):
    def __init__(self, sock: DeadlineSocket) -> None:
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        return self._sock.receive_into(buffer)
