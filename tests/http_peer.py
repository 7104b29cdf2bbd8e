"""A peer whose connections are scripts, with TLS of an authority of its own; and a clock, trusted or not."""

import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.errors import Blocked, Unavailable
from gateway.model import Stamp
from gateway.sinks.influxdb.http import HttpClient

Script = Callable[[socket.socket], None]

NO_CONTENT = b"HTTP/1.1 204 No Content\r\nX-Influxdb-Version: 1.8.10\r\n\r\n"


@contextmanager
def peer(*scripts: Script, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Listens on a free port; the n-th connection is served by the n-th script. Gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve() -> None:
            for script in scripts:
                try:
                    plain, _ = listener.accept()
                except OSError:
                    return
                with plain:
                    plain.settimeout(10)
                    try:
                        if context is None:
                            script(plain)
                        else:
                            with context.wrap_socket(plain, server_side=True) as wrapped:
                                script(wrapped)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            thread.join(10)
            assert not thread.is_alive()


def read_request(sock: socket.socket) -> bytes:
    """Head and body of one request; b"" when the client hung up instead."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (chunk := sock.recv(65536)):
            return b""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += sock.recv(65536)
    return head + b"\r\n\r\n" + body


def says(*answers: bytes) -> Script:
    """Answers as many requests on one connection, then hangs up."""

    def script(sock: socket.socket) -> None:
        for answer in answers:
            if not read_request(sock):
                return
            sock.sendall(answer)

    return script


@contextmanager
def closing(made: HttpClient) -> Iterator[HttpClient]:
    try:
        yield made
    finally:
        made.close()
        with pytest.raises((Unavailable, Blocked)):
            made.request("GET", "/ping", {})


_DAY = datetime.timedelta(days=1)


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test Authority")])
        self.ca_file = folder / "ca.pem"
        self._folder = folder
        certificate = self._sign(self.name, self.key.public_key(), "", (-_DAY, _DAY), is_ca=True)
        self.ca_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def server_file(self, first: datetime.timedelta, last: datetime.timedelta) -> Path:
        """Key and certificate of a server for 127.0.0.1, valid between these moments from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        certificate = self._sign(name, key.public_key(), "127.0.0.1", (first, last), is_ca=False)
        path = self._folder / "server.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        return path

    def server_context(self, *, days: tuple[float, float] = (-1, 1)) -> ssl.SSLContext:
        """A server for 127.0.0.1 whose certificate is valid for these days from now."""
        first, last = (datetime.timedelta(days=day) for day in days)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server_file(first, last))
        return context

    def _sign(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        address: str,
        valid: tuple[datetime.timedelta, datetime.timedelta],
        *,
        is_ca: bool,
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        first, last = (now + moment for moment in valid)
        builder = (
            x509.CertificateBuilder(self.name, subject, key, 1 if is_ca else 2, first, last)
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
        )
        if address:
            ip = x509.IPAddress(ipaddress.ip_address(address))
            builder = builder.add_extension(x509.SubjectAlternativeName([ip]), critical=False)
        return builder.sign(self.key, hashes.SHA256())


class MachineClock:
    """The right time, and whether anybody vouches for it."""

    boot_id = "b" * 32

    def __init__(self, *, trusted: bool) -> None:
        self.trusted = trusted

    def stamp(self) -> Stamp:
        return Stamp(time.time_ns(), 1, self.trusted)
