"""HTTP on a port: reads requests, keeps connections alive, carries faults out on the wire."""

import gzip
import socket
import threading
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

from hil.simulators.influxdb_server.exchange import Reply, Request, json_reply
from hil.simulators.influxdb_server.faults import Fault

IDLE_S_MAX = 60.0


class Listener(ThreadingHTTPServer):
    """Serves in threads from construction until `stop`."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(
        self,
        host: str,
        port: int,
        fault_for: Callable[[Request], Fault | None],
        carry_out: Callable[[Request], Reply],
    ) -> None:
        super().__init__((host, port), _Handler)
        self.fault_for = fault_for
        self.carry_out = carry_out
        self.stopping = threading.Event()
        self.port: int = self.socket.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port and all connections."""
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        self.server_close()
        for connection in list(self._open):
            _shut(connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, so that `stop` can end it."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that goes away is part of the play."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S_MAX
    disable_nagle_algorithm = True

    @property
    def _listener(self) -> Listener:
        return cast("Listener", self.server)

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        """Silent: what came in is kept in `InfluxdbServer.requests`."""

    def _serve(self) -> None:
        request, complaint = self._read()
        fault = self._listener.fault_for(request) or Fault(writes=True)
        reply = complaint
        if fault.writes and reply is None:
            reply = self._listener.carry_out(request)
        reply = fault.reply or reply
        if fault.delay_s and self._listener.stopping.wait(fault.delay_s):
            reply = None
        if fault.hangs_up or reply is None:
            self.close_connection = True
            _shut(self.connection)
            return
        request.status = reply.status
        self._answer(reply, fault.drip_s)

    def _read(self) -> tuple[Request, Reply | None]:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        complaint = None
        if headers.get("content-encoding") == "gzip":
            try:
                body = gzip.decompress(body)
            except (OSError, EOFError, zlib.error):
                complaint = json_reply(400, {"code": "invalid", "message": "unexpected EOF"})
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        return Request(self.command, parts.path, query, headers, body), complaint

    def _answer(self, reply: Reply, drip_s: float) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(reply.body)))
        if not drip_s:
            self.end_headers()
            self.wfile.write(reply.body)
            return
        self.send_header("Connection", "close")
        self.end_headers()
        for byte in reply.body:
            if self._listener.stopping.wait(drip_s):
                return
            self.wfile.write(bytes([byte]))


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
