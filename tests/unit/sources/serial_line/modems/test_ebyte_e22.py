"""Guards transparent modules: packets between pauses, with and without the byte of RSSI."""

from collections.abc import Callable
from typing import Any

from gateway.sources.serial_line.said import Packet, Ready


def test_nothing_is_said_to_it(talk: Callable[..., Any]) -> None:
    module = talk("ebyte_e22").open()
    assert module.tells() == [Ready()]
    assert module.hears() == b""


def test_the_byte_of_rssi_is_taken_off(talk: Callable[..., Any]) -> None:
    module = talk("ebyte_e22", rssi_byte="appended")
    module.says(bytes.fromhex("48656c6c6fd9"))
    module.pass_time(1)
    assert module.tells() == [Packet(b"Hello", -39, crc="none")]


def test_without_it_every_byte_is_payload(talk: Callable[..., Any]) -> None:
    module = talk("ebyte_e22")
    module.says(bytes.fromhex("48656c6c6fd9"))
    module.pass_time(1)
    assert module.tells() == [Packet(b"Hello\xd9", crc="none")]


def test_the_pause_is_as_long_as_configured(talk: Callable[..., Any]) -> None:
    module = talk("ebyte_e22", idle_gap="1 s")
    module.says(b"one ")
    module.pass_time(0.9)
    module.says(b"packet")
    module.pass_time(0.9)
    assert module.tells() == []
    module.pass_time(0.2)
    assert module.tells() == [Packet(b"one packet", crc="none")]


def test_a_byte_of_rssi_alone_is_an_empty_packet(talk: Callable[..., Any]) -> None:
    module = talk("ebyte_e22", rssi_byte="appended")
    module.says(b"\x80")
    module.pass_time(1)
    assert module.tells() == [Packet(b"", -128, crc="none")]
