"""Seeed Wio-E5 (LoRa-E5, Grove Wio-E5) in its test mode.

    +TEST: LEN:32, RSSI:-46, SNR:10          first line of a packet
    +TEST: RX "0400FFEA0838..."              second line: payload in hex; LEN must be its length

The module goes on listening after a packet. Every setting, and the test mode itself, is lost when it
resets, and it says nothing then: the steps are said again when it has been quiet for a while. A packet
whose first line was lost is reported without RSSI.

Source: Seeed Grove Wio-E5 / LoRa-E5 AT Command Specification.
"""

import re

from gateway.sources.serial_line.framing.lines import Lines
from gateway.sources.serial_line.modem import Modem, ModemSettings, RadioSetup, SyncWord, hex_packet
from gateway.sources.serial_line.said import Dropped, Report, Unreadable
from gateway.sources.serial_line.step import Judge, Step, line

_MARKER = b"+TEST: "
_HEADER = re.compile(rb"\+TEST: LEN:(\d{1,3}), ?RSSI:(-?\d{1,4}), ?SNR:(-?\d{1,3})", re.ASCII)
_SETUP = re.compile(rb"\+TEST: RFCFG F:(\d{1,10}), ?SF(\d{1,2}), ?BW(\d{1,3})K", re.ASCII)
_FREQUENCY_TOLERANCE_HZ = 1000
"""The module parses MHz as a float of its own."""
_BANDWIDTHS_HZ = (125_000, 250_000, 500_000)
_PREAMBLE_SYMBOLS = 8
_POWER_DBM = 14  # part of the command, though nothing is sent


class WioE5(Modem):
    """A Wio-E5."""

    baud = 9600
    options = frozenset({"sync_word", "preamble_symbols"})

    def __init__(self, settings: ModemSettings) -> None:
        self.framer = Lines(marker=_MARKER)
        self._header: tuple[int, int, int] | None = None
        """Length, RSSI and SNR of a packet's first line."""
        if settings.sync_word is not None and settings.radio is None:
            raise ValueError(
                "a wio_e5 is told its sync_word together with frequency_hz, spreading_factor and "
                "bandwidth_hz: write these too"
            )
        self._radio: tuple[Step, ...] = ()
        if settings.radio is not None:
            symbols = settings.preamble_symbols or _PREAMBLE_SYMBOLS
            self._radio = (_rfcfg(settings.radio, symbols, settings.sync_word or "public"),)

    def steps(self) -> tuple[Step, ...]:
        """Test mode, radio, receive."""
        return (
            Step(say=line("AT"), judge=_answers(b"+AT: OK")),
            Step(say=line("AT+MODE=TEST"), judge=_answers(b"+MODE: TEST")),
            *self._radio,
            Step(say=line("AT+TEST=RXLRPKT"), judge=_answers(b"+TEST: RXLRPKT")),
        )

    def read(self, said: bytes) -> tuple[Report, ...] | None:
        """The two lines of a packet; everything else is an answer."""
        header, self._header = self._header, None
        lost: tuple[Report, ...] = () if header is None else (Dropped("headers_alone"),)
        if found := _HEADER.fullmatch(said):
            self._header = int(found[1]), int(found[2]), int(found[3])
            return lost
        if said.startswith(b"+TEST: LEN:"):
            return (*lost, Unreadable(said, "not LEN, RSSI and SNR"))
        if said.startswith(b"+TEST: RX "):
            return (_packet(said, header),)
        if said.startswith((b"+TEST: TX", b"+TEST: STOP")):
            return (*lost, Dropped("other_events"))
        self._header = header  # an answer to a probe may stand between the two lines
        return None


def _packet(said: bytes, header: tuple[int, int, int] | None) -> Report:
    quoted = said.removeprefix(b"+TEST: RX ")
    if len(quoted) < 2 or quoted[:1] != b'"' or quoted[-1:] != b'"':
        return Unreadable(said, "the payload does not stand in quotes: bytes were lost")
    digits = quoted[1:-1]
    if header is None:
        return hex_packet(said, digits, None, None)
    length, rssi_dbm, snr_db = header
    if len(digits) != 2 * length:
        return Unreadable(said, f"LEN was {length}, but there are {len(digits)} hex digits")
    return hex_packet(said, digits, rssi_dbm, snr_db)


def _answers(good: bytes) -> Judge:
    """A judge for `good`, and for `ERROR(-n)` of any part of the firmware."""

    def judge(said: bytes) -> bool | None:
        if said.startswith(good):
            return True
        return False if b": ERROR(" in said else None

    return judge


def _rfcfg(radio: RadioSetup, preamble_symbols: int, sync_word: SyncWord) -> Step:
    if radio.bandwidth_hz not in _BANDWIDTHS_HZ:
        raise ValueError("wio_e5 takes bandwidth_hz 125000, 250000 or 500000")
    if radio.spreading_factor < 7:
        raise ValueError("wio_e5 takes spreading_factor 7 to 12")
    frequency_mhz = f"{radio.frequency_hz / 1e6:.6f}".rstrip("0").rstrip(".")
    public = "ON" if sync_word == "public" else "OFF"
    text = (
        f"AT+TEST=RFCFG,{frequency_mhz},SF{radio.spreading_factor},{radio.bandwidth_hz // 1000}"
        f",{preamble_symbols},{preamble_symbols},{_POWER_DBM},ON,OFF,{public}"
    )

    def judge(said: bytes) -> bool | None:
        """The module says back what it took."""
        found = _SETUP.match(said)
        if found is None:
            return False if b": ERROR(" in said else None
        deviation_hz = abs(int(found[1]) - radio.frequency_hz)
        took = int(found[2]), int(found[3]) * 1000
        wanted = radio.spreading_factor, radio.bandwidth_hz
        return deviation_hz <= _FREQUENCY_TOLERANCE_HZ and took == wanted

    remedy = "check frequency_hz, spreading_factor and bandwidth_hz against what this module can do"
    return Step(say=line(text), judge=judge, remedy=remedy)
