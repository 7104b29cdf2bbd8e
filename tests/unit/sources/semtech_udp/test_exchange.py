"""Guards what each datagram causes: its answer, what is handed over, what is only counted.

A real socket pair on the loopback carries the answers; the intake is a list.
"""

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

import pytest

from gateway.health import Health
from gateway.model import Frame, Heard, Malformed, ReceiverReport, Stamp
from gateway.ports import Receipt
from gateway.sources.semtech_udp.exchange import GATEWAYS_MAX, Exchange, LastPull
from gateway.sources.semtech_udp.senders import Senders
from gateway.sources.semtech_udp.udp_socket import bound

EUI = "0016c001ff10a235"
NOW = Stamp(1_700_000_000_000_000_000, 7, True)
RXPK = b'{"tmst":5,"freq":868.1,"stat":1,"modu":"LORA","datr":"SF7BW125","data":"AQID"}'
PUSH = bytes.fromhex("02a55a00" + EUI) + b'{"rxpk":[' + RXPK + b'],"stat":{"rxnb":1}}'
PULL = bytes.fromhex("02a55b02" + EUI)


class Heap:
    """An intake that keeps what it is given."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.reports: list[ReceiverReport] = []

    def submit(self, heard: Sequence[Heard], receipt: Receipt | None = None) -> None:
        assert heard
        assert receipt is None
        self.heard += heard

    def report(self, report: ReceiverReport) -> None:
        self.reports.append(report)

    async def room(self, *, patient: bool = True) -> None:
        return


class Desk:
    """An exchange with a forwarder's socket at the other end."""

    def __init__(self, port: socket.socket, forwarder: socket.socket, senders: Senders) -> None:
        self.forwarder = forwarder
        self.health = Health("source", "roof")
        self.exchange = Exchange("roof", port, 4096, senders, self.health)
        self.intake = Heap()

    def take(self, datagram: bytes, address: tuple[str, int] | None = None) -> None:
        where = address or self.forwarder.getsockname()
        self.exchange.take(datagram, where, NOW, self.intake)

    def answers(self) -> list[bytes]:
        answers = []
        while True:
            try:
                answers.append(self.forwarder.recv(100))
            except BlockingIOError:
                return answers


DeskMaker = Callable[..., Desk]


@pytest.fixture
def desk_of() -> Iterator[DeskMaker]:
    with (
        closing(bound("127.0.0.1", 0, 65_536)) as port,
        closing(bound("127.0.0.1", 0, 65_536)) as far,
    ):
        yield lambda gateways=(), networks=(): Desk(port, far, Senders(gateways, networks))


@pytest.fixture
def desk(desk_of: DeskMaker) -> Desk:
    return desk_of()


def test_push_data_is_answered_and_handed_over(desk: Desk) -> None:
    desk.take(PUSH)
    assert desk.answers() == [bytes.fromhex("02a55a01")]
    (frame,) = desk.intake.heard
    assert isinstance(frame, Frame)
    assert (frame.source, frame.phy, frame.received) == ("roof", b"\1\2\3", NOW)
    assert (frame.receptions[0].receiver, frame.receptions[0].stamp) == (EUI, "5")
    assert frame.live
    assert not frame.recorded
    assert desk.intake.reports == [ReceiverReport("roof", EUI, NOW, {"rxnb": 1})]
    assert desk.health.counters == {"push_data": 1}
    assert desk.exchange.handed_over == 1


def test_push_data_without_frames_is_answered(desk: Desk) -> None:
    desk.take(PUSH[:12] + b"{}")
    assert desk.answers() == [bytes.fromhex("02a55a01")]
    assert desk.intake.heard == []


def test_push_data_with_broken_json_is_answered_and_kept(desk: Desk) -> None:
    desk.take(PUSH[:-3])
    assert desk.answers() == [bytes.fromhex("02a55a01")]
    (found,) = desk.intake.heard
    assert isinstance(found, Malformed)
    assert found.raw == PUSH[12:-3]


def test_the_door_of_a_gateway_is_that_of_its_last_pull_data(desk: Desk) -> None:
    desk.take(PULL, ("127.0.0.1", 4000))
    desk.take(PUSH, ("127.0.0.1", 4001))
    desk.take(b"\1" + PULL[1:], ("127.0.0.1", 4002))
    assert desk.exchange.last_pull == {EUI: LastPull(("127.0.0.1", 4002), 1, NOW)}
    desk.take(PULL)
    assert desk.answers() == [bytes.fromhex("02a55b04")]


def test_remembered_doors_are_bounded_and_the_oldest_goes_first(desk: Desk) -> None:
    for number in range(GATEWAYS_MAX):
        desk.take(PULL[:4] + number.to_bytes(8, "big"))
    desk.take(PULL[:4] + bytes(8))
    desk.take(PULL)
    assert len(desk.exchange.last_pull) == GATEWAYS_MAX
    assert EUI in desk.exchange.last_pull
    assert "0000000000000000" in desk.exchange.last_pull
    assert "0000000000000001" not in desk.exchange.last_pull


@pytest.mark.parametrize(
    ("datagram", "counter"),
    [
        (b"", "empty"),
        (bytes.fromhex("02a55a05" + EUI), "tx_ack"),
        (bytes.fromhex("02a55a04" + EUI) + b'{"txpk_ack":{"error":"TOO_LATE"}}', "tx_ack"),
        (bytes.fromhex("02a55a01"), "from_server"),
        (bytes.fromhex("02a55a04"), "from_server"),
        (bytes.fromhex("02a55a03") + b'{"txpk":{}}', "from_server"),
    ],
)
def test_what_holds_no_frame_is_only_counted(desk: Desk, datagram: bytes, counter: str) -> None:
    desk.take(datagram)
    assert desk.health.counters == {counter: 1}
    assert desk.answers() == []
    assert desk.intake.heard == []


def test_what_is_no_message_is_kept_and_says_where_it_came_from(desk: Desk) -> None:
    desk.take(b"hello world", ("192.0.2.7", 99))
    assert desk.intake.heard == [
        Malformed(
            "roof",
            b"hello world",
            "datagram from 192.0.2.7:99: protocol version 104, known are 1 and 2",
            NOW,
        )
    ]
    assert desk.health.counters == {"malformed": 1}
    assert desk.answers() == []


def test_of_a_datagram_that_is_too_long_the_beginning_is_kept(desk: Desk) -> None:
    desk.take(PUSH + b" " * 4096)
    (found,) = desk.intake.heard
    assert isinstance(found, Malformed)
    assert found.raw == (PUSH + b" " * 4096)[:4096]
    assert "longer than 4096 bytes" in found.sentence
    assert desk.answers() == []


@pytest.mark.parametrize(
    "datagram", [PUSH, PULL, PUSH[:13], PUSH + b" " * 5000, b"hello", b"\2ab\5" + bytes(8)]
)
def test_a_gateway_that_is_not_listed_is_only_counted(desk_of: DeskMaker, datagram: bytes) -> None:
    desk = desk_of(gateways=["0016c001ff10a236"])
    desk.take(datagram)
    assert desk.health.counters == {"unknown_gateway": 1}
    assert (desk.intake.heard, desk.intake.reports, desk.exchange.last_pull) == ([], [], {})
    assert desk.answers() == []


def test_a_listed_gateway_is_heard_and_what_it_damages_is_kept(desk_of: DeskMaker) -> None:
    desk = desk_of(gateways=[EUI])
    desk.take(PUSH)
    desk.take(PUSH[:13])
    assert desk.health.counters == {"push_data": 1, "malformed": 1}


def test_a_sender_from_elsewhere_is_only_counted(desk_of: DeskMaker) -> None:
    desk = desk_of(networks=["127.0.0.0/8"])
    desk.take(PUSH, ("192.0.2.7", 99))
    desk.take(b"hello", ("192.0.2.7", 99))
    assert desk.health.counters == {"unknown_sender": 2}
    assert desk.intake.heard == []
    desk.take(PUSH)
    assert desk.health.counters["push_data"] == 1


def test_an_answer_that_cannot_be_sent_loses_no_frame(desk: Desk) -> None:
    desk.take(PUSH, ("255.255.255.255", 1700))
    assert desk.health.counters == {"unanswered": 1, "push_data": 1}
    assert len(desk.intake.heard) == 1


def test_what_the_kernel_dropped_is_counted_once(desk_of: DeskMaker) -> None:
    desk = desk_of()
    port = desk.exchange._udp
    for _ in range(2000):
        desk.forwarder.sendto(bytes(200), port.getsockname())
    desk.exchange.count_drops()
    dropped = desk.health.counters["dropped_by_kernel"]
    assert 0 < dropped < 2000
    desk.exchange.count_drops()
    assert desk.health.counters["dropped_by_kernel"] == dropped
