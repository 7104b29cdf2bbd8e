"""Guards what all modems share: payloads in hex, and the numbering of coding rates."""

import pytest

from gateway.sources.serial_line.modem import RadioSetup, hex_packet
from gateway.sources.serial_line.said import Packet, Unreadable


@pytest.mark.parametrize(
    ("digits", "payload"),
    [(b"", b""), (b"00ff", b"\x00\xff"), (b"aAbB", b"\xaa\xbb"), (b"ff" * 255, b"\xff" * 255)],
)
def test_hex_of_either_case_is_a_payload(digits: bytes, payload: bytes) -> None:
    assert hex_packet(b"said", digits, -7, 1.5) == Packet(payload, -7, 1.5)


@pytest.mark.parametrize("digits", [b"f", b"0x00", b"00 ff", b"g0", b"\xff\xff", b"00" * 256])
def test_everything_else_is_unreadable_and_keeps_the_line(digits: bytes) -> None:
    event = hex_packet(b"said", digits, None, None)
    assert isinstance(event, Unreadable)
    assert event.raw == b"said"


def test_coding_rates_are_numbered_from_one() -> None:
    steps = [
        RadioSetup(frequency_hz=1, spreading_factor=7, bandwidth_hz=1, coding_rate=rate).coding_step
        for rate in ("4/5", "4/6", "4/7", "4/8")
    ]
    assert steps == [1, 2, 3, 4]
