"""Guards the life of a conversation: quiet, silence, boots, and what is kept out of a modem's flash.

A Reyax module stands for those with settings in flash, an RN2483 for those that must be told again.
"""

from collections.abc import Callable
from typing import Any

from gateway.sources.serial_line.conversation import ASK_RETRY_S, QUIET_S, RETRY_S
from gateway.sources.serial_line.flash_budget import FlashBudget
from gateway.sources.serial_line.said import Dropped, Packet, Ready, Refusal, Silence
from hil.simulators.modems.reyax import ReyaxFirmware
from hil.simulators.modems.rn2483 import Rn2483Firmware
from hil.simulators.modems.wio_e5 import WioE5Firmware

SILENCE = Silence("it does not answer; check its power and wiring, `baud` and `modem`")


def test_packets_are_told_before_the_modem_was_told_anything(talk: Callable[..., Any]) -> None:
    module = talk("reyax").open()
    module.says(b"+RCV=1,1,A,-30,3\r\n")
    assert module.tells() == [Packet(b"A", -30, 3, 1)]


def test_a_silent_modem_is_told_of_once_and_asked_each_minute(talk: Callable[..., Any]) -> None:
    module = talk("reyax").open()
    opened_at = module.now
    asked_at = []
    for _ in range(6):
        assert module.hears() == b"AT\r\n"
        asked_at.append(round(module.now - opened_at, 1))
    wait_s, timeout_s = 0.2, 2.0
    retry_at = wait_s + 2 * timeout_s + RETRY_S + wait_s
    assert asked_at[:4] == [wait_s, wait_s + timeout_s, retry_at, retry_at + timeout_s]
    assert module.tells() == [SILENCE]


def test_hours_of_silence_use_no_turn_of_the_flash(talk: Callable[..., Any]) -> None:
    firmware = ReyaxFirmware()
    module = talk("reyax", network_id=7).open()
    module.pass_time(100 * RETRY_S)
    assert module.tells() == [SILENCE]
    assert module.settle(firmware, seconds=2 * RETRY_S) == [Ready()]
    assert firmware.settings == {"MODE": "0", "NETWORKID": "7"}


def test_packets_of_a_silent_modem_are_taken(talk: Callable[..., Any]) -> None:
    module = talk("reyax").open()
    module.pass_time(20)
    module.says(b"+RCV=1,1,A,-30,3\r\n")
    assert module.tells() == [SILENCE, Packet(b"A", -30, 3, 1)]


def test_a_modem_that_comes_back_is_set_up_again(talk: Callable[..., Any]) -> None:
    firmware = ReyaxFirmware()
    module = talk("reyax", network_id=7).open()
    module.pass_time(20)
    assert module.tells() == [SILENCE]
    assert module.settle(firmware, seconds=RETRY_S + 5) == [Ready()]
    assert firmware.settings == {"MODE": "0", "NETWORKID": "7"}


def test_a_quiet_modem_is_told_again_without_what_it_keeps_in_flash(
    talk: Callable[..., Any],
) -> None:
    firmware = ReyaxFirmware()
    module = talk("reyax", network_id=7).open()
    assert module.settle(firmware) == [Ready()]
    firmware.commands.clear()
    assert module.settle(firmware, seconds=QUIET_S + 5) == []
    assert firmware.commands == ["AT"]


def test_a_modem_that_is_heard_is_left_alone(talk: Callable[..., Any]) -> None:
    firmware = ReyaxFirmware()
    module = talk("reyax").open()
    module.settle(firmware)
    firmware.commands.clear()
    for _ in range(10):
        module.says(b"+RCV=1,1,A,-30,3\r\n")
        module.settle(firmware, seconds=QUIET_S / 2)
    assert firmware.commands == []


def test_a_modem_that_was_reset_without_a_word_listens_again(talk: Callable[..., Any]) -> None:
    firmware = WioE5Firmware()
    module = talk("wio_e5").open()
    assert module.settle(firmware) == [Ready()]
    assert firmware.power_on() == b""
    assert not firmware.listening
    assert module.settle(firmware, seconds=QUIET_S + 5) == []
    assert firmware.listening


def test_a_modem_that_died_is_told_of(talk: Callable[..., Any]) -> None:
    module = talk("wio_e5").open()
    assert module.settle(WioE5Firmware()) == [Ready()]
    module.pass_time(QUIET_S + 20)
    assert module.tells() == [SILENCE]


def test_a_boot_makes_it_be_set_up_again(talk: Callable[..., Any]) -> None:
    firmware = Rn2483Firmware()
    modem = talk("rn2483").open()
    assert modem.settle(firmware) == [Ready()]
    modem.says(firmware.power_on())
    assert modem.settle(firmware) == [Dropped("boots")]
    assert firmware.listening


def test_boots_without_end_are_blamed_on_the_supply(talk: Callable[..., Any]) -> None:
    modem = talk("rn2483").open()
    for _ in range(20):
        modem.says(b"RN2483 1.0.5\r\n")
    told = modem.tells()
    assert told.count(Dropped("boots")) == 20
    refusals = [event for event in told if isinstance(event, Refusal)]
    assert refusals == [Refusal("it starts anew again and again; check its power supply")]
    assert modem.settle(Rn2483Firmware()) == [Ready()]


def test_boots_without_end_do_not_wear_the_flash_out(talk: Callable[..., Any]) -> None:
    firmware = ReyaxFirmware()
    flash = FlashBudget()
    module = talk("reyax", flash, network_id=7).open()
    for _ in range(50):
        module.says(firmware.power_on())
        module.settle(firmware, seconds=5)
    assert firmware.commands.count("AT") >= 50
    assert firmware.commands.count("AT+NETWORKID=7") <= 5
    reopened = talk("reyax", flash, network_id=7).open()
    assert reopened.settle(firmware) == [Dropped("settings_put_off"), Ready()]


def test_a_refusal_stays_until_all_was_said_again(talk: Callable[..., Any]) -> None:
    firmware = ReyaxFirmware()
    firmware.replies["AT+NETWORKID=7"] = "+ERR=15"
    module = talk("reyax", network_id=7).open()
    [refusal] = module.settle(firmware)
    assert isinstance(refusal, Refusal)
    assert module.settle(firmware, seconds=3 * QUIET_S) == []
    firmware.replies.clear()
    module.says(firmware.power_on())
    assert module.settle(firmware) == [Dropped("boots"), Ready()]


def test_a_modem_that_answers_again_after_silence_is_told_all(talk: Callable[..., Any]) -> None:
    firmware = Rn2483Firmware()
    firmware.power_on()
    modem = talk(
        "rn2483", frequency_hz=868_100_000, spreading_factor=7, bandwidth_hz=125_000
    ).open()
    modem.pass_time(20)
    assert modem.tells() == [SILENCE]
    modem.says(b"radio_rx  41\r\n")
    told = modem.settle(firmware)
    assert told[0] == Packet(b"A", -128, -128)
    assert told[-1] == Ready()
    assert firmware.settings["freq"] == "868100000"


def test_the_echo_of_a_command_is_no_answer(talk: Callable[..., Any]) -> None:
    module = talk("rak_rui3").open()
    assert module.play("""
        > AT
        < AT
        < OK
        > AT+NWM=0
    """) == [Dropped("not_understood")]


def test_it_sleeps_when_nothing_is_due(talk: Callable[..., Any]) -> None:
    assert talk("json_lines").open().conversation.deadline is None


def test_a_modem_that_is_busy_after_a_packet_is_deaf_for_seconds_only(
    talk: Callable[..., Any],
) -> None:
    firmware = Rn2483Firmware()
    modem = talk("rn2483").open()
    assert modem.settle(firmware) == [Ready()]
    firmware.replies["radio rx 0"] = "busy"
    modem.says(firmware.receive(b"A", -70, 8))
    [packet, refusal] = modem.settle(firmware, seconds=0)
    assert packet == Packet(b"A", -70, 8)
    assert isinstance(refusal, Refusal)
    firmware.replies.clear()
    assert modem.settle(firmware, seconds=ASK_RETRY_S) == [Ready()]
    assert firmware.listening
