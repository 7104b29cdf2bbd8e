"""How a frame was modulated, from the `txInfo` of ChirpStack's JSON, all versions.

    v4   {"frequency": 867300000, "modulation": {"lora": {"bandwidth": 125000, "spreadingFactor": 7,
          "codeRate": "CR_4_5"}}}                   or fsk {datarate}, lrFhss {operatingChannelWidth, codeRate}
    v3   {"frequency": 868300000, "modulation": "LORA", "loRaModulationInfo": {"bandwidth": 125,
          "spreadingFactor": 11, "codeRate": "4/5"}}          or fskModulationInfo, lrFHSSModulationInfo
    v2   {"frequency": 868100000, "dataRate": {"modulation": "LORA", "bandwidth": 125, "spreadFactor": 7},
          "codeRate": "4/5"}                                  or {"modulation": "FSK", "bitRate": 50000}
    application server, json_v3   {"frequency": 868100000, "dr": 5}     what dr means is the region's

A gateway writes one of some dozen such texts per channel and data rate, so the text itself is the key
under which its Radio is remembered, and is parsed once.

Zero is left out by the writer, so 0 and missing both mean unknown here. Bandwidths are Hz in v4, kHz before.
"""

from functools import lru_cache
from typing import Annotated

from msgspec import Meta, Raw, Struct
from msgspec.json import Decoder

from gateway.model import Modulation, Radio

RADIOS_MAX = 1024
TEXT_BYTES_MAX = 512
"""A longer text is parsed each time, so that 1024 of them cannot fill the memory; real ones have 150."""
_KHZ_MAX = 10_000
"""Bandwidths up to here are kHz; no receiver has one of 10 MHz or of less than 7.8 kHz."""


U32 = Annotated[int, Meta(ge=0, le=2**32 - 1)]
"""Numbers of the air are uint32 in every dialect; a larger one would not fit into the store."""


class _Settings(Struct, frozen=True, gc=False):
    """The parameters of one modulation; LoRa, FSK and LR-FHSS have no key in common but the code rate."""

    bandwidth: U32 = 0
    spreadingFactor: U32 = 0  # noqa: N815 - the dialect's own names, here and below
    spreadFactor: U32 = 0  # noqa: N815
    codeRate: str = ""  # noqa: N815
    datarate: U32 = 0
    bitRate: U32 = 0  # noqa: N815
    operatingChannelWidth: U32 = 0  # noqa: N815
    modulation: str = "LORA"


class _ByKind(Struct, frozen=True, gc=False):
    """What v4 says of the modulation: one of three is there."""

    lora: _Settings | None = None
    fsk: _Settings | None = None
    lrFhss: _Settings | None = None  # noqa: N815


class _TxInfo(Struct, frozen=True, gc=False):
    frequency: U32 = 0
    modulation: _ByKind | str | None = None
    loRaModulationInfo: _Settings | None = None  # noqa: N815
    fskModulationInfo: _Settings | None = None  # noqa: N815
    lrFHSSModulationInfo: _Settings | None = None  # noqa: N815
    dataRate: _Settings | None = None  # noqa: N815
    codeRate: str = ""  # noqa: N815


_TX_INFO = Decoder(_TxInfo | None, strict=False)
_MODULATIONS: dict[str, Modulation] = {
    "LORA": "LORA",
    "FSK": "FSK",
    "LR_FHSS": "LR_FHSS",
    "LR-FHSS": "LR_FHSS",
}


def radio(tx_info: Raw) -> Radio:
    """The radio settings of a `txInfo` text. Equal texts give the same object.

    Raises:
        ValueError: it is no `txInfo`; the message says where.
    """
    text = bytes(tx_info)
    return _radio(text) if len(text) <= TEXT_BYTES_MAX else _radio.__wrapped__(text)


@lru_cache(maxsize=RADIOS_MAX)
def _radio(text: bytes) -> Radio:
    tx = _TX_INFO.decode(text)
    if tx is None:
        return Radio()
    return from_parts(tx.frequency, *_modulation(tx))


def _modulation(tx: _TxInfo) -> tuple[Modulation, int, int, int, str]:
    """What `from_parts` takes after the frequency."""
    if isinstance(tx.modulation, _ByKind):
        kinds = tx.modulation
        if kinds.fsk:
            return "FSK", 0, 0, kinds.fsk.datarate, ""
        if kinds.lrFhss:
            return "LR_FHSS", 0, kinds.lrFhss.operatingChannelWidth, 0, kinds.lrFhss.codeRate
        lora = kinds.lora or _Settings()
        return "LORA", lora.spreadingFactor, lora.bandwidth, 0, lora.codeRate
    if tx.fskModulationInfo:
        return "FSK", 0, 0, tx.fskModulationInfo.datarate, ""
    if tx.lrFHSSModulationInfo:
        spread = tx.lrFHSSModulationInfo
        return "LR_FHSS", 0, spread.operatingChannelWidth, 0, spread.codeRate
    if tx.dataRate:
        rate = tx.dataRate
        kind = _MODULATIONS.get(rate.modulation.upper(), "LORA")
        return kind, rate.spreadFactor, rate.bandwidth, rate.bitRate, tx.codeRate
    lora = tx.loRaModulationInfo or _Settings()
    return "LORA", lora.spreadingFactor, lora.bandwidth, 0, lora.codeRate


def from_parts(
    frequency_hz: int,
    modulation: Modulation,
    spreading_factor: int,
    bandwidth: int,
    bit_rate: int,
    code_rate: str,
) -> Radio:
    """A Radio of numbers in which 0 means unknown, and of a bandwidth in Hz or kHz."""
    if modulation == "FSK":
        return Radio(frequency_hz or None, "FSK", bit_rate=bit_rate or None)
    return Radio(
        frequency_hz or None,
        modulation,
        spreading_factor if 5 <= spreading_factor <= 12 else None,
        bandwidth * 1000 if 0 < bandwidth < _KHZ_MAX else bandwidth or None,
        coding_rate=coding_rate(code_rate),
    )


def coding_rate(text: str) -> str | None:
    """A coding rate as "4/5" of "4/5" or "CR_4_5", with LI after it where it is long-interleaved."""
    if not text or text == "CR_UNDEFINED":
        return None
    if not text.startswith("CR_"):
        return text
    rate = text[3:].removeprefix("LI_").replace("_", "/")
    return rate + "LI" if text.startswith("CR_LI_") else rate
