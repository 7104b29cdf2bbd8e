"""How a frame was modulated, from the texts of packet forwarders.

    freq   868.1                MHz; the float's digits are exact to 1 Hz
    modu   LORA FSK LR-FHSS     any case; LRFHSS and LR_FHSS are seen too
    datr   SF7BW125             LoRa: spreading factor, bandwidth in kHz (SF12Bw125, SF7BW62.5, SF?BW? seen)
           50000                FSK: bit/s, a number, now and then as text
           M0CW137              LR-FHSS: mode, operating channel width in kHz
    codr   4/5 .. 4/8           also 2/3 for 4/6, 1/2 and 2/4 for 4/8; OFF, ? and others mean not known

What is not known is None, never an error: the frame is worth keeping without it. A missing or unknown
`modu` is told from the form of `datr`.

Source: Lora-net/packet_forwarder PROTOCOL.TXT 4, Lora-net/sx1302_hal packet_forwarder/PROTOCOL.md 4.
"""

import re
from functools import lru_cache

from gateway.model import Modulation, Radio

_RADIOS_MAX = 1024
"""Radio values kept at once: 8 channels of 7 data rates are 56; the rest is room for many gateways."""
_FREQUENCY_MHZ_MAX = 10_000
"""LoRa ends at 2.5 GHz; more is a frequency in another unit."""

_LORA = re.compile(r"SF(\d{1,2})BW(\d{1,4}(?:\.\d{1,3})?)", re.ASCII | re.IGNORECASE)
_LR_FHSS = re.compile(r"M\d{1,2}CW(\d{1,4})", re.ASCII | re.IGNORECASE)
_MODULATIONS: dict[str, Modulation] = {
    "LORA": "LORA",
    "FSK": "FSK",
    "LR-FHSS": "LR_FHSS",
    "LRFHSS": "LR_FHSS",
    "LR_FHSS": "LR_FHSS",
}
_CODING_RATE = re.compile(r"\d/\d(?:LI)?", re.ASCII)
_LORA_SYNONYMS = {"2/3": "4/6", "2/4": "4/8", "1/2": "4/8"}
_BIT_RATE_DIGITS_MAX = 7
"""No FSK modem on these bands sends 10 Mbit/s."""


@lru_cache(maxsize=_RADIOS_MAX)
def radio(freq: float | None, modu: str | None, datr: str | int | None, codr: str | None) -> Radio:
    """The radio settings of a frame. Equal arguments give the same object: a site has few of them."""
    text = str(datr)
    modulation = _MODULATIONS.get((modu or "").upper()) or _modulation_of(text)
    frequency_hz = _frequency_hz(freq)
    coding_rate = codr if codr and _CODING_RATE.fullmatch(codr) else None
    if modulation == "FSK":
        return Radio(frequency_hz, modulation, bit_rate=_bit_rate(text))
    if modulation == "LR_FHSS":
        found = _LR_FHSS.fullmatch(text)
        width_hz = int(found[1]) * 1000 if found else None
        return Radio(frequency_hz, modulation, bandwidth_hz=width_hz, coding_rate=coding_rate)
    spreading_factor, bandwidth_hz = _lora(text)
    return Radio(
        frequency_hz,
        modulation,
        spreading_factor,
        bandwidth_hz,
        coding_rate=_LORA_SYNONYMS.get(coding_rate or "", coding_rate),
    )


def _frequency_hz(freq: float | None) -> int | None:
    """Whole Hz of MHz: 868.1 is 868099999.9999999 times a million, so it is rounded, not cut."""
    if freq is None or not 0 < freq < _FREQUENCY_MHZ_MAX:
        return None
    return round(freq * 1_000_000)


def _modulation_of(datr: str) -> Modulation:
    if _bit_rate(datr) is not None:
        return "FSK"
    return "LR_FHSS" if _LR_FHSS.fullmatch(datr) else "LORA"


def _bit_rate(datr: str) -> int | None:
    usable = datr.isascii() and datr.isdigit() and len(datr) <= _BIT_RATE_DIGITS_MAX
    return int(datr) if usable else None


def _lora(datr: str) -> tuple[int | None, int | None]:
    """Spreading factor 5..12 and bandwidth in Hz."""
    found = _LORA.fullmatch(datr)
    if found is None:
        return None, None
    factor = int(found[1])
    return (factor if 5 <= factor <= 12 else None), round(float(found[2]) * 1000)
