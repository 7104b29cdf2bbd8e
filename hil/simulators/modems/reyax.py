"""A Reyax RYLR998: it always listens, to modules of its own make on its own network.

Source: REYAX RYLR998 LoRa AT command guide.
"""

import re
from collections.abc import Iterable

from hil.simulators.modems.firmware import TextFirmware

_SETTINGS = {
    "MODE": r"[01]",
    "BAND": r"\d{9}",
    "PARAMETER": r"([5-9]|1[01]),[789],[1-4],([4-9]|1\d|2[0-5])",
    "NETWORKID": r"[3-9]|1[0-5]|18",
    "ADDRESS": r"\d{1,5}",
}
_UNKNOWN_COMMAND = "+ERR=4"
_FAILURE = "+ERR=15"


class ReyaxFirmware(TextFirmware):
    """A module with its settings in flash."""

    def __init__(self, sender: int = 50) -> None:
        super().__init__()
        self.settings: dict[str, str] = {}
        self.sender = sender
        """Address of the module that it hears."""

    def power_on(self) -> bytes:
        """It listens at once."""
        self.listening = True
        return b"+READY\r\n"

    def obey(self, command: str) -> Iterable[str]:
        """AT and five settings."""
        if command == "AT":
            return ["+OK"]
        found = re.fullmatch(r"AT\+([A-Z]+)=(.*)", command)
        if found is None or found[1] not in _SETTINGS:
            return [_UNKNOWN_COMMAND]
        if not re.fullmatch(_SETTINGS[found[1]], found[2]):
            return [_FAILURE]
        self.settings[found[1]] = found[2]
        return ["+OK"]

    def hand_over(self, payload: bytes, rssi_dbm: int, snr_db: int) -> bytes:
        """The payload goes out as it is."""
        head = f"+RCV={self.sender},{len(payload)},".encode()
        return head + payload + f",{rssi_dbm},{snr_db}\r\n".encode()

    def mishear(self) -> bytes:
        """It names the wrong CRC."""
        return b"+ERR=12\r\n"
