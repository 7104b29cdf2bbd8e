"""Guards the RAK811: the forms of at+recv, told apart by their commas, and its restart during set-up."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.sources.serial_line.said import Dropped, Packet, Ready, Refusal, Unreadable

EU868 = {"frequency_hz": 868_100_000, "spreading_factor": 7, "bandwidth_hz": 125_000}


def test_the_boot_after_the_work_mode_belongs_to_the_answer(talk: Callable[..., Any]) -> None:
    module = talk("rak811", **EU868).open()
    told = module.play("""
        > at+version
        < OK V3.0.0.14.H
        > at+set_config=lora:work_mode:1
        < LoRa work mode:LoRaP2P
        < Welcome to RAK811
        < Initialization OK
        > at+set_config=lorap2p:868100000:7:0:1:8:16
        < OK
        > at+set_config=lorap2p:transfer_mode:1
        < OK
    """)
    assert told == [Dropped("not_understood"), Ready()]


def test_a_boot_at_another_time_makes_it_be_set_up_again(talk: Callable[..., Any]) -> None:
    module = talk("rak811")
    module.play("< Initialization OK")
    assert module.hears() == b"at+version\r\n"


def test_firmware_2_refuses_the_commands_of_firmware_3(talk: Callable[..., Any]) -> None:
    module = talk("rak811", **EU868).open()
    [refusal] = module.play("""
        > at+version
        < OK2.0.3.0
        > at+set_config=lora:work_mode:1
        < ERROR-1
        > at+set_config=lorap2p:868100000:7:0:1:8:16
        < ERROR-1
        > at+set_config=lorap2p:transfer_mode:1
        < ERROR-1
    """)
    assert isinstance(refusal, Refusal)
    assert 'answers "ERROR-1" to "at+set_config=lora:work_mode:1"' in refusal.sentence


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("at+recv=-67,8,3:313233", Packet(b"123", -67, 8, crc="none")),
        ("at+recv=-67,-8,0", Packet(b"", -67, -8, crc="none")),
        ("at+recv=0,0,-67,8,3,313233", Packet(b"123", -67, 8, crc="none")),
        ("at+recv=0,-68,7,0", Dropped("other_events")),
        ("at+recv=2,0,0", Dropped("other_events")),
    ],
)
def test_the_commas_tell_the_forms_apart(
    text: str, event: object, talk: Callable[..., Any]
) -> None:
    assert talk("rak811").play(f"< {text}") == [event]


@pytest.mark.parametrize(
    "text",
    ["at+recv=-67,8,3:3132", "at+recv=-67,8,3:31323x", "at+recv=-67,8", "at+recv=", "at+recv=-67,8,2",
     "at+recv=1,-65,6,2:4865", "at+recv=-67,8,1,2,3,4,5"],
)  # fmt: skip
def test_what_does_not_fit_is_kept_as_unreadable(text: str, talk: Callable[..., Any]) -> None:
    [event] = talk("rak811").play(f"< {text}")
    assert isinstance(event, Unreadable)
    assert event.raw == text.encode()
