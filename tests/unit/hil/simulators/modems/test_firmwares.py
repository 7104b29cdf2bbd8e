"""Guards the simulated modems against being kinder than real ones: what they refuse, forget and do not hear.

Answers are those of the manuals, written out by hand.
"""

import pytest

from hil.simulators.modems import FIRMWARES
from hil.simulators.modems.firmware import TextFirmware
from hil.simulators.modems.rak811 import Rak811Firmware
from hil.simulators.modems.rak_rui3 import RakRui3Firmware
from hil.simulators.modems.reyax import ReyaxFirmware
from hil.simulators.modems.rn2483 import Rn2483Firmware
from hil.simulators.modems.rnode import RnodeFirmware
from hil.simulators.modems.untold import EbyteE22Firmware
from hil.simulators.modems.wio_e5 import WioE5Firmware


def told(firmware: TextFirmware, *commands: str) -> list[str]:
    """The lines that answer the last of the commands, empty ones left out."""
    answer = b""
    for command in commands:
        answer = firmware.hear(command.encode() + b"\r\n")
    return [line for line in answer.decode().split("\r\n") if line]


def test_no_modem_hears_a_packet_before_it_listens() -> None:
    for name, make in FIRMWARES.items():
        assert make().receive(b"packet", -70, 8) == b"", name


def test_a_command_may_come_in_pieces() -> None:
    firmware = RakRui3Firmware()
    assert firmware.hear(b"A") == b""
    assert firmware.hear(b"T\r\nAT\r\n") == b"\r\nOK\r\n" * 2
    assert firmware.commands == ["AT", "AT"]


@pytest.mark.parametrize(
    ("commands", "answer"),
    [
        (["AT+PRECV=65534"], ["AT_MODE_NO_SUPPORT"]),
        (["AT+NWM=0"], ["OK", "Current Work Mode: LoRa P2P."]),
        (["AT+NWM=0", "AT+NWM=0"], ["OK"]),
        (["AT+P2P=868100000:7:125:0:8:14"], ["AT_PARAM_ERROR"]),
        (["AT+PCRYPT=0"], ["AT_ERROR"]),
        (["AT+NWM=0", "AT+PRECV=65534", "AT+PRECV=65534"],
         ["P2P_RX_ON already, please disable P2P RX before setting.", "AT_BUSY_ERROR"]),
        (["AT+NWM=0", "AT+PRECV=65534", "AT+SYNCWORD=3444"],
         ["P2P_RX_ON already, please disable P2P RX before setting.", "AT_BUSY_ERROR"]),
    ],
)  # fmt: skip
def test_rui3_refuses_what_it_cannot_do_now(commands: list[str], answer: list[str]) -> None:
    assert told(RakRui3Firmware(), *commands) == answer


def test_rui3_is_deaf_after_a_wrong_crc() -> None:
    firmware = RakRui3Firmware()
    told(firmware, "AT+NWM=0", "AT+PRECV=65534")
    assert firmware.mishear() == b"+EVT:RXP2P RECEIVE ERROR\r\n"
    assert firmware.mishear() == b""
    assert firmware.receive(b"A", -70, 8) == b""


@pytest.mark.parametrize(
    ("commands", "answer"),
    [
        (["at+set_config=lorap2p:transfer_mode:1"], ["ERROR: 2"]),
        (["at+set_config=lora:work_mode:1", "at+unknown"], ["ERROR: 1"]),
    ],
)
def test_rak811_refuses_what_it_cannot_do_now(commands: list[str], answer: list[str]) -> None:
    assert told(Rak811Firmware(), *commands) == answer


@pytest.mark.parametrize(
    ("commands", "answer"),
    [
        (["AT+TEST=RXLRPKT"], ["+TEST: ERROR(-12)"]),
        (["AT+MODE=TEST", "AT+TEST=RFCFG,868.1,SF7,99,8,8,14,ON,OFF,ON"], ["+TEST: ERROR(-1)"]),
    ],
)
def test_wio_e5_refuses_what_it_cannot_do_now(commands: list[str], answer: list[str]) -> None:
    assert told(WioE5Firmware(), *commands) == answer


def test_rn2483_hears_one_packet_and_is_busy_until_then() -> None:
    firmware = Rn2483Firmware()
    assert told(firmware, "radio rx 0") == ["busy"]
    assert told(firmware, "mac pause", "radio rx 0") == ["ok"]
    assert told(firmware, "radio rx 0") == ["busy"]
    assert firmware.receive(b"A", -70, 8) == b"radio_rx  41\r\n"
    assert firmware.receive(b"B", -70, 8) == b""
    assert told(firmware, "radio get snr") == ["8"]


def test_rn2483_forgets_all_when_it_is_reset_and_errs_once() -> None:
    firmware = Rn2483Firmware()
    assert told(firmware, "radio set freq 923200000") == ["invalid_param"]
    assert told(firmware, "radio set sf sf7") == ["ok"]
    assert told(firmware, "sys reset") == ["RN2483 1.0.5 Oct 31 2018 15:06:52"]
    assert firmware.settings == {}
    told(firmware, "mac pause", "radio rx 0")
    assert [firmware.mishear(), firmware.mishear()] == [b"radio_err\r\n", b""]


@pytest.mark.parametrize(
    ("command", "answer"),
    [("AT+WHAT=1", "+ERR=4"), ("AT+NETWORKID=1", "+ERR=15"), ("AT+BAND=1", "+ERR=15")],
)
def test_reyax_refuses_by_number(command: str, answer: str) -> None:
    assert told(ReyaxFirmware(), command) == [answer]


def test_reyax_names_a_wrong_crc() -> None:
    assert ReyaxFirmware().mishear() == b"+ERR=12\r\n"


def test_an_answer_can_be_another_or_none() -> None:
    firmware = ReyaxFirmware()
    firmware.replies = {"AT": "+ERR=2", "AT+MODE=0": ""}
    assert told(firmware, "AT") == ["+ERR=2"]
    assert told(firmware, "AT+MODE=0") == []


def test_rnode_keeps_its_radio_off_until_it_has_all_settings() -> None:
    board = RnodeFirmware()
    assert board.hear(bytes.fromhex("c00601c0")) == bytes.fromhex("c00600c0")
    for setting in ("c0 01 33 dbdc 00 00 c0", "c0 02 00 01 e8 48 c0", "c0 03 02 c0", "c0 04 07 c0"):
        assert board.hear(bytes.fromhex(setting))
    assert board.values[0x01] == bytes.fromhex("33c00000")
    assert board.hear(bytes.fromhex("c00601c0")) == bytes.fromhex("c00601c0")
    assert board.hear(bytes.fromhex("c09901c0")) == b""
    assert board.receive(b"\xc0\xdb", -93, -7) == bytes.fromhex("c02340c0 c024e4c0 c000dbdcdbddc0")


def test_a_transparent_module_is_told_nothing() -> None:
    module = EbyteE22Firmware()
    module.power_on()
    assert module.hear(b"AT\r\n") == b""
    assert module.receive(b"A", -39, 0) == b"A\xd9"
