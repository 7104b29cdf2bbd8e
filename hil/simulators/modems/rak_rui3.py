"""A RAK3172 with RUI3 firmware.

Settings are refused while it receives; a wrong CRC ends continuous reception; a change of mode restarts it.
It keeps its mode in flash.

Source: RAK RUI3 AT Command Manual.
"""

import re
from collections.abc import Iterable

from hil.simulators.modems.firmware import CRLF, TextFirmware

_OK = ["", "OK"]
_BUSY = ["P2P_RX_ON already, please disable P2P RX before setting.", "", "AT_BUSY_ERROR"]
_SETTINGS = {
    "AT+P2P": r"\d{9}:([5-9]|1[0-2]):[0-9]:[0-3]:\d+:\d+",
    "AT+SYNCWORD": r"[0-9A-F]{4}",
    "AT+IQINVER": r"[01]",
    "AT+ENCRY": r"[01]",
}


class RakRui3Firmware(TextFirmware):
    """A module as delivered: in LoRaWAN mode."""

    def __init__(self) -> None:
        super().__init__()
        self.mode = "LoRaWAN"
        self.settings: dict[str, str] = {}

    def power_on(self) -> bytes:
        """RAK's logo is left out."""
        super().power_on()
        return f"Current Work Mode: {self.mode}.\r\n".encode()

    def obey(self, command: str) -> Iterable[str]:
        """AT, AT+NWM, AT+PRECV and four settings."""
        name, _, value = command.partition("=")
        if command == "AT":
            return _OK
        if command == "AT+NWM=0":
            return self._to_p2p()
        if name == "AT+PRECV" and value in ("0", "65534"):
            return self._switch(on=value != "0")
        if name not in _SETTINGS:
            return ["", "AT_ERROR"]
        if self.listening:
            return _BUSY
        if not re.fullmatch(_SETTINGS[name], value):
            return ["", "AT_PARAM_ERROR"]
        self.settings[name] = value
        return _OK

    def hand_over(self, payload: bytes, rssi_dbm: int, snr_db: int) -> bytes:
        """One line."""
        return f"+EVT:RXP2P:{rssi_dbm}:{snr_db}:{payload.hex().upper()}".encode() + CRLF

    def mishear(self) -> bytes:
        """The firmware forgets that it was to go on."""
        told = b"+EVT:RXP2P RECEIVE ERROR\r\n" if self.listening else b""
        self.listening = False
        return told

    def _to_p2p(self) -> list[str]:
        if self.mode == "LoRa P2P":
            return _OK
        self.mode = "LoRa P2P"
        return [*_OK, self.power_on().decode().strip()]

    def _switch(self, *, on: bool) -> list[str]:
        if self.mode != "LoRa P2P":
            return ["", "AT_MODE_NO_SUPPORT"]
        if on and self.listening:
            return _BUSY
        self.listening = on
        return _OK
