"""Guards the HTTP client against what a wire can do: hang-ups, drips, silence, garbage, a stop.

The peer is a script per connection on a loopback socket: what it reads, what it says, when it hangs up.
"""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.errors import Unavailable
from gateway.sinks.influxdb.http import HttpClient
from tests.http_peer import NO_CONTENT, closing, peer, read_request, says


def client(port: int, *, timeout_s: float = 5.0, path: str = "") -> HttpClient:
    return HttpClient(f"http://127.0.0.1:{port}{path}", ca_file=None, timeout_s=timeout_s)


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
