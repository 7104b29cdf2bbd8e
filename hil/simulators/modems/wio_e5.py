"""A Seeed Wio-E5: it loses its mode and its settings when it resets, and says nothing then.

Source: Seeed LoRa-E5 AT Command Specification.
"""

import re
from collections.abc import Iterable

from hil.simulators.modems.firmware import TextFirmware

_RFCFG = re.compile(
    r"AT\+TEST=RFCFG,(?P<mhz>[0-9.]+),SF(?P<sf>\d+),(?P<khz>125|250|500),(?P<txpr>\d+),(?P<rxpr>\d+),"
    r"(?P<dbm>\d+),(?P<crc>ON|OFF),(?P<iq>ON|OFF),(?P<public>ON|OFF)"
)


class WioE5Firmware(TextFirmware):
    """A module as delivered: in LoRaWAN mode."""

    def __init__(self) -> None:
        super().__init__()
        self.test_mode = False
        self.public = False

    def power_on(self) -> bytes:
        """Silence."""
        self.test_mode = False
        return super().power_on()

    def obey(self, command: str) -> Iterable[str]:
        """AT, AT+MODE=TEST and the test mode's RFCFG and RXLRPKT."""
        if command == "AT":
            return ["+AT: OK"]
        if command == "AT+MODE=TEST":
            self.test_mode = True
            return ["+MODE: TEST"]
        if not self.test_mode:
            return ["+TEST: ERROR(-12)"]
        if found := _RFCFG.fullmatch(command):
            self.public = found["public"] == "ON"
            hertz = round(float(found["mhz"]) * 1_000_000)
            told = (
                f"+TEST: RFCFG F:{hertz}, SF{found['sf']}, BW{found['khz']}K, TXPR:{found['txpr']}, "
                f"RXPR:{found['rxpr']}, POW:{found['dbm']}dBm, CRC:{found['crc']}, IQ:{found['iq']}, "
                f"PNET:{found['public']}"
            )
            return [told]
        if command == "AT+TEST=RXLRPKT":
            self.listening = True
            return ["+TEST: RXLRPKT"]
        return ["+TEST: ERROR(-1)"]

    def hand_over(self, payload: bytes, rssi_dbm: int, snr_db: int) -> bytes:
        """Two lines."""
        first = f"+TEST: LEN:{len(payload)}, RSSI:{rssi_dbm}, SNR:{snr_db}\r\n"
        return f'{first}+TEST: RX "{payload.hex().upper()}"\r\n'.encode()
