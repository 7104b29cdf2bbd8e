"""RAK811 modules: firmware 3 in P2P mode, and the packets of firmware 2.

    at+recv=-67,8,3:313233          firmware 3, P2P: RSSI, SNR, length : payload in hex
    at+recv=-67,8,0                 the same without a payload
    at+recv=1,-65,6,2:4865          firmware 3, LoRaWAN: port, RSSI, SNR, length : a downlink to the module
    at+recv=0,-68,7,0               the same without a payload, an acknowledgement
    at+recv=0,1,0,0,1,55            firmware 2: status, port, RSSI, SNR, length, payload in hex
    at+recv=2,0,0                   firmware 2: status (2 is sent), port, length: no packet

The number of commas tells the forms apart. Answers begin with `OK` or `ERROR`; a boot ends with
`Initialization OK`, of firmware 2 with `Welcome to RAK811`. Firmware 2 has other commands: it must be made to
listen before it is connected.

Source: RAK811 AT Command Manual V3; AmedeeBulle/pyrak811, tests.
"""

import re

from gateway.sources.serial_line.framing.lines import Lines
from gateway.sources.serial_line.modem import Modem, ModemSettings, RadioSetup, hex_packet
from gateway.sources.serial_line.said import Dropped, Packet, Report, Unreadable
from gateway.sources.serial_line.step import Step, answer, line

_MARKER = b"at+recv="
_NUMBERS = re.compile(rb"-?\d{1,4}(?:,-?\d{1,4}){2,4}", re.ASCII)
_BANDWIDTH_INDEX = {125_000: 0, 250_000: 1, 500_000: 2}
_POWER_DBM = 16  # part of the command, though nothing is sent
_PREAMBLE_SYMBOLS = 8
_REBOOT_TIMEOUT_S = 10.0
_ERRORS = (b"ERROR",)
_OK = answer(b"OK", bad=_ERRORS)
_STARTED = answer(b"Initialization OK", bad=_ERRORS)
_DOWNLINK = "a downlink to the modem itself: it must be in P2P mode"
_MISMATCH = "its length does not fit its payload: bytes were lost"


class Rak811(Modem):
    """A RAK811. It keeps its settings in flash and restarts when its mode is set."""

    baud = 115_200
    options = frozenset({"preamble_symbols"})

    def __init__(self, settings: ModemSettings) -> None:
        self.framer = Lines(marker=_MARKER)
        preamble_symbols = settings.preamble_symbols or _PREAMBLE_SYMBOLS
        self._radio = (
            () if settings.radio is None else (_lorap2p(settings.radio, preamble_symbols),)
        )

    def steps(self) -> tuple[Step, ...]:
        """Mode, radio, receive."""
        mode = Step(
            say=line("at+set_config=lora:work_mode:1"),
            judge=_STARTED,
            timeout_s=_REBOOT_TIMEOUT_S,
            stored=True,
            reboots=True,
        )
        receive = Step(say=line("at+set_config=lorap2p:transfer_mode:1"), judge=_OK)
        version = Step(say=line("at+version"), judge=_OK)
        return version, mode, *self._radio, receive

    def read(self, said: bytes) -> tuple[Report, ...] | None:
        """Packets all begin with at+recv= ."""
        if not said.startswith(_MARKER):
            return None
        values, colon, digits = said.removeprefix(_MARKER).partition(b":")
        if not colon and values.count(b",") == 5:
            values, _, digits = values.rpartition(b",")
        if not _NUMBERS.fullmatch(values):
            return (Unreadable(said, "not numbers and hex digits"),)
        return (_reading(said, [int(value) for value in values.split(b",")], digits),)

    def booted(self, said: bytes) -> bool:
        """Either firmware's last boot line."""
        return b"Initialization OK" in said or b"Welcome to RAK811" in said


def _reading(said: bytes, values: list[int], digits: bytes) -> Report:
    """What the numbers before the payload make of a line."""
    if len(digits) != 2 * values[-1]:
        return Unreadable(said, _MISMATCH)
    if len(values) == 5:
        return _unchecked(hex_packet(said, digits, values[2], values[3]))
    if len(values) == 4:
        return Unreadable(said, _DOWNLINK) if digits else Dropped("other_events")
    if values[0] >= 0 and not digits:
        return Dropped("other_events")  # a status of firmware 2: no RSSI is positive
    return _unchecked(hex_packet(said, digits, values[0], values[1]))


def _unchecked(packet: Packet | Unreadable) -> Packet | Unreadable:
    """No document says what the module does with a packet whose CRC is wrong."""
    if isinstance(packet, Unreadable):
        return packet
    return Packet(packet.payload, packet.rssi_dbm, packet.snr_db, crc="none")


def _lorap2p(radio: RadioSetup, preamble_symbols: int) -> Step:
    index = _BANDWIDTH_INDEX.get(radio.bandwidth_hz)
    if index is None:
        raise ValueError("rak811 takes bandwidth_hz 125000, 250000 or 500000")
    text = (
        f"at+set_config=lorap2p:{radio.frequency_hz}:{radio.spreading_factor}:{index}"
        f":{radio.coding_step}:{preamble_symbols}:{_POWER_DBM}"
    )
    remedy = "check frequency_hz, spreading_factor and bandwidth_hz, and that its firmware is 3"
    return Step(say=line(text), judge=_OK, remedy=remedy, stored=True)
