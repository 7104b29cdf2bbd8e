"""Guards what is done with the messages of a read: handed over, acknowledged in order, counted, dated."""

from collections.abc import Sequence
from typing import Any

import pytest

from gateway.health import Health
from gateway.model import Frame, Heard, Malformed, ReceiverReport, Stamp
from gateway.ports import Receipt
from gateway.sources.mqtt import handover
from gateway.sources.mqtt.acknowledgements import Acknowledgements
from gateway.sources.mqtt.config import MqttSection
from gateway.sources.mqtt.handover import MESSAGES_PER_ROOM, SETTLING_NS, Handover
from gateway.sources.mqtt.packets import Publish, acknowledgement
from tests.mqtt_records import json_of, topic_of

FRAME = "mqtt_chirpstack_gateway-43"
STATS = "mqtt_chirpstack_gateway-40"
JOIN = "mqtt_chirpstack_application-03"


class Clock:
    """A clock that is set by hand."""

    boot_id = "test"

    def __init__(self) -> None:
        self.boot_ns = 100 * SETTLING_NS

    def stamp(self) -> Stamp:
        return Stamp(1_700_000_000_000_000_000, self.boot_ns, True)


class Heap:
    """An intake that keeps what it is given."""

    def __init__(self) -> None:
        self.taken: list[tuple[Sequence[Heard], Receipt | None]] = []
        self.reports: list[ReceiverReport] = []
        self.patience: list[bool] = []

    def submit(self, heard: Sequence[Heard], receipt: Receipt | None = None) -> None:
        self.taken.append((heard, receipt))

    def report(self, report: ReceiverReport) -> None:
        self.reports.append(report)

    async def room(self, *, patient: bool = True) -> None:
        self.patience.append(patient)


class Link:
    """What a hand-over uses of a connection, without one."""

    def __init__(self) -> None:
        self.due = Acknowledgements()
        self.sent = b""
        self.halted = 0
        self.waited_for: list[int] = []

    @property
    def unacknowledged(self) -> int:
        return len(self.due)

    def expect(self, message: Publish) -> bytes:
        packet = acknowledgement(message)
        self.due.expect(packet)
        return packet

    def settle(self, packet: bytes) -> None:
        self.sent += self.due.settle(packet)

    def halt(self) -> None:
        self.halted += 1

    async def until_acknowledged(self, but: int) -> None:
        self.waited_for.append(but)


class House:
    """A hand-over with everything around it."""

    def __init__(self, *, session_present: bool = False, **keys: Any) -> None:
        section = MqttSection.model_validate({"client_id": "kk-01", "topics": ["#"], **keys})
        self.clock, self.heap, self.link = Clock(), Heap(), Link()
        self.health = Health("source", "roof")
        self.handover = Handover(section, "roof", self.health, self.heap, self.clock)
        self.handover.begin()
        self.handover.welcomed(session_present=session_present)

    def take(self, *messages: Publish) -> None:
        self.handover.take(self.link, messages)  # type: ignore[arg-type]

    def heard(self) -> list[Heard]:
        return [one for heard, _ in self.heap.taken for one in heard]

    def frames(self) -> list[Frame]:
        return [one for one in self.heard() if isinstance(one, Frame)]


def message(name: str = FRAME, mid: int = 1, qos: int = 1, **flags: bool) -> Publish:
    dup, retain = flags.get("dup", False), flags.get("retain", False)
    return Publish(topic_of(name), json_of(name), mid if qos else 0, qos, dup, retain)


def test_a_frame_is_acknowledged_by_its_receipt_and_not_before() -> None:
    house = House()
    house.take(message())
    ((heard, receipt),) = house.heap.taken
    assert len(heard) == 1
    assert house.link.sent == b""
    assert receipt is not None
    receipt()
    assert house.link.sent == b"\x40\x02\x00\x01"


def test_what_holds_no_frame_is_acknowledged_after_those_before_it() -> None:
    house = House()
    house.take(message(mid=1), message(JOIN, mid=2), message(STATS, mid=3))
    assert house.link.sent == b""
    assert len(house.heap.taken) == 1
    assert [report.receiver for report in house.heap.reports] == ["0102030405060708"]
    assert house.health.counters["other"] == 1
    receipt = house.heap.taken[0][1]
    assert receipt is not None
    receipt()
    assert house.link.sent == b"\x40\x02\x00\x01\x40\x02\x00\x02\x40\x02\x00\x03"


def test_a_message_of_qos_0_has_no_receipt() -> None:
    house = House()
    house.take(message(qos=0), message(JOIN, qos=0))
    assert [receipt for _, receipt in house.heap.taken] == [None]
    assert house.health.counters["qos0"] == 2
    assert house.link.unacknowledged == 0


def test_one_stamp_is_taken_for_all_messages_of_a_read() -> None:
    house = House()
    house.take(message(mid=1), message(mid=2))
    first, second = house.frames()
    assert first.received is second.received


def test_messages_before_the_brokers_welcome_are_not_live() -> None:
    house = House()
    house.handover.begin()
    house.take(message())
    assert not house.frames()[0].live


def test_without_a_session_nothing_can_have_waited() -> None:
    house = House(session_present=False)
    house.take(message())
    assert house.frames()[0].live


def test_with_a_session_messages_may_have_waited_for_a_while() -> None:
    house = House(session_present=True)
    house.take(message(mid=1))
    house.clock.boot_ns += SETTLING_NS
    house.take(message(mid=2))
    assert [frame.live for frame in house.frames()] == [False, True]


def test_what_is_sent_again_or_retained_is_not_live() -> None:
    house = House()
    house.take(message(mid=1, dup=True), message(mid=2, retain=True), message(mid=3))
    assert [frame.live for frame in house.frames()] == [False, False, True]
    assert house.health.counters["sent_again"] == 1
    assert house.health.counters["retained"] == 1


def test_behind_a_full_window_messages_may_have_waited() -> None:
    house = House(receive_maximum=3)
    house.take(*(message(mid=mid) for mid in (1, 2, 3)))
    house.take(message(mid=4))
    house.clock.boot_ns += SETTLING_NS - 1
    house.take(message(JOIN, mid=5))
    assert [frame.live for frame in house.frames()] == [True, True, True, False]


def test_reading_halts_when_the_broker_sends_more_than_it_may() -> None:
    house = House(receive_maximum=3)
    house.take(*(message(mid=mid) for mid in (1, 2, 3)))
    assert house.link.halted == 0
    house.take(message(mid=4))
    assert house.link.halted == 1


@pytest.mark.parametrize(("qos", "patient"), [(1, True), (0, False)])
async def test_reading_halts_now_and_then_to_ask_for_room(qos: int, patient: bool) -> None:
    house = House(receive_maximum=65_535, qos=qos)
    for mid in range(1, MESSAGES_PER_ROOM):
        house.take(message(mid=mid))
    assert house.link.halted == 0
    house.take(message(mid=MESSAGES_PER_ROOM))
    assert house.link.halted == 1
    await house.handover.wait_for_room(house.link)  # type: ignore[arg-type]
    assert house.heap.patience == [patient]
    assert house.link.waited_for == [65_535]
    house.take(message(mid=MESSAGES_PER_ROOM + 1))
    assert house.link.halted == 1


def test_a_message_that_is_too_long_is_kept_by_its_start_and_acknowledged() -> None:
    house = House()
    house.take(Publish(b"a/b", b"{" * 60_000, 7, 1, False, False, cut_from=10_000_000))
    (heard,) = house.heard()
    assert isinstance(heard, Malformed)
    assert len(heard.raw) == 1024
    assert "10000000 bytes" in heard.sentence
    assert "max_packet" in heard.sentence
    assert house.health.counters["oversize"] == 1
    receipt = house.heap.taken[0][1]
    assert receipt is not None
    receipt()
    assert house.link.sent == b"\x40\x02\x00\x07"


def test_after_the_end_nothing_is_taken() -> None:
    house = House()
    house.handover.taking = False
    house.take(message())
    assert house.heap.taken == []
    assert house.link.unacknowledged == 0


@pytest.mark.parametrize(
    ("topics", "asked"),
    [
        (["gateway/+/event/up"], False),
        (["as923/gateway/+/event/up"], True),
        (["eu868/#", "as923/#"], True),
        (["$share/kk/as923/gateway/+/event/up"], True),
    ],
)
def test_a_topic_that_nobody_asked_for_is_taken_and_counted(
    topics: list[str], asked: bool, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(topics=topics)
    for mid in (1, 2, 3):
        house.take(message(mid=mid))
    assert len(house.frames()) == 3
    assert house.health.counters.get("not_in_topics", 0) == (0 if asked else 3)
    assert len(caplog.records) == (0 if asked else 1)


def test_topics_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "_TOPICS_MAX", 3)
    house = House()
    for mid in range(1, 50):
        house.take(Publish(f"t/{mid}".encode(), b"", mid, 1, False, False))
    assert len(house.handover._asked_for) <= 3
