"""Reyax RYLR modules (RYLR998, 498, 993, 896, 406): proprietary packets between modules of this make.

    +RCV=50,5,HELLO,-99,40          sender's address, length, data as raw bytes, RSSI dBm, SNR dB
    +ERR=12                         wrong CRC (19: wrong header, 11: receive time-out): nothing was delivered
    +READY                          a boot

The module always listens. Answers: `+OK` or `+ERR=n`. Its packets carry a header of their own, so it hears no
other brand and no LoRaWAN. The SNR of the RYLR896 generation has a scale of its own (the guide's example
is 40); it is handed on as told.

Source: REYAX RYLR998 and RYLR498 LoRa AT command guide; RYLR896 AT command guide.
"""

import re

from gateway.sources.serial_line.framing.reyax_records import ReyaxRecords
from gateway.sources.serial_line.modem import Modem, ModemSettings, RadioSetup
from gateway.sources.serial_line.said import Dropped, Packet, Report, Unreadable
from gateway.sources.serial_line.step import Step, answer, line

_RECORD = re.compile(
    rb"\+RCV=(\d{1,5}),(\d{1,3}),(.*),(-?\d{1,4}),(-?\d{1,4})", re.ASCII | re.DOTALL
)
_RADIO_ERRORS = frozenset({b"+ERR=11", b"+ERR=12", b"+ERR=19"})
_BANDWIDTH_CODE = {125_000: 7, 250_000: 8, 500_000: 9}
_PREAMBLE_SYMBOLS = 12  # the module's default; all modules of a network must agree
_REMEDY = "look the number up in the module's AT command guide, and check the value in the config"
_OK = answer(b"+OK", bad=(b"+ERR=",))


class Reyax(Modem):
    """A Reyax module. It keeps its settings in flash."""

    baud = 115_200
    options = frozenset({"network_id", "address", "preamble_symbols"})

    def __init__(self, settings: ModemSettings) -> None:
        self.framer = ReyaxRecords()
        texts = ["AT+MODE=0"]
        if settings.radio is not None:
            symbols = settings.preamble_symbols or _PREAMBLE_SYMBOLS
            texts += [
                f"AT+BAND={settings.radio.frequency_hz}",
                f"AT+PARAMETER={_parameter(settings.radio)},{symbols}",
            ]
        if settings.network_id is not None:
            texts.append(f"AT+NETWORKID={settings.network_id}")
        if settings.address is not None:
            texts.append(f"AT+ADDRESS={settings.address}")
        self._settings = tuple(
            Step(say=line(text), judge=_OK, remedy=_REMEDY, stored=True) for text in texts
        )

    def steps(self) -> tuple[Step, ...]:
        """Receiving is its normal state, so there are only settings."""
        return Step(say=line("AT"), judge=_OK), *self._settings

    def read(self, said: bytes) -> tuple[Report, ...] | None:
        """Packets, and the errors that belong to packets."""
        if said in _RADIO_ERRORS:
            return (Dropped("radio_errors"),)
        if not said.startswith(b"+RCV="):
            return None
        found = _RECORD.fullmatch(said)
        if found is None or len(found[3]) != int(found[2]):
            return (Unreadable(said, "its length does not fit its data: bytes were lost"),)
        return (Packet(found[3], int(found[4]), int(found[5]), int(found[1])),)

    def booted(self, said: bytes) -> bool:
        """It says so."""
        return said.startswith(b"+READY")


def _parameter(radio: RadioSetup) -> str:
    code = _BANDWIDTH_CODE.get(radio.bandwidth_hz)
    if code is None:
        raise ValueError("reyax takes bandwidth_hz 125000, 250000 or 500000")
    return f"{radio.spreading_factor},{code},{radio.coding_step}"
