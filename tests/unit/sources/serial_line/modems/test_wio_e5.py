"""Guards the Wio-E5: the two lines of a packet and what may stand between them, and its set-up."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.sources.serial_line.said import Dropped, Packet, Ready, Refusal, Unreadable

AS923 = {"frequency_hz": 923_200_000, "spreading_factor": 10, "bandwidth_hz": 125_000}
SETUP = """
    > AT
    < +AT: OK
    > AT+MODE=TEST
    < +MODE: TEST
    > AT+TEST=RFCFG,923.2,SF10,125,8,8,14,ON,OFF,ON
    < {answer}
    > AT+TEST=RXLRPKT
    < +TEST: RXLRPKT
"""
TAKEN = "+TEST: RFCFG F:{hz}, SF{sf}, BW{khz}K, TXPR:8, RXPR:8, POW:14dBm, CRC:ON, IQ:OFF, PNET:ON"


def test_it_is_brought_into_test_mode_set_and_made_to_listen(talk: Callable[..., Any]) -> None:
    answer = TAKEN.format(hz=923_200_000, sf=10, khz=125)
    assert talk("wio_e5", **AS923).open().play(SETUP.format(answer=answer)) == [Ready()]


@pytest.mark.parametrize("other", [{"hz": 923_400_000}, {"sf": 7}, {"khz": 500}])
def test_settings_that_it_did_not_take_are_noticed(
    other: dict[str, int], talk: Callable[..., Any]
) -> None:
    answer = TAKEN.format(**{"hz": 923_200_000, "sf": 10, "khz": 125, **other})
    [refusal] = talk("wio_e5", **AS923).open().play(SETUP.format(answer=answer))
    assert isinstance(refusal, Refusal)


def test_a_rounded_frequency_is_taken(talk: Callable[..., Any]) -> None:
    answer = TAKEN.format(hz=923_199_996, sf=10, khz=125)
    assert talk("wio_e5", **AS923).open().play(SETUP.format(answer=answer)) == [Ready()]


def test_an_error_is_told_in_its_own_words(talk: Callable[..., Any]) -> None:
    [refusal] = talk("wio_e5", **AS923).open().play(SETUP.format(answer="+TEST: ERROR(-1)"))
    assert refusal.sentence.startswith('it answers "+TEST: ERROR(-1)" to "AT+TEST=RFCFG,923.2,SF10')


def test_two_lines_are_one_packet(talk: Callable[..., Any]) -> None:
    assert talk("wio_e5").play("""
        < +TEST: LEN:3, RSSI:-46, SNR:-10
        < +TEST: RX "454E2C"
    """) == [Packet(b"EN,", -46, -10)]


def test_a_packet_without_its_first_line_has_no_signal(talk: Callable[..., Any]) -> None:
    assert talk("wio_e5").play('< +TEST: RX "454E2C"') == [Packet(b"EN,", None, None)]


def test_a_first_line_alone_is_counted(talk: Callable[..., Any]) -> None:
    assert talk("wio_e5").play("""
        < +TEST: LEN:9, RSSI:-46, SNR:10
        < +TEST: LEN:3, RSSI:-40, SNR:9
        < +TEST: RX "454E2C"
    """) == [Dropped("headers_alone"), Packet(b"EN,", -40, 9)]


def test_an_answer_between_the_two_lines_does_no_harm(talk: Callable[..., Any]) -> None:
    told = talk("wio_e5").play("""
        < +TEST: LEN:3, RSSI:-46, SNR:10
        < +AT: OK
        < +TEST: RX "454E2C"
    """)
    assert told == [Dropped("not_understood"), Packet(b"EN,", -46, 10)]


@pytest.mark.parametrize(
    "text", ['+TEST: RX "454E', '+TEST: RX "', "+TEST: RX 454E", '+TEST: RX "45 4E2C"', '+TEST: RX "4"',
             "+TEST: LEN:3, RSSI:, SNR:1"]
)  # fmt: skip
def test_half_lines_are_kept_as_unreadable(text: str, talk: Callable[..., Any]) -> None:
    [event] = talk("wio_e5").play(f"< {text}")
    assert isinstance(event, Unreadable)
    assert event.raw == text.encode()


def test_a_payload_of_another_length_than_len_is_unreadable(talk: Callable[..., Any]) -> None:
    [event] = talk("wio_e5").play("""
        < +TEST: LEN:9, RSSI:-46, SNR:10
        < +TEST: RX "454E2C"
    """)
    assert event == Unreadable(b'+TEST: RX "454E2C"', "LEN was 9, but there are 6 hex digits")


def test_the_private_sync_word_is_said_with_the_radio(talk: Callable[..., Any]) -> None:
    module = talk("wio_e5", **{**AS923, "frequency_hz": 868_123_456}, sync_word="private").open()
    module.play("""
        > AT
        < +AT: OK
        > AT+MODE=TEST
        < +MODE: TEST
        > AT+TEST=RFCFG,868.123456,SF10,125,8,8,14,ON,OFF,OFF
    """)


def test_its_mode_may_be_told_in_between(talk: Callable[..., Any]) -> None:
    answer = "+MODE: LWOTAA\n    < " + TAKEN.format(hz=923_200_000, sf=10, khz=125)
    told = talk("wio_e5", **AS923).open().play(SETUP.format(answer=answer))
    assert told == [Dropped("not_understood"), Ready()]


def test_another_mode_than_the_one_asked_for_is_no_answer(talk: Callable[..., Any]) -> None:
    module = talk("wio_e5").open()
    told = module.play("""
        > AT
        < +AT: OK
        > AT+MODE=TEST
        < +MODE: LWOTAA
        < +MODE: ERROR(-2)
        > AT+TEST=RXLRPKT
        < +TEST: RXLRPKT
    """)
    assert told[0] == Dropped("not_understood")
    assert 'answers "+MODE: ERROR(-2)" to "AT+MODE=TEST"' in told[1].sentence
