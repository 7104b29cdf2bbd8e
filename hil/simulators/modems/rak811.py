"""A RAK811 with firmware 3.

Setting the work mode restarts it, also when it was in that mode.

Source: RAK811 AT Command Manual V3.
"""

import re
from collections.abc import Iterable

from hil.simulators.modems.firmware import CRLF, TextFirmware


class Rak811Firmware(TextFirmware):
    """A module as delivered: in LoRaWAN mode."""

    def __init__(self) -> None:
        super().__init__()
        self.work_mode = "0"
        self.radio = ""

    def power_on(self) -> bytes:
        """The last boot line; it has a blank at its end."""
        super().power_on()
        return b"UART1 work mode: RUI_UART_NORMAL\r\nInitialization OK \r\n"

    def obey(self, command: str) -> Iterable[str]:
        """at+version and three settings."""
        if command == "at+version":
            return ["OK V3.0.0.14.H"]
        if found := re.fullmatch(r"at\+set_config=lora:work_mode:([01])", command):
            self.work_mode = found[1]
            lines = self.power_on().decode().split("\r\n")[:-1]
            return ["LoRa work mode:LoRaP2P", *lines]
        if self.work_mode != "1":
            return ["ERROR: 2"]
        if found := re.fullmatch(
            r"at\+set_config=lorap2p:(\d{9}:\d+:[0-2]:[1-4]:\d+:\d+)", command
        ):
            self.radio = found[1]
            return ["OK"]
        if found := re.fullmatch(r"at\+set_config=lorap2p:transfer_mode:([12])", command):
            self.listening = found[1] == "1"
            return ["OK"]
        return ["ERROR: 1"]

    def hand_over(self, payload: bytes, rssi_dbm: int, snr_db: int) -> bytes:
        """One line."""
        return f"at+recv={rssi_dbm},{snr_db},{len(payload)}:{payload.hex()}".encode() + CRLF
