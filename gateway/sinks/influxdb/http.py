"""A small HTTP client for one server: keep-alive, hard time-outs, no redirects, new connection after an error.

http.client is enough: with batches the HTTP library does not matter, and others cost tens of milliseconds
and megabytes to import (docs/decisions/0004). Proxies of the environment are not used.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from gateway.certificate_time import time_fault
from gateway.errors import Blocked, Unavailable
from gateway.ports import Clock
from gateway.sinks.influxdb.answers import Answer
from gateway.sinks.influxdb.deadline import DeadlineSocket

CONNECT_S_MAX = 5.0
ABORT_S_MAX = 0.2
"""How long `close` waits for a request to notice."""
ANSWER_BYTES_MAX = 4_000_000
"""Of an answer's body: version 3 naming each of 5000 lines takes about 1 MB."""


class HttpClient:
    """Requests to one server from one thread; `close` may be called from any other."""

    def __init__(
        self, url: str, *, ca_file: Path | None, timeout_s: float, clock: Clock | None = None
    ) -> None:
        """`clock` is this machine's; without it nobody vouches for it."""
        parts = urlsplit(url)
        self._tls = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._tls else 80)
        self._path = parts.path.rstrip("/")
        self._ca_file = ca_file
        self._timeout_s = timeout_s
        self._clock = clock
        self._connection: http.client.HTTPConnection | None = None
        self._socket: DeadlineSocket | None = None
        self._closed = threading.Event()
        self._busy = threading.Lock()
        """Held during a request."""
        self.connections = 0
        """How many were opened so far."""

    def request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """Send one request and read its whole answer.

        Raises:
            Unavailable: no connection, no whole answer in time, or it was closed meanwhile.
            Blocked: the certificate is not trusted, it does not speak TLS, or ca_file is not usable.
        """
        deadline = time.monotonic() + self._timeout_s
        with self._busy:
            try:
                return self._attempt(method, self._path + target, headers, body, deadline)
            finally:
                if self._closed.is_set():
                    self._drop()

    def close(self) -> None:
        """Give up the request under way, if any, and refuse further ones."""
        self._closed.set()
        if sock := self._socket:
            sock.abort()
        # The request under way, if it has not ended by now, cleans up after itself.
        if self._busy.acquire(timeout=ABORT_S_MAX):
            self._drop()
            self._busy.release()

    def _attempt(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | None,
        deadline: float,
    ) -> Answer:
        for kept_alive in (self._connection is not None, False):
            try:
                return self._exchange(method, target, headers, body, deadline)
            except (OSError, http.client.HTTPException) as exc:
                self._drop()
                # A server may close an idle connection at any time: that says nothing about it.
                if not (kept_alive and _is_hang_up(exc)) or self._closed.is_set():
                    raise self._complaint(exc) from exc
        raise AssertionError("the second attempt returns or raises")

    def _exchange(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | None,
        deadline: float,
    ) -> Answer:
        connection = self._connection or self._connect(deadline)
        if self._socket is not None:
            self._socket.deadline = deadline
        response = _converse(connection, method, target, body, headers)
        content = response.read(ANSWER_BYTES_MAX)
        if response.length and len(content) < ANSWER_BYTES_MAX:
            # Reading with a limit does not say so by itself: half an answer would be judged as a whole.
            raise http.client.IncompleteRead(content, response.length)
        answer = Answer(
            response.status, {name.lower(): value for name, value in response.getheaders()}, content
        )
        if response.will_close or not response.isclosed():
            self._drop()
        return answer

    def _connect(self, deadline: float) -> http.client.HTTPConnection:
        context = self._tls_context() if self._tls else None
        wait_s = max(min(CONNECT_S_MAX, deadline - time.monotonic()), 0.001)
        sock = socket.create_connection((self._host, self._port), timeout=wait_s)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = http.client.HTTPConnection(self._host, self._port)
        if context is not None:
            connection = http.client.HTTPSConnection(self._host, self._port, context=context)
            sock = context.wrap_socket(
                sock, server_hostname=self._host, do_handshake_on_connect=False
            )
        self._socket = DeadlineSocket(sock)
        if self._closed.is_set():
            raise ConnectionAbortedError("closed")
        if isinstance(sock, ssl.SSLSocket):
            sock.settimeout(wait_s)
            sock.do_handshake()
        connection.auto_open = 0
        connection.sock = self._socket
        self._connection = connection
        self.connections += 1
        return connection

    def _tls_context(self) -> ssl.SSLContext:
        # A new one for each connection: a replaced ca_file needs no restart.
        try:
            return ssl.create_default_context(cafile=self._ca_file)
        except OSError as exc:
            raise Blocked(
                f"cannot be checked: ca_file {self._ca_file} is not usable: {exc.strerror or exc}",
                "let ca_file name a PEM file with the authority's certificate",
            ) from exc

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.release()
        self._connection = self._socket = None

    def _complaint(self, exc: OSError | http.client.HTTPException) -> Unavailable | Blocked:
        if self._closed.is_set():
            return Unavailable("was given up: the sink is closed")
        if isinstance(exc, ssl.SSLCertVerificationError):
            return _certificate_complaint(exc, self._clock)
        if isinstance(exc, ssl.SSLError) and exc.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST"):
            return Blocked("does not speak TLS", "write the url with http://, or its TLS port")
        if isinstance(exc, socket.gaierror):
            return Unavailable(f"has a name that is not resolved: {exc.strerror}")
        if isinstance(exc, TimeoutError):
            return Unavailable("gives no answer in time")
        if isinstance(exc, http.client.HTTPException) and not isinstance(exc, OSError):
            return Unavailable(f"answers something that is not HTTP ({type(exc).__name__})")
        return Unavailable(f"is not reached: {exc.strerror or exc or type(exc).__name__}")


def _converse(
    connection: http.client.HTTPConnection,
    method: str,
    target: str,
    body: bytes | None,
    headers: Mapping[str, str],
) -> http.client.HTTPResponse:
    try:
        connection.request(method, target, body, dict(headers))
    except (BrokenPipeError, ConnectionResetError) as exc:
        # A server that takes no more of a body has often said why (413) before it hung up.
        try:
            return connection.getresponse()
        except (OSError, http.client.HTTPException):
            raise exc from None
    return connection.getresponse()


def _is_hang_up(exc: Exception) -> bool:
    return isinstance(exc, ConnectionError | ssl.SSLEOFError | ssl.SSLZeroReturnError)


def _certificate_complaint(
    exc: ssl.SSLCertVerificationError, clock: Clock | None
) -> Unavailable | Blocked:
    of_time = time_fault(exc.verify_code, None if clock is None else clock.stamp())
    if of_time is not None:
        return of_time
    return Blocked(
        f"shows a certificate that is not trusted: {exc.verify_message}",
        "name the authority's certificate in ca_file, and the server as its certificate does in url",
    )
