"""A Microchip RN2483: it hears one packet for each `radio rx 0`, and tells the signal only when asked.

Source: RN2483 LoRa Technology Module Command Reference, DS40001784.
"""

import re
from collections.abc import Iterable

from hil.simulators.modems.firmware import TextFirmware

_VERSION = "RN2483 1.0.5 Oct 31 2018 15:06:52"
_SETTINGS = {
    "mod": r"lora|fsk",
    "freq": r"(433\d{6}|86[3-9]\d{6})",
    "sf": r"sf([7-9]|1[0-2])",
    "bw": r"125|250|500",
    "cr": r"4/[5-8]",
    "sync": r"[0-9A-Fa-f]{2}",
    "crc": r"on|off",
    "iqi": r"on|off",
    "wdt": r"\d+",
}


class Rn2483Firmware(TextFirmware):
    """A module with firmware 1.0.5."""

    def __init__(self) -> None:
        super().__init__()
        self.paused = False
        self.settings: dict[str, str] = {}
        self._signal = {"snr": -128, "rssi": -128}

    def power_on(self) -> bytes:
        """Its version."""
        super().power_on()
        self.paused = False
        self.settings.clear()
        return f"{_VERSION}\r\n".encode()

    def obey(self, command: str) -> Iterable[str]:
        """sys get ver, sys reset, mac pause, radio set, get, rx and rxstop."""
        if command == "sys get ver":
            return [_VERSION]
        if command == "sys reset":
            return [self.power_on().decode().strip()]
        if command == "mac pause":
            self.paused = True
            return ["4294967245"]
        if command == "radio rx 0":
            return self._listen()
        if command == "radio rxstop":
            self.listening = False
            return ["ok"]
        if found := re.fullmatch(r"radio get (snr|rssi)", command):
            return [str(self._signal[found[1]])]
        found = re.fullmatch(r"radio set (\w+) (.+)", command)
        if found is None or not re.fullmatch(_SETTINGS.get(found[1], "-"), found[2]):
            return ["invalid_param"]
        self.settings[found[1]] = found[2]
        return ["ok"]

    def hand_over(self, payload: bytes, rssi_dbm: int, snr_db: int) -> bytes:
        """One line, then it is deaf."""
        self.listening = False
        self._signal = {"snr": snr_db, "rssi": rssi_dbm}
        return f"radio_rx  {payload.hex().upper()}\r\n".encode()

    def mishear(self) -> bytes:
        """Then it is deaf, too."""
        told = b"radio_err\r\n" if self.listening else b""
        self.listening = False
        return told

    def _listen(self) -> list[str]:
        if self.listening or not self.paused:
            return ["busy"]
        self.listening = True
        return ["ok"]
