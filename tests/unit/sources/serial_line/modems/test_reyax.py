"""Guards Reyax modules: raw bytes in records, the errors of the radio, and settings in their order."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.sources.serial_line.modem import ModemSettings
from gateway.sources.serial_line.modems.reyax import Reyax
from gateway.sources.serial_line.said import Dropped, Packet, Ready, Refusal, Unreadable

AS923 = {"frequency_hz": 923_200_000, "spreading_factor": 9, "bandwidth_hz": 125_000}


def test_settings_are_said_in_order(talk: Callable[..., Any]) -> None:
    module = talk("reyax", **AS923, coding_rate="4/8", network_id=6, address=120).open()
    assert module.play("""
        > AT
        < +OK
        > AT+MODE=0
        < +OK
        > AT+BAND=923200000
        < +OK
        > AT+PARAMETER=9,7,4,12
        < +OK
        > AT+NETWORKID=6
        < +OK
        > AT+ADDRESS=120
        < +OK
    """) == [Ready()]


def test_an_error_is_told_with_its_number(talk: Callable[..., Any]) -> None:
    [refusal] = (
        talk("reyax", network_id=1)
        .open()
        .play("""
        > AT
        < +OK
        > AT+MODE=0
        < +OK
        > AT+NETWORKID=1
        < +ERR=15
    """)
    )
    assert isinstance(refusal, Refusal)
    assert refusal.sentence.startswith('it answers "+ERR=15" to "AT+NETWORKID=1"')


def test_a_wrong_crc_is_no_answer(talk: Callable[..., Any]) -> None:
    told = (
        talk("reyax")
        .open()
        .play("""
        > AT
        < +ERR=12
        < +OK
        > AT+MODE=0
        < +OK
    """)
    )
    assert told == [Dropped("radio_errors"), Ready()]


def test_a_payload_may_hold_every_byte(talk: Callable[..., Any]) -> None:
    payload = bytes(range(240))
    module = talk("reyax")
    module.says(b"+RCV=65535,240," + payload + b",-120,-20\r\n")
    assert module.tells() == [Packet(payload, -120, -20, 65_535)]


@pytest.mark.parametrize(
    "text", ["+RCV=", "+RCV=1,2,abc,-30,3", "+RCV=1", "+RCV=1,3,abcd,-30,3", "+RCV=1,-3,abc,-30,3"]
)
def test_what_does_not_fit_is_kept_as_unreadable(text: str, talk: Callable[..., Any]) -> None:
    module = talk("reyax")
    module.says(text.encode() + b"\r\n")
    module.pass_time(2)
    [event] = module.tells()
    assert isinstance(event, Unreadable)
    assert event.raw == text.encode()


def test_a_boot_makes_it_be_set_up_again(talk: Callable[..., Any]) -> None:
    module = talk("reyax")
    assert module.play("""
        < +RESET
        < +READY
        > AT
    """) == [Dropped("not_understood"), Dropped("boots")]


def test_a_record_is_checked_again_by_its_reader() -> None:
    for said in (b"+RCV=1", b"+RCV=1,2,abc,-30,3"):
        [event] = Reyax(ModemSettings()).read(said) or ()
        assert isinstance(event, Unreadable)
