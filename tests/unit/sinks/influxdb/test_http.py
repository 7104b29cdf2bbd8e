"""Guards the HTTP client against what a wire can do: hang-ups, drips, silence, garbage, bad TLS, a stop.

The peer is a script per connection on a loopback socket: what it reads, what it says, when it hangs up.
"""

import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
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


def client(port: int, *, timeout_s: float = 5.0, path: str = "") -> HttpClient:
    return HttpClient(f"http://127.0.0.1:{port}{path}", ca_file=None, timeout_s=timeout_s)


@contextmanager
def closing(made: HttpClient) -> Iterator[HttpClient]:
    try:
        yield made
    finally:
        made.close()
        with pytest.raises((Unavailable, Blocked)):
            made.request("GET", "/ping", {})


def test_a_request_arrives_whole_and_the_answer_comes_back_whole() -> None:
    heard: list[bytes] = []

    def script(sock: socket.socket) -> None:
        heard.append(read_request(sock))
        sock.sendall(b"HTTP/1.1 400 Bad Request\r\nX-Word: a\r\nContent-Length: 4\r\n\r\nno!\n")

    with peer(script) as port, closing(client(port, path="/influx")) as http:
        answer = http.request("POST", "/write?db=x", {"X-Mine": "1"}, b"m v=1\n")
    assert (answer.status, answer.headers["x-word"], answer.body) == (400, "a", b"no!\n")
    head, _, body = heard[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /influx/write?db=x HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{port}".encode() in head
    assert b"X-Mine: 1" in head
    assert body == b"m v=1\n"


def test_a_connection_is_kept_alive() -> None:
    with peer(says(NO_CONTENT, NO_CONTENT, NO_CONTENT)) as port, closing(client(port)) as http:
        for _ in range(3):
            assert http.request("POST", "/write", {}, b"x").status == 204
        assert http.connections == 1


def test_an_idle_connection_that_was_closed_is_opened_anew_without_a_word() -> None:
    with peer(says(NO_CONTENT), says(NO_CONTENT)) as port, closing(client(port)) as http:
        http.request("POST", "/write", {}, b"x")
        assert http.request("POST", "/write", {}, b"x").status == 204
        assert http.connections == 2


def test_a_hang_up_on_a_new_connection_is_an_outage() -> None:
    with peer(says(), says()) as port, closing(client(port)) as http:
        for _ in range(2):
            with pytest.raises(Unavailable):
                http.request("POST", "/write", {}, b"x")


def test_an_answer_that_says_close_is_read_whole_first() -> None:
    last = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n" + b"y" * 100_000
    with peer(says(last), says(NO_CONTENT)) as port, closing(client(port)) as http:
        assert http.request("POST", "/write", {}, b"x").body == b"y" * 100_000
        assert http.request("POST", "/write", {}, b"x").status == 204


def test_a_chunked_answer_is_put_together() -> None:
    chunked = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    with peer(says(chunked, NO_CONTENT)) as port, closing(client(port)) as http:
        assert http.request("GET", "/ping", {}).body == b"abcde"
        assert http.request("GET", "/ping", {}).status == 204
        assert http.connections == 1


def test_a_redirect_is_not_followed() -> None:
    moved = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n"
    with peer(says(moved)) as port, closing(client(port)) as http:
        assert http.request("POST", "/write", {}, b"x").status == 307


@pytest.mark.parametrize(
    "garbage",
    [b"\x16\x03\x01\x00", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\r\n" * 10,
     b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ncut", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200,
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
)  # fmt: skip
def test_what_is_not_an_http_answer_is_an_outage(garbage: bytes) -> None:
    with (
        peer(says(garbage)) as port,
        closing(client(port)) as http,
        pytest.raises(Unavailable),
    ):
        http.request("POST", "/write", {}, b"x")


def test_a_silent_peer_is_given_up_at_the_deadline() -> None:
    release = threading.Event()

    def silent(sock: socket.socket) -> None:
        read_request(sock)
        release.wait(10)

    with peer(silent) as port, closing(client(port, timeout_s=0.2)) as http:
        with pytest.raises(Unavailable, match="in time"):
            http.request("POST", "/write", {}, b"x")
        release.set()


def test_a_dripping_peer_is_given_up_at_the_deadline_too() -> None:
    release = threading.Event()

    def drip(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not release.wait(0.02):
            sock.sendall(b"x")

    with peer(drip) as port, closing(client(port, timeout_s=0.3)) as http:
        begun = time.monotonic()
        with pytest.raises(Unavailable, match="in time"):
            http.request("POST", "/write", {}, b"x")
        assert time.monotonic() - begun < 2.0
        release.set()


def test_a_peer_that_does_not_read_is_given_up_at_the_deadline() -> None:
    release = threading.Event()
    with (
        peer(lambda _: release.wait(10) and None) as port,
        closing(client(port, timeout_s=0.3)) as http,
    ):
        with pytest.raises(Unavailable):
            http.request("POST", "/write", {}, b"x" * 50_000_000)
        release.set()


def test_a_refusal_in_the_middle_of_a_body_is_heard() -> None:
    """As a proxy with a limit does: it answers 413 and hangs up without reading the rest."""
    refused = b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"

    def script(sock: socket.socket) -> None:
        sock.recv(1000)
        sock.sendall(refused)

    with peer(script, says(NO_CONTENT)) as port, closing(client(port)) as http:
        answer = http.request("POST", "/write", {}, b"x" * 20_000_000)
        assert (answer.status, answer.body) == (413, b"no")
        assert http.request("POST", "/write", {}, b"x").status == 204


def test_nobody_listening_is_an_outage() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with closing(client(port)) as http, pytest.raises(Unavailable, match="refused"):
        http.request("GET", "/ping", {})


def test_a_name_that_does_not_exist_is_an_outage() -> None:
    http = HttpClient("http://no-such-host.invalid:8086", ca_file=None, timeout_s=2)
    with closing(http), pytest.raises(Unavailable, match="not resolved"):
        http.request("GET", "/ping", {})


@pytest.mark.parametrize("stage", ["waiting for the answer", "reading the answer"])
def test_closing_from_another_thread_ends_a_request_at_once(stage: str) -> None:
    reached, release = threading.Event(), threading.Event()

    def hold(sock: socket.socket) -> None:
        read_request(sock)
        if stage == "reading the answer":
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        reached.set()
        release.wait(10)

    with peer(hold) as port, ThreadPoolExecutor(1) as pool:
        http = client(port, timeout_s=30)
        pending = pool.submit(http.request, "POST", "/write", {}, b"x")
        assert reached.wait(5)
        begun = time.monotonic()
        http.close()
        with pytest.raises(Unavailable, match="closed"):
            pending.result(5)
        assert time.monotonic() - begun < 2
        release.set()


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test Authority")])
        self.ca_file = folder / "ca.pem"
        self._folder = folder
        certificate = self._sign(self.name, self.key.public_key(), "", (-1, 1), is_ca=True)
        self.ca_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def server_context(self, *, days: tuple[int, int] = (-1, 1)) -> ssl.SSLContext:
        """A server for 127.0.0.1 whose certificate is valid for these days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        certificate = self._sign(name, key.public_key(), "127.0.0.1", days, is_ca=False)
        path = self._folder / "server.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _sign(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        address: str,
        days: tuple[int, int],
        *,
        is_ca: bool,
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        first, last = (now + datetime.timedelta(days=day) for day in days)
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


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


class MachineClock:
    """The right time, and whether anybody vouches for it."""

    boot_id = "b" * 32

    def __init__(self, *, trusted: bool) -> None:
        self.trusted = trusted

    def stamp(self) -> Stamp:
        return Stamp(time.time_ns(), 1, self.trusted)


def tls_client(
    port: int, ca_file: Path | None, host: str = "127.0.0.1", clock: MachineClock | None = None
) -> HttpClient:
    return HttpClient(f"https://{host}:{port}", ca_file=ca_file, timeout_s=5, clock=clock)


def test_tls_with_a_private_authority_works_and_is_kept_alive(authority: Authority) -> None:
    script = says(NO_CONTENT, NO_CONTENT)
    with (
        peer(script, context=authority.server_context()) as port,
        closing(tls_client(port, authority.ca_file)) as http,
    ):
        assert http.request("POST", "/write", {}, b"x" * 100_000).status == 204
        assert http.request("POST", "/write", {}, b"x").status == 204
        assert http.connections == 1


def test_a_certificate_of_a_stranger_blocks(authority: Authority) -> None:
    with (
        peer(says(), context=authority.server_context()) as port,
        closing(tls_client(port, None)) as http,
        pytest.raises(Blocked, match="ca_file"),
    ):
        http.request("GET", "/ping", {})


def test_a_certificate_for_another_host_blocks(authority: Authority) -> None:
    with (
        peer(says(), context=authority.server_context()) as port,
        closing(tls_client(port, authority.ca_file, host="localhost")) as http,
        pytest.raises(Blocked, match="not trusted"),
    ):
        http.request("GET", "/ping", {})


@pytest.mark.parametrize(
    ("days", "trusted", "kind", "says_so"),
    [
        ((1, 2), False, Unavailable, "until the clock of this machine is set"),
        ((-2, -1), False, Unavailable, "until the clock of this machine is set"),
        ((1, 2), True, Unavailable, "certificate that begins later than now"),
        ((-2, -1), True, Blocked, "certificate that has expired"),
    ],
)
def test_a_certificate_outside_its_time_is_the_clock_until_that_is_trusted(
    authority: Authority, days: tuple[int, int], trusted: bool, kind: type[Exception], says_so: str
) -> None:
    with (
        peer(says(), context=authority.server_context(days=days)) as port,
        closing(tls_client(port, authority.ca_file, clock=MachineClock(trusted=trusted))) as http,
        pytest.raises(kind, match=says_so) as caught,
    ):
        http.request("GET", "/ping", {})
    assert trusted or "certificate" not in str(caught.value)


def test_a_server_without_tls_blocks(authority: Authority) -> None:
    refusal = b"HTTP/1.0 400 Bad Request\r\n\r\n"

    def script(sock: socket.socket) -> None:
        sock.recv(4096)
        sock.sendall(refusal)

    with (
        peer(script) as port,
        closing(tls_client(port, authority.ca_file)) as http,
        pytest.raises(Blocked, match="http://"),
    ):
        http.request("GET", "/ping", {})


@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_a_ca_file_that_is_none_blocks(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with closing(tls_client(1, path)) as http, pytest.raises(Blocked, match=r"ca\.pem"):
        http.request("GET", "/ping", {})
