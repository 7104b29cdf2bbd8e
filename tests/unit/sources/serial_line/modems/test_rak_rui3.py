"""Guards RUI3 modules: their reports old and new, and what is said to them, as a two-voice script."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.sources.serial_line.modem import ModemSettings, RadioSetup
from gateway.sources.serial_line.modems.rak_rui3 import RakRui3
from gateway.sources.serial_line.said import Dropped, Packet, Ready, Refusal, Unreadable

EU868 = {"frequency_hz": 868_100_000, "spreading_factor": 7, "bandwidth_hz": 125_000}


def test_a_module_is_brought_into_p2p_mode_set_and_made_to_listen(talk: Callable[..., Any]) -> None:
    module = talk("rak_rui3", **EU868).open()
    rebooted = module.play("""
        > AT
        < OK
        > AT+NWM=0
        < OK
        > AT+PRECV=0
        < Current Work Mode: LoRa P2P.
    """)
    assert rebooted == [Dropped("boots")]
    assert module.play("""
        > AT
        < OK
        > AT+PRECV=0
        < OK
        > AT+P2P=868100000:7:0:0:8:14
        < OK
        > AT+SYNCWORD=3444
        < OK
        > AT+IQINVER=0
        < OK
        > AT+ENCRY=0
        < OK
        > AT+PRECV=65534
        < OK
    """) == [Ready()]


def test_without_radio_settings_the_modules_own_stay(talk: Callable[..., Any]) -> None:
    module = talk("rak_rui3", frequency_hz=868_100_000).open()
    assert module.play("""
        > AT
        < OK
        > AT+NWM=0
        < OK
        > AT+PRECV=0
        < OK
        > AT+PRECV=65534
        < OK
    """) == [Ready()]


def test_other_words_of_older_and_newer_firmware_are_tried(talk: Callable[..., Any]) -> None:
    module = talk("rak_rui3", **EU868, sync_word="private", preamble_symbols=12).open()
    module.says(b"Current Work Mode: LoRa P2P.\r\n")
    assert module.play("""
        > AT
        < OK
        > AT+PRECV=0
        < AT_ERROR
        > AT+P2P=868100000:7:0:0:12:14
        < AT_PARAM_ERROR
        > AT+P2P=868100000:7:125:0:12:14
        < OK
        > AT+SYNCWORD=1424
        < OK
        > AT+IQINVER=0
        < AT_ERROR
        > AT+ENCRY=0
        < AT_ERROR
        > AT+PCRYPT=0
        < OK
        > AT+PRECV=65534
        < OK
    """) == [Dropped("boots"), Ready()]


def test_a_refused_setting_is_told_and_the_module_listens_all_the_same(
    talk: Callable[..., Any],
) -> None:
    module = talk("rak_rui3", **EU868).open()
    told = module.play("""
        > AT
        < OK
        > AT+NWM=0
        < OK
        > AT+PRECV=0
        < OK
        > AT+P2P=868100000:7:0:0:8:14
        < AT_PARAM_ERROR
        > AT+P2P=868100000:7:125:0:8:14
        < AT_PARAM_ERROR
        > AT+SYNCWORD=3444
        < +EVT:RXP2P:-28:5:4865
        < OK
        > AT+IQINVER=0
        < OK
        > AT+ENCRY=0
        < OK
        > AT+PRECV=65534
        < OK
    """)
    assert told == [
        Packet(b"He", -28, 5),
        Refusal(
            'it answers "AT_PARAM_ERROR" to "AT+P2P=868100000:7:125:0:8:14"; check frequency_hz, '
            "spreading_factor and bandwidth_hz against what this module can do"
        ),
    ]


def test_a_wrong_crc_makes_it_deaf_and_it_is_told_again(talk: Callable[..., Any]) -> None:
    module = talk("rak_rui3")
    assert module.play("""
        < +EVT:RXP2P RECEIVE ERROR
        > AT+PRECV=0
        < OK
        > AT+PRECV=65534
        < +EVT:RXP2P RECEIVE ERROR
        < OK
        > AT+PRECV=0
        < OK
        > AT+PRECV=65534
        < OK
    """) == [Dropped("radio_errors"), Dropped("radio_errors"), Ready()]
    assert module.conversation.take_output() == b""


def test_the_two_lines_of_old_firmware_are_one_packet(talk: Callable[..., Any]) -> None:
    module = talk("rak_rui3")
    assert module.play("""
        < +EVT:RXP2P, RSSI -43, SNR 5
        < +EVT:48656C6C6F
    """) == [Packet(b"Hello", -43, 5)]


def test_a_signal_line_does_not_wait_for_a_later_packet(talk: Callable[..., Any]) -> None:
    module = talk("rak_rui3")
    assert module.play("""
        < +EVT:RXP2P, RSSI -43, SNR 5
        < +EVT:TXP2P DONE
        < +EVT:4142
    """) == [Dropped("other_events"), Packet(b"AB", None, None)]


def test_what_is_not_whole_is_kept_as_unreadable(talk: Callable[..., Any]) -> None:
    for text in (
        "+EVT:RXP2P:-28:5:486",
        "+EVT:RXP2P:-28:5:48 65",
        "+EVT:RXP2P:-28:5:zz",
        "+EVT:RXP2P:-28:5",
        "+EVT:RXP2P:-28::4865",
        "+EVT:RXP2P:-28:5:4865:66",
        "+EVT:RXFSK:x",
        "+EVT:RXFSK:-60:0:010",
        "+EVT:RXP2P:-28:5:" + "00" * 256,
    ):
        [event] = talk("rak_rui3").play(f"< {text}")
        assert isinstance(event, Unreadable), text
        assert event.raw == text.encode()


def test_the_longest_payload_is_read(talk: Callable[..., Any]) -> None:
    told = talk("rak_rui3").play("< +EVT:RXP2P:-28:5:" + "00" * 255)
    assert told == [Packet(bytes(255), -28, 5)]


def test_a_bandwidth_without_an_index_is_refused() -> None:
    odd = RadioSetup(frequency_hz=868_100_000, spreading_factor=7, bandwidth_hz=203_125)
    with pytest.raises(ValueError, match="rak_rui3 takes bandwidth_hz 7800, 10400"):
        RakRui3(ModemSettings(radio=odd))
