"""Microchip RN2483 and RN2903 (LoStik and others), their radio used without the LoRaWAN stack.

    radio_rx  48656C6C6F        a packet: payload in hex after one or two blanks
    radio_err                   wrong CRC, or the watchdog; either ends listening

`radio rx 0` listens for one packet. So after each of these two lines it is said again, after the signal of
the packet was asked for: `radio get snr` gives dB, `radio get rssi` dBm from firmware 1.0.5 on. The packet
is held back for the few ms until the answers are there. Other answers: `ok`, `busy`, `invalid_param`.
A line `RN2483 1.0.5 ...` is the answer to `sys get ver`, or a boot.

Source: Microchip RN2483 LoRa Technology Module Command Reference, DS40001784; ronoth/LoStik, examples.
"""

import re

from gateway.sources.serial_line.framing.lines import Lines
from gateway.sources.serial_line.modem import Modem, ModemSettings, RadioSetup, hex_packet
from gateway.sources.serial_line.said import Ask, Dropped, Packet, Report
from gateway.sources.serial_line.step import Judge, Step, answer, line

_BANNERS = (b"RN2483", b"RN2903")
_NUMBER = re.compile(rb"-?\d{1,4}", re.ASCII)
_PAUSED = re.compile(rb"[1-9]\d{0,9}", re.ASCII)
_BANDWIDTHS_HZ = (125_000, 250_000, 500_000)
_SIGNAL_TIMEOUT_S = 0.5
_SYNC_WORD = {"public": "34", "private": "12"}
_ERRORS = (b"invalid_param", b"busy", b"err")
_OK = answer(b"ok", bad=_ERRORS)
_VERSION = answer(*_BANNERS, bad=_ERRORS)


class Rn2483(Modem):
    """An RN2483 or RN2903. It keeps no radio settings, and hears one packet at a time."""

    baud = 57_600
    options = frozenset({"sync_word"})

    def __init__(self, settings: ModemSettings) -> None:
        self.framer = Lines(marker=b"radio_rx")
        self._radio_steps = _radio_steps(settings)
        self._stop = _stop_step(reset=settings.radio is not None)
        self._listen = Step(
            say=line("radio rx 0"), judge=_OK, remedy="switch the modem off and on again"
        )
        self._held: Packet | None = None

    def steps(self) -> tuple[Step, ...]:
        """Stop what was before, take the radio from the LoRaWAN stack, set it, listen."""
        return (
            Step(say=line("sys get ver"), judge=_VERSION),
            self._stop,
            Step(say=line("mac pause"), judge=_paused),
            *self._radio_steps,
            # Without this the modem gives up after 15 s; then radio_err makes it listen again.
            Step(say=line("radio set wdt 0"), judge=_OK, required=False),
            self._listen,
        )

    def read(self, said: bytes) -> tuple[Report, ...] | None:
        """Packets are held back until `asked`."""
        if said.startswith(b"radio_rx"):
            earlier = self.asked()
            packet = hex_packet(said, said.removeprefix(b"radio_rx").strip(), None, None)
            if isinstance(packet, Packet):
                self._held = packet
                return *earlier, Ask(self._signal_steps())
            return *earlier, packet, Ask((self._listen,))
        if said.startswith(b"radio_err"):
            return Dropped("radio_errors"), Ask((self._listen,))
        return (Dropped("other_events"),) if said.startswith(b"radio_tx_ok") else None

    def booted(self, said: bytes) -> bool:
        """Its version, when nobody asked for it."""
        return said.startswith(_BANNERS)

    def asked(self) -> tuple[Report, ...]:
        """The packet, with the signal as far as it is known."""
        held, self._held = self._held, None
        return () if held is None else (held,)

    def _signal_steps(self) -> tuple[Step, ...]:
        return (
            self._signal_step("radio get snr", self._hear_snr),
            self._signal_step("radio get rssi", self._hear_rssi),
            self._listen,
        )

    def _signal_step(self, text: str, judge: Judge) -> Step:
        return Step(say=line(text), judge=judge, timeout_s=_SIGNAL_TIMEOUT_S, required=False)

    def _hear_snr(self, said: bytes) -> bool | None:
        if _NUMBER.fullmatch(said) and self._held is not None:
            self._held = Packet(self._held.payload, self._held.rssi_dbm, int(said))
        return _number(said)

    def _hear_rssi(self, said: bytes) -> bool | None:
        if _NUMBER.fullmatch(said) and self._held is not None:
            self._held = Packet(self._held.payload, int(said), self._held.snr_db)
        return _number(said)


def _number(said: bytes) -> bool | None:
    if _NUMBER.fullmatch(said):
        return True
    return False if said.startswith(_ERRORS) else None


def _paused(said: bytes) -> bool | None:
    """The time in ms for which the stack stays away; 0 when it cannot now."""
    if said.isdigit():
        return _PAUSED.fullmatch(said) is not None
    return False if said.startswith(_ERRORS) else None


def _stop_step(*, reset: bool) -> Step:
    """Ends what an earlier run of this program started; firmware before 1.0.5 can only be reset.

    A reset also forgets the radio settings, so it is not done when they are not set from here.
    """
    anew = Step(say=line("sys reset"), judge=_VERSION, required=False, reboots=True)
    return Step(
        say=line("radio rxstop"), judge=_OK, required=False, instead=anew if reset else None
    )


def _radio_steps(settings: ModemSettings) -> tuple[Step, ...]:
    radio = settings.radio
    words = [] if radio is None else _radio_words(radio)
    if sync_word := settings.sync_word or ("public" if radio else None):
        words.append(f"sync {_SYNC_WORD[sync_word]}")
    if radio is not None:
        words += ["crc on", "iqi off"]
    remedy = "check it against what this model can do: an RN2903 takes 902 to 928 MHz only"
    return tuple(Step(say=line(f"radio set {text}"), judge=_OK, remedy=remedy) for text in words)


def _radio_words(radio: RadioSetup) -> list[str]:
    if radio.bandwidth_hz not in _BANDWIDTHS_HZ:
        raise ValueError("rn2483 takes bandwidth_hz 125000, 250000 or 500000")
    if radio.spreading_factor < 7:
        raise ValueError("rn2483 takes spreading_factor 7 to 12")
    return [
        "mod lora",
        f"freq {radio.frequency_hz}",
        f"sf sf{radio.spreading_factor}",
        f"bw {radio.bandwidth_hz // 1000}",
        f"cr {radio.coding_rate}",
    ]
