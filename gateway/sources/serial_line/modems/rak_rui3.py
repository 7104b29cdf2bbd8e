"""RAK modules with RUI3 firmware (RAK3172, RAK4631, RAK11720 ...) in their P2P mode.

    +EVT:RXP2P:-28:5:48656C6C6F              RSSI dBm, SNR dB, payload in hex of either case, may be empty
    +EVT:RXFSK:-60:0:0102                    the same, FSK
    +EVT:RXP2P, RSSI -43, SNR 5              firmware up to 1.0.4: two lines
    +EVT:48656C6C6F
    +EVT:RXP2P RECEIVE ERROR                 wrong CRC; the firmware stops listening until AT+PRECV is said again
    +EVT:RX_1:-52:9:UNICAST:3:4321           a downlink to the module itself: it is in LoRaWAN mode

Answers end with `OK` or one of `AT_ERROR`, `AT_PARAM_ERROR`, `AT_BUSY_ERROR` ...; a boot ends with
`Current Work Mode: LoRa P2P.`. AT+PRECV=65534 listens for ever.

Source: RAK RUI3 AT Command Manual; formats in RAKWireless/RAK-STM32-RUI, component/service/lora.
"""

import re

from gateway.sources.serial_line.framing.lines import Lines
from gateway.sources.serial_line.modem import Modem, ModemSettings, RadioSetup, hex_packet
from gateway.sources.serial_line.said import Ask, Dropped, Packet, Report, Unreadable
from gateway.sources.serial_line.step import Step, answer, line

_ONE_LINE = re.compile(rb"\+EVT:RX(P2P|FSK):(-?\d{1,4}):(-?\d{1,3}):([^:]*)", re.ASCII)
_HEADER = re.compile(rb"\+EVT:RXP2P, RSSI (-?\d{1,4}), SNR (-?\d{1,3})", re.ASCII)
_HEX_LINE = re.compile(rb"\+EVT:((?:[0-9A-Fa-f]{2})+)", re.ASCII)
_BANDWIDTH_INDEX = {
    125_000: 0, 250_000: 1, 500_000: 2, 7_800: 3, 10_400: 4, 15_600: 5, 20_800: 6, 31_250: 7, 41_700: 8, 62_500: 9,
}  # fmt: skip
_SYNC_WORD = {"public": "3444", "private": "1424"}  # as the SX126x register holds 0x34 and 0x12
_BANNER = b"Current Work Mode:"
_P2P_BANNER = b"LoRa P2P"
_POWER_DBM = 14  # part of AT+P2P, though nothing is sent
_PREAMBLE_SYMBOLS = 8  # TS001: LoRaWAN's
_OK = answer(b"OK", bad=(b"AT_",))


class RakRui3(Modem):
    """A RUI3 module. It keeps its settings in flash."""

    baud = 115_200
    options = frozenset({"sync_word", "preamble_symbols"})

    def __init__(self, settings: ModemSettings) -> None:
        self.framer = Lines(marker=b"+EVT:")
        self._settings = settings
        self._in_p2p = False
        self._header: tuple[int, int] | None = None
        """RSSI and SNR of an old firmware's first line."""
        self._radio_steps = tuple(_radio_steps(settings))

    def steps(self) -> tuple[Step, ...]:
        """AT+NWM=0 restarts a module that was in another mode, so it is not said to one that is not."""
        mode = () if self._in_p2p else (Step(say=line("AT+NWM=0"), judge=_OK, stored=True),)
        listen = Step(say=line("AT+PRECV=65534"), judge=_OK)
        return (
            Step(say=line("AT"), judge=_OK),
            *mode,
            # With the receiver on, settings are answered with AT_BUSY_ERROR.
            Step(say=line("AT+PRECV=0"), judge=_OK, required=False),
            *self._radio_steps,
            listen,
        )

    def read(self, said: bytes) -> tuple[Report, ...] | None:
        """Reports all begin with +EVT: ."""
        header, self._header = self._header, None
        if not said.startswith(b"+EVT:"):
            return None
        if found := _ONE_LINE.fullmatch(said):
            packet = hex_packet(said, found[4], int(found[2]), int(found[3]))
            return (_fsk(packet) if found[1] == b"FSK" else packet,)
        if found := _HEADER.fullmatch(said):
            self._header = int(found[1]), int(found[2])
            return ()
        if found := _HEX_LINE.fullmatch(said):
            return (hex_packet(said, found[1], *(header or (None, None))),)
        return self._event(said)

    def booted(self, said: bytes) -> bool:
        """The boot line also tells the mode."""
        if _BANNER not in said:
            return False
        self._in_p2p = _P2P_BANNER in said
        return True

    def _event(self, said: bytes) -> tuple[Report, ...]:
        if said.endswith((b" RECEIVE ERROR", b" RECEIVE TIMEOUT")):
            return Dropped("radio_errors"), Ask(self._listen_steps())
        if said.startswith((b"+EVT:RXP2P", b"+EVT:RXFSK")):
            return (Unreadable(said, "not <RSSI>:<SNR>:<hex digits>"),)
        if said.startswith((b"+EVT:RX_", b"+EVT:UNICAST")):
            return (Unreadable(said, "a downlink to the modem itself: it must be in P2P mode"),)
        return (Dropped("other_events"),)

    def _listen_steps(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps() if step.say.startswith(b"AT+PRECV="))


def _radio_steps(settings: ModemSettings) -> list[Step]:
    steps = []
    if settings.radio is not None:
        steps.append(_p2p(settings.radio, settings.preamble_symbols or _PREAMBLE_SYMBOLS))
    sync_word = settings.sync_word or ("public" if settings.radio else None)
    if sync_word is not None:
        say = line(f"AT+SYNCWORD={_SYNC_WORD[sync_word]}")
        steps.append(Step(say=say, judge=_OK, stored=True))
    if settings.radio is not None:
        newer = Step(say=line("AT+PCRYPT=0"), judge=_OK, required=False, stored=True)
        steps += [
            Step(say=line("AT+IQINVER=0"), judge=_OK, required=False, stored=True),
            Step(say=line("AT+ENCRY=0"), judge=_OK, instead=newer, stored=True),
        ]
    return steps


def _p2p(radio: RadioSetup, preamble_symbols: int) -> Step:
    """The radio in one step: bandwidth as an index, or as kHz where the firmware is older."""
    index = _BANDWIDTH_INDEX.get(radio.bandwidth_hz)
    if index is None:
        known = ", ".join(str(hz) for hz in sorted(_BANDWIDTH_INDEX))
        raise ValueError(f"rak_rui3 takes bandwidth_hz {known}")
    texts = [
        f"AT+P2P={radio.frequency_hz}:{radio.spreading_factor}:{bandwidth}:{radio.coding_step - 1}"
        f":{preamble_symbols}:{_POWER_DBM}"
        for bandwidth in (index, radio.bandwidth_hz // 1000)
    ]
    remedy = "check frequency_hz, spreading_factor and bandwidth_hz against what this module can do"
    older = Step(say=line(texts[1]), judge=_OK, remedy=remedy, stored=True)
    return Step(say=line(texts[0]), judge=_OK, remedy=remedy, stored=True, instead=older)


def _fsk(packet: Packet | Unreadable) -> Packet | Unreadable:
    if isinstance(packet, Unreadable):
        return packet
    return Packet(packet.payload, packet.rssi_dbm, packet.snr_db, modulation="FSK")
