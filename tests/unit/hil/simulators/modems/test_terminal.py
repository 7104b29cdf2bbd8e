"""Guards the simulated cable: the link follows the modem, and the host meets the end when it is pulled out."""

import os
from pathlib import Path

import pytest

from hil.simulators.modems.reyax import ReyaxFirmware
from hil.simulators.modems.rn2483 import Rn2483Firmware
from hil.simulators.modems.terminal import ModemTerminal


def test_the_link_names_another_terminal_after_plugging_in_again(tmp_path: Path) -> None:
    link = tmp_path / "usb-modem"
    terminal = ModemTerminal(ReyaxFirmware(), link)
    with terminal:
        host = os.open(link, os.O_RDWR | os.O_NOCTTY)
        assert os.read(host, 100) == b"+READY\r\n"
        first = terminal.device
        assert str(link.resolve()) == first
        terminal.unplug()
        assert not link.is_symlink()
        assert os.read(host, 100) == b""
        terminal.plug()
        assert str(link.resolve()) == terminal.device != first
        os.close(host)
    terminal.unplug()


def test_commands_are_answered_and_packets_are_written(tmp_path: Path) -> None:
    with ModemTerminal(Rn2483Firmware(), tmp_path / "usb-modem") as terminal:
        host = os.open(terminal.link, os.O_RDWR | os.O_NOCTTY)
        with os.fdopen(host, "r+b", buffering=0) as port:
            reader = os.fdopen(os.dup(host), "rb")
            assert reader.readline() == b"RN2483 1.0.5 Oct 31 2018 15:06:52\r\n"
            assert not terminal.transmit(b"A")
            assert not terminal.wait_listening(0)
            for command, answer in ((b"mac pause", b"4294967245"), (b"radio rx 0", b"ok")):
                port.write(command + b"\r\n")
                assert reader.readline() == answer + b"\r\n"
            assert terminal.wait_listening(5)
            assert terminal.transmit(b"A")
            assert reader.readline() == b"radio_rx  41\r\n"
            terminal.write(b"noise\n")
            assert reader.readline() == b"noise\n"
            terminal.reset()
            assert reader.readline().startswith(b"RN2483")
            reader.close()


@pytest.mark.parametrize("listening", [True, False])
def test_a_broken_packet_is_told_by_those_that_listen(tmp_path: Path, listening: bool) -> None:
    firmware = Rn2483Firmware()
    with ModemTerminal(firmware, tmp_path / "usb-modem") as terminal:
        firmware.listening = listening
        host = os.open(terminal.link, os.O_RDWR | os.O_NOCTTY)
        terminal.transmit_broken()
        terminal.write(b".")
        said = b""
        while not said.endswith(b"."):
            said += os.read(host, 100)
        assert (b"radio_err" in said) is listening
        os.close(host)
