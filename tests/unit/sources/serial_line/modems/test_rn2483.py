"""Guards the RN2483: one packet per `radio rx 0`, its signal asked for in between, and never deaf for long."""

from collections.abc import Callable
from typing import Any

from gateway.sources.serial_line.said import Dropped, Packet, Ready, Refusal, Unreadable

EU868 = {"frequency_hz": 868_100_000, "spreading_factor": 7, "bandwidth_hz": 125_000}
VERSION = "RN2483 1.0.5 Oct 31 2018 15:06:52"


def test_it_is_taken_from_the_lorawan_stack_and_made_to_listen(talk: Callable[..., Any]) -> None:
    assert talk("rn2483").open().play(f"""
        > sys get ver
        < {VERSION}
        > radio rxstop
        < ok
        > mac pause
        < 4294967245
        > radio set wdt 0
        < ok
        > radio rx 0
        < ok
    """) == [Ready()]


def test_firmware_without_rxstop_is_reset_when_its_radio_is_set(talk: Callable[..., Any]) -> None:
    module = talk("rn2483", **EU868).open()
    module.play("""
        > sys get ver
        < RN2483 1.0.1 Dec 15 2015 09:38:09
        > radio rxstop
        < invalid_param
        > sys reset
        < RN2483 1.0.1 Dec 15 2015 09:38:09
        > mac pause
        < 4294967245
        > radio set mod lora
        < ok
    """)


def test_a_packet_is_told_with_its_signal_and_the_modem_listens_again(
    talk: Callable[..., Any],
) -> None:
    module = talk("rn2483")
    assert module.play("< radio_rx  48656C6C6F") == []
    assert module.play("""
        > radio get snr
        < -11
        > radio get rssi
        < -97
        > radio rx 0
        < ok
    """) == [Packet(b"Hello", -97, -11), Ready()]


def test_older_firmware_does_not_know_the_rssi(talk: Callable[..., Any]) -> None:
    assert talk("rn2483").play("""
        < radio_rx 4865
        > radio get snr
        < 9
        > radio get rssi
        < invalid_param
        > radio rx 0
        < ok
    """) == [Packet(b"He", None, 9), Ready()]


def test_a_signal_that_is_not_answered_costs_the_signal_only(talk: Callable[..., Any]) -> None:
    module = talk("rn2483")
    module.says(b"radio_rx  4865\r\n")
    assert [module.hears() for _ in range(4)] == [b"radio get snr\r\n"] * 2 + [
        b"radio get rssi\r\n"
    ] * 2
    assert module.play("""
        > radio rx 0
        < ok
    """) == [Packet(b"He", None, None), Ready()]


def test_an_error_of_the_radio_makes_it_listen_again(talk: Callable[..., Any]) -> None:
    assert talk("rn2483").play("""
        < radio_err
        > radio rx 0
        < ok
    """) == [Dropped("radio_errors"), Ready()]


def test_a_payload_that_cannot_be_read_makes_it_listen_again(talk: Callable[..., Any]) -> None:
    module = talk("rn2483")
    [event] = module.play("< radio_rx  486")
    assert isinstance(event, Unreadable)
    assert module.hears() == b"radio rx 0\r\n"


def test_two_packets_in_a_row_are_both_told(talk: Callable[..., Any]) -> None:
    module = talk("rn2483")
    told = module.play("""
        < radio_rx  4141
        < radio_rx  4242
        > radio get snr
        < 7
        > radio get rssi
        < -60
        > radio rx 0
        < ok
        > radio get snr
        < 7
        > radio get rssi
        < -60
        > radio rx 0
        < ok
    """)
    assert [event.payload for event in told if isinstance(event, Packet)] == [b"AA", b"BB"]


def test_a_packet_held_back_when_the_port_goes_is_told(talk: Callable[..., Any]) -> None:
    module = talk("rn2483")
    module.play("< radio_rx  4141")
    assert module.conversation.abandon() == [Packet(b"AA", None, None)]
    assert module.conversation.abandon() == []


def test_a_packet_held_back_at_a_boot_is_told(talk: Callable[..., Any]) -> None:
    module = talk("rn2483")
    told = module.play(f"""
        < radio_rx  4141
        < {VERSION}
        > sys get ver
    """)
    assert told == [Packet(b"AA", None, None), Dropped("boots")]


def test_a_radio_that_stays_busy_is_told_with_a_remedy(talk: Callable[..., Any]) -> None:
    [_, refusal] = talk("rn2483").play("""
        < radio_err
        > radio rx 0
        < busy
    """)
    assert refusal == Refusal(
        'it answers "busy" to "radio rx 0"; switch the modem off and on again'
    )


def test_a_stack_that_cannot_pause_is_told(talk: Callable[..., Any]) -> None:
    module = talk("rn2483", sync_word="private").open()
    [refusal] = module.play(f"""
        > sys get ver
        < {VERSION}
        > radio rxstop
        < ok
        > mac pause
        < 0
        > radio set sync 12
        < ok
        > radio set wdt 0
        < ok
        > radio rx 0
        < ok
    """)
    assert isinstance(refusal, Refusal)
    assert 'answers "0" to "mac pause"' in refusal.sentence


def test_a_stack_that_refuses_to_pause_is_told(talk: Callable[..., Any]) -> None:
    modem = talk("rn2483").open()
    [refusal] = modem.play(f"""
        > sys get ver
        < {VERSION}
        > radio rxstop
        < ok
        > mac pause
        < not yet
        < invalid_param
        > radio set wdt 0
        < ok
        > radio rx 0
        < ok
    """)[1:]
    assert 'answers "invalid_param" to "mac pause"' in refusal.sentence
