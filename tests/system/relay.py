"""A TCP relay that tests put between the daemon and a server, to watch or to slow down what passes.

    daemon  ->  relay port  ->  upstream(chunk)    ->  server
    daemon  <-  relay port  <-  downstream(chunk)  <-  server

One connection at a time is watched; a new one takes the place of the old. A side that ends ends the other.
"""

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Self
from urllib.parse import urlsplit


class Relay:
    """Listens on a free loopback port from the start of the `with` block on."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self.connections = 0

    @property
    def port(self) -> int:
        """Where the daemon shall connect to."""
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        self._begin(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in tuple(self._open):
            _end(one)
        for thread in self._threads:
            thread.join(10)

    def opened(self) -> None:
        """A connection begins; what is known of the one before is of the past."""

    def upstream(self, chunk: bytes) -> None:
        """These bytes came from the daemon and are about to go to the server."""

    def downstream(self, chunk: bytes) -> None:
        """These bytes came from the server and are about to go to the daemon."""

    def passed_down(self) -> None:
        """The bytes of the last `downstream` have gone to the daemon."""

    def closed_by_daemon(self) -> None:
        """Everything that the daemon sent was seen."""

    def _begin(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._server_port), 5)
            except OSError:  # the server is away, and the daemon shall meet that
                near.close()
                continue
            far.settimeout(None)
            self._open |= {near, far}
            self.connections += 1
            self.opened()
            ups = threading.Thread(target=self._up, args=(near, far), daemon=True)
            downs = threading.Thread(target=self._down, args=(far, near), daemon=True)
            self._begin(self._tidy, (ups, downs), (near, far))

    def _up(self, near: socket.socket, far: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := near.recv(65_536):
                self.upstream(chunk)
                far.sendall(chunk)
        self.closed_by_daemon()
        _end(far)

    def _down(self, far: socket.socket, near: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := far.recv(65_536):
                self.downstream(chunk)
                near.sendall(chunk)
                self.passed_down()
        _end(near)

    def _tidy(
        self, threads: tuple[threading.Thread, ...], sockets: tuple[socket.socket, ...]
    ) -> None:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for one in sockets:
            self._open.discard(one)
            one.close()


def port_of(url: str) -> int:
    """The port of a server's URL."""
    port = urlsplit(url).port
    assert port
    return port


def _end(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
