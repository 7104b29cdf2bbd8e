"""Guards what the source makes of each event: frames and malformed messages for the intake, health for status.

The port and the waiting are tested on real pseudo-terminals, in tests/integration/test_serial_line_source.py.
"""

from collections.abc import Sequence
from typing import Any

import pytest

from gateway.model import Frame, Heard, Malformed, Radio, ReceiverReport, Reception, Stamp
from gateway.ports import Receipt
from gateway.sources.serial_line.config import SerialLineSection
from gateway.sources.serial_line.said import (
    Dropped,
    Event,
    JsonLine,
    Packet,
    Ready,
    Refusal,
    Silence,
    Unreadable,
)
from gateway.sources.serial_line.source import SerialLineSource

NOW = Stamp(1_764_000_000_000_000_000, 5_000_000_000, True)


class StandingClock:
    boot_id = "test"

    def stamp(self) -> Stamp:
        return NOW


class Heap:
    """Keeps each submission."""

    def __init__(self) -> None:
        self.submissions: list[list[Heard]] = []
        self.reports: list[ReceiverReport] = []

    def submit(self, heard: Sequence[Heard], receipt: Receipt | None = None) -> None:
        assert receipt is None
        self.submissions.append(list(heard))

    def report(self, report: ReceiverReport) -> None:
        self.reports.append(report)

    async def room(self) -> None:
        pass


def source(modem: str = "rak_rui3", **keys: Any) -> SerialLineSource:
    return SerialLineSource(SerialLineSection(port="/dev/modem", modem=modem, **keys), "roof")


def taken(serial_line: SerialLineSource, *events: Event) -> Heap:
    intake = Heap()
    serial_line._take(list(events), intake, StandingClock())
    return intake


def test_a_packet_is_a_frame_with_the_radio_of_the_configuration() -> None:
    serial_line = source(frequency_hz=923_200_000, spreading_factor=9)
    intake = taken(serial_line, Packet(b"\x40\x01", -70, 8.5, address=7))
    assert intake.submissions == [
        [
            Frame(
                source="roof",
                phy=b"\x40\x01",
                radio=Radio(frequency_hz=923_200_000, spreading_factor=9),
                receptions=(Reception("roof", rssi_dbm=-70, snr_db=8.5),),
                received=NOW,
                crc="ok",
                address=7,
            )
        ]
    ]


def test_an_fsk_packet_has_no_spreading_factor() -> None:
    serial_line = source(frequency_hz=868_800_000, spreading_factor=9)
    [[frame]] = taken(serial_line, Packet(b"A", modulation="FSK")).submissions
    assert isinstance(frame, Frame)
    assert frame.radio == Radio(868_800_000, "FSK")


def test_what_one_chunk_held_is_handed_over_at_once_and_in_order() -> None:
    intake = taken(
        source(), Packet(b"A"), Unreadable(b"+EVT:?", "not this"), Packet(b"B", crc="none")
    )
    [heard] = intake.submissions
    assert heard[1] == Malformed("roof", b"+EVT:?", "rak_rui3: not this", NOW)
    assert [(item.phy, item.crc) for item in heard if isinstance(item, Frame)] == [
        (b"A", "ok"),
        (b"B", "none"),
    ]


def test_nothing_is_handed_over_when_nothing_was_heard() -> None:
    serial_line = source()
    assert taken(serial_line, Ready(), Dropped("boots"), Dropped("boots", 2)).submissions == []
    assert serial_line.health.counters == {"boots": 3}


def test_what_a_json_line_says_of_itself_is_reported() -> None:
    intake = taken(source("json_lines"), JsonLine(b'{"stat":{"rxnb":3}}'))
    assert intake.submissions == []
    assert [report.figures for report in intake.reports] == [{"rxnb": 3}]


@pytest.mark.parametrize(
    ("event", "state", "sentence"),
    [
        (Ready(), "up", "rak_rui3 on /dev/modem listens"),
        (Refusal("it answers no"), "blocked", "rak_rui3 on /dev/modem: it answers no"),
        (Silence("it does not answer"), "down", "rak_rui3 on /dev/modem: it does not answer"),
    ],
)
def test_the_state_of_the_modem_is_shown(event: Event, state: str, sentence: str) -> None:
    serial_line = source()
    taken(serial_line, event)
    assert (serial_line.health.state, serial_line.health.sentence) == (state, sentence)


def test_the_promise_is_at_most_once_without_a_window() -> None:
    assert (source().guarantee, source().window, source().name) == ("at most once", 0, "roof")
