"""Guards the socket: bound where it should be, never blocking, and honest about what was dropped."""

import socket
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from gateway.sources.semtech_udp.udp_socket import bound, drops, text


@pytest.fixture
def udp() -> Iterator[socket.socket]:
    with closing(bound("127.0.0.1", 0, 65_536)) as open_socket:
        yield open_socket


def test_it_never_blocks_and_gets_a_port(udp: socket.socket) -> None:
    assert udp.getsockname()[1] > 0
    with pytest.raises(BlockingIOError):
        udp.recvfrom(10)


def test_a_taken_address_is_an_os_error_and_leaves_nothing_open(udp: socket.socket) -> None:
    with pytest.raises(OSError, match="in use"):
        bound("127.0.0.1", udp.getsockname()[1], 65_536)


def test_an_address_of_another_machine_is_an_os_error() -> None:
    with pytest.raises(OSError, match="assign"):
        bound("192.0.2.1", 0, 65_536)


def test_what_finds_the_buffer_full_is_counted_to_the_datagram(udp: socket.socket) -> None:
    assert drops(udp) == 0
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sender:
        for _ in range(2000):
            sender.sendto(bytes(200), udp.getsockname())
    taken = 0
    with suppress(BlockingIOError):
        while udp.recvfrom(300):
            taken += 1
    assert 0 < taken < 2000
    assert taken + drops(udp) == 2000


def test_a_closed_socket_has_no_drops_to_tell(udp: socket.socket) -> None:
    udp.close()
    assert drops(udp) == 0


def test_an_address_is_written_as_in_the_config() -> None:
    assert text(("127.0.0.1", 1700)) == "127.0.0.1:1700"
    assert text(("::1", 1700)) == "[::1]:1700"
