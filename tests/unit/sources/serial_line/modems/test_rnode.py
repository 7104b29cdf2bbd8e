"""Guards RNodes: settings compared with what they say back, the signal before the data, escapes everywhere.

Frames are written out by hand in hex.
"""

from collections.abc import Callable
from typing import Any

from gateway.sources.serial_line.said import Dropped, Packet, Ready, Refusal, Unreadable

EU868 = {"frequency_hz": 868_100_000, "spreading_factor": 7, "bandwidth_hz": 125_000}
DETECT, DETECTED = "C0 08 73 C0", "C0 08 46 C0"
PROMISC, STATE_ON = "C0 0E 01 C0", "C0 06 01 C0"
FREQUENCY = "C0 01 33 BE 27 A0 C0"  # 868,100,000
RADIO = [
    (FREQUENCY, FREQUENCY),
    ("C0 02 00 01 E8 48 C0", "C0 02 00 01 E8 48 C0"),  # 125,000
    ("C0 03 02 C0", "C0 03 02 C0"),
    ("C0 04 07 C0", "C0 04 07 C0"),
    ("C0 05 05 C0", "C0 05 05 C0"),
]


def exchange(modem: Any, turns: list[tuple[str, str]]) -> list[Any]:
    for said, answered in turns:
        assert modem.hears() == bytes.fromhex(said)
        modem.says(bytes.fromhex(answered))
    told: list[Any] = modem.tells()
    return told


def test_it_is_left_alone_for_two_seconds_then_detected_and_set(talk: Callable[..., Any]) -> None:
    board = talk("rnode", **EU868).open()
    opened_at = board.now
    turns = [(DETECT, DETECTED), *RADIO, (PROMISC, PROMISC), (STATE_ON, STATE_ON)]
    assert exchange(board, turns) == [Ready()]
    assert board.now >= opened_at + 2


def test_a_frequency_rounded_by_the_radio_is_taken(talk: Callable[..., Any]) -> None:
    board = talk("rnode", **EU868).open()
    rounded = [(FREQUENCY, "C0 01 33 BE 27 63 C0"), *RADIO[1:]]  # 61 Hz lower
    turns = [(DETECT, DETECTED), *rounded, (PROMISC, PROMISC), (STATE_ON, STATE_ON)]
    assert exchange(board, turns) == [Ready()]


def test_another_value_said_back_is_told(talk: Callable[..., Any]) -> None:
    board = talk("rnode", **EU868).open()
    other = [(FREQUENCY, "C0 01 33 BE 28 A0 C0"), *RADIO[1:]]  # 256 Hz higher
    turns = [(DETECT, DETECTED), *other, (PROMISC, PROMISC), (STATE_ON, STATE_ON)]
    [refusal] = exchange(board, turns)
    assert refusal == Refusal(
        'it answers "01 33 be 28 a0" to "FREQUENCY 868100000"; check the radio settings against what this '
        "board can do"
    )


def test_a_radio_that_stays_off_is_told(talk: Callable[..., Any]) -> None:
    board = talk("rnode").open()
    turns = [(DETECT, DETECTED), (PROMISC, PROMISC), (STATE_ON, "C0 06 00 C0")]
    [refusal] = exchange(board, turns)
    assert isinstance(refusal, Refusal)
    assert "frequency_hz, spreading_factor and bandwidth_hz" in refusal.sentence


def test_an_error_frame_is_told(talk: Callable[..., Any]) -> None:
    board = talk("rnode").open()
    turns = [(DETECT, DETECTED), (PROMISC, PROMISC), (STATE_ON, "C0 90 01 C0")]
    [refusal] = exchange(board, turns)
    assert refusal.sentence.startswith('it answers "90 01" to "RADIO_STATE on"')


def test_the_signal_comes_before_the_data_and_is_used_once(talk: Callable[..., Any]) -> None:
    board = talk("rnode")
    board.says(bytes.fromhex("C0 23 57 C0 C0 24 E3 C0 C0 00 48 69 C0 00 4A C0"))
    assert board.tells() == [Packet(b"Hi", -70, -7.25), Packet(b"J", None, None)]


def test_escapes_are_undone_in_every_frame(talk: Callable[..., Any]) -> None:
    board = talk("rnode")
    board.says(bytes.fromhex("C0 23 DB DC C0 24 DB DD C0 00 DB DC 41 DB DD C0"))
    assert board.tells() == [Packet(b"\xc0A\xdb", 35, -9.25)]


def test_a_boot_makes_it_be_set_up_again(talk: Callable[..., Any]) -> None:
    board = talk("rnode")
    board.says(bytes.fromhex("C0 55 F8 C0"))
    assert board.tells() == [Dropped("boots")]
    assert board.hears() == bytes.fromhex(DETECT)


def test_more_bytes_than_a_packet_has_are_unreadable(talk: Callable[..., Any]) -> None:
    board = talk("rnode")
    board.says(b"\xc0\x00" + bytes(256) + b"\xc0")
    [event] = board.tells()
    assert isinstance(event, Unreadable)


def test_what_it_tells_of_itself_is_counted(talk: Callable[..., Any]) -> None:
    board = talk("rnode")
    board.says(bytes.fromhex("C0 27 02 64 C0 25 00 C0 99 C0"))
    counted = ["other_events", "other_events", "not_understood"]
    assert board.tells() == [Dropped(name) for name in counted]


def test_an_error_at_the_frequency_is_told_and_other_frames_are_no_answer(
    talk: Callable[..., Any],
) -> None:
    board = talk("rnode", **EU868).open()
    failing = [(FREQUENCY, "C0 02 00 00 00 01 C0 90 01 C0"), *RADIO[1:]]
    turns = [(DETECT, DETECTED), *failing, (PROMISC, PROMISC), (STATE_ON, STATE_ON)]
    [other, refusal] = exchange(board, turns)
    assert other == Dropped("not_understood")
    assert refusal.sentence.startswith('it answers "90 01" to "FREQUENCY 868100000"')
