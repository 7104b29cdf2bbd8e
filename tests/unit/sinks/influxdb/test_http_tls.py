"""Guards what TLS means to whom: certificates of strangers, of others, outside their time; a port without it.

The peer is a real TLS server on loopback with an authority made for the run.
"""

import socket
from pathlib import Path

import pytest

from gateway.errors import Blocked, Unavailable
from gateway.sinks.influxdb.http import HttpClient
from tests.http_peer import NO_CONTENT, Authority, MachineClock, closing, peer, says


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


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
