"""Guards the simulated forwarder: the bytes of its datagrams, and its counts against a server socket."""

import base64
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from hil.simulators.air import Channel, Hearing
from hil.simulators.packet_forwarder import AHEAD, PacketForwarder, pull_data, push_data, rxpk

EUI = "02c17aff00000001"
HEARD = Hearing(
    at=1_790_000_000.25,
    phy=bytes.fromhex("40f17dbe4900020001954378762b11ff0d"),
    channel=Channel(5, 924_200_000, 9),
    receiver=EUI,
    tmst=3_512_348_611,
    rssi_dbm=-35,
    snr_db=5.25,
)


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        one.settimeout(5)
        yield one


@pytest.fixture
def forwarder(server: socket.socket) -> Iterator[PacketForwarder]:
    one = PacketForwarder(EUI, server.getsockname())
    yield one
    one.close()


def test_a_packet_is_printed_as_the_real_forwarder_prints_it() -> None:
    assert rxpk(HEARD) == (
        '{"jver":1,"tmst":3512348611,"chan":5,"rfch":1,"freq":924.200000,"mid": 5,"stat":1,'
        '"modu":"LORA","datr":"SF9BW125","codr":"4/5","rssis":-35,"lsnr":5.2,"foff":0,"rssi":-35,'
        '"size":17,"data":"QPF9vkkAAgABlUN4disR/w0="}'
    )


def test_with_gps_it_also_has_two_times() -> None:
    packet = json.loads(rxpk(HEARD, gps=True))
    assert packet["time"] == "2026-09-21T14:13:20.250000Z"
    # 1790000000 - 315964800 + 18 leap seconds
    assert packet["tmms"] == 1_474_035_218_250


def test_datagrams_begin_with_version_token_kind_and_eui() -> None:
    assert push_data(0xA1B2, EUI, ["{}"])[:12].hex() == "02a1b200" + EUI
    assert push_data(0xA1B2, EUI, ['{"a":1}', '{"b":2}'])[12:] == b'{"rxpk":[{"a":1},{"b":2}]}'
    assert push_data(1, EUI, [], '{"c":3}')[12:] == b'{"stat":{"c":3}}'
    assert pull_data(0x0102, EUI).hex() == "02010202" + EUI


def test_what_was_heard_is_pushed_eight_to_a_datagram(
    server: socket.socket, forwarder: PacketForwarder
) -> None:
    forwarder.push([HEARD] * 19)
    sizes = [len(json.loads(server.recv(65_535)[12:])["rxpk"]) for _ in range(3)]
    assert sizes == [8, 8, 3]
    assert forwarder.pushed == 3


def test_only_its_own_hearings_are_pushed(
    server: socket.socket, forwarder: PacketForwarder
) -> None:
    other = Hearing(1.0, b"x", HEARD.channel, "02c17aff00000002", 1, -90, 1.0)
    forwarder.push([other, HEARD])
    (packet,) = json.loads(server.recv(65_535)[12:])["rxpk"]
    assert base64.b64decode(packet["data"]) == HEARD.phy


def test_each_acknowledgement_is_counted_once_and_strange_answers_apart(
    server: socket.socket, forwarder: PacketForwarder
) -> None:
    forwarder.push([HEARD] * 9)
    for _ in range(2):
        datagram, sender = server.recvfrom(65_535)
        acknowledgement = b"\x02" + datagram[1:3] + b"\x01"
        server.sendto(acknowledgement, sender)
    assert forwarder.settle()
    server.sendto(acknowledgement, sender)
    server.sendto(b"\x02\xff\xff\x01", sender)
    server.sendto(b"\x01" + datagram[1:3] + b"\x01", sender)
    forwarder.push([HEARD])
    datagram, sender = server.recvfrom(65_535)
    server.sendto(b"\x02" + datagram[1:3] + b"\x01", sender)
    assert forwarder.settle()
    assert (forwarder.pushed, forwarder.acknowledged, forwarder.strange) == (3, 3, 3)


def test_a_whole_scene_is_sent_a_few_datagrams_at_a_time(
    server: socket.socket, forwarder: PacketForwarder
) -> None:
    sizes: list[int] = []

    def serve() -> None:
        for under_way in (AHEAD, AHEAD, 3):
            datagrams = [server.recvfrom(65_535) for _ in range(under_way)]
            server.setblocking(False)
            with pytest.raises(BlockingIOError):
                server.recv(65_535)
            server.settimeout(5)
            for datagram, sender in datagrams:
                sizes.append(len(json.loads(datagram[12:])["rxpk"]))
                server.sendto(b"\x02" + datagram[1:3] + b"\x01", sender)

    with ThreadPoolExecutor(1) as pool:
        serving = pool.submit(serve)
        assert forwarder.push_all([HEARD] * (8 * (2 * AHEAD + 2) + 5))
        serving.result(10)
    assert sizes == [8] * (2 * AHEAD + 2) + [5]


def test_a_scene_is_given_up_when_nobody_acknowledges(forwarder: PacketForwarder) -> None:
    assert not forwarder.push_all([HEARD] * 1000, timeout_s=0.01)
    assert forwarder.pushed == AHEAD


def test_what_is_not_acknowledged_in_time_is_told(forwarder: PacketForwarder) -> None:
    forwarder.push([HEARD])
    assert not forwarder.settle(timeout_s=0.01)
    assert forwarder.acknowledged == 0


def test_the_keepalive_leaves_from_another_socket_and_is_counted(
    server: socket.socket, forwarder: PacketForwarder
) -> None:
    forwarder.push([HEARD])
    _, up = server.recvfrom(65_535)
    forwarder.pull()
    datagram, down = server.recvfrom(65_535)
    assert up != down
    server.sendto(b"\x02" + datagram[1:3] + b"\x04", down)
    server.sendto(b"\x02\x00\x01\x01", up)
    assert forwarder.settle()
    assert forwarder.pull_acknowledged == 1


def test_the_status_counts_since_the_last_one(
    server: socket.socket, forwarder: PacketForwarder
) -> None:
    broken = Hearing(1.0, b"x", HEARD.channel, EUI, 1, -120, -13.0, "bad")
    forwarder.push([HEARD, broken])
    server.recv(65_535)
    stats = []
    for at in (1_790_000_000, 1_790_000_030):
        forwarder.push_status(at)
        stats.append(json.loads(server.recv(65_535)[12:])["stat"])
    assert stats[0]["time"] == "2026-09-21 14:13:20 GMT"
    assert [(stat["rxnb"], stat["rxok"]) for stat in stats] == [(2, 1), (0, 0)]


def test_a_server_that_is_gone_loses_frames_but_stops_nothing() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        address = gone.getsockname()
    forwarder = PacketForwarder(EUI, address)
    for _ in range(3):
        forwarder.push([HEARD])
        forwarder.poll()
    assert (forwarder.pushed, forwarder.acknowledged) == (3, 0)
    forwarder.close()
