"""Time on air of a frame, in milliseconds.

    LoRa   Tsym = 2^SF / BW          DE = 1 where Tsym > 16 ms          preamble 8 symbols, sync 4.25
           n    = 8 + max(ceil((8 bytes - 4 SF + 28 + 16 CRC - 20 IH) / (4 (SF - 2 DE))) * (CR + 4), 0)
           ToA  = (preamble + 4.25 + n) * Tsym
           SF5 and SF6 of the SX126x: sync 6.25, 20 in place of 28, never DE
    FSK    (5 preamble + 3 sync + 1 length + bytes + 2 CRC) * 8 / bit rate

Source: Semtech AN1200.13 and the SX1261/2 data sheet, section 6.1.4; RP002-1.0.3 section 4.2.1 for FSK.
"""

from functools import lru_cache
from math import ceil

CODING_RATES = {"4/5": 1, "4/6": 2, "4/7": 3, "4/8": 4}
"""CR by the name that receivers use."""
PREAMBLE_SYMBOLS = 8
"""Of every LoRaWAN LoRa frame but beacons."""
_OPTIMISE_ABOVE_MS = 16.0
_FSK_FRAMING_BYTES = 5 + 3 + 1 + 2


@lru_cache(maxsize=4096)
def lora_airtime_ms(
    phy_bytes: int,
    spreading_factor: int,
    bandwidth_hz: int,
    coding_rate: str = "4/5",
    preamble_symbols: int = PREAMBLE_SYMBOLS,
    *,
    crc: bool = True,
    explicit_header: bool = True,
) -> float:
    """How long a LoRa frame of `phy_bytes` takes. An uplink has a CRC, a LoRaWAN downlink has none.

    Raises:
        ValueError: a spreading factor outside 5..12, no bandwidth, or an unknown coding rate.
    """
    if not 5 <= spreading_factor <= 12:
        raise ValueError(f"a spreading factor is 5 to 12, not {spreading_factor}")
    if bandwidth_hz <= 0:
        raise ValueError(f"a bandwidth is some kHz, not {bandwidth_hz} Hz")
    if coding_rate not in CODING_RATES:
        raise ValueError(f"a coding rate is one of {', '.join(CODING_RATES)}, not {coding_rate!r}")
    symbol_ms = (1 << spreading_factor) * 1000 / bandwidth_hz
    low = spreading_factor < 7
    optimised = not low and symbol_ms > _OPTIMISE_ABOVE_MS
    bits = 8 * phy_bytes - 4 * spreading_factor + (8 if not low else 0)
    bits += 20 * explicit_header + 16 * crc
    per_block = 4 * (spreading_factor - 2 * optimised)
    payload_symbols = 8 + max(ceil(bits / per_block) * (CODING_RATES[coding_rate] + 4), 0)
    sync_symbols = 6.25 if low else 4.25
    return (preamble_symbols + sync_symbols + payload_symbols) * symbol_ms


def fsk_airtime_ms(phy_bytes: int, bit_rate: int) -> float:
    """How long an FSK frame of `phy_bytes` takes at `bit_rate` bits/s.

    Raises:
        ValueError: no bit rate.
    """
    if bit_rate <= 0:
        raise ValueError(f"a bit rate is some kbit/s, not {bit_rate} bit/s")
    return (_FSK_FRAMING_BYTES + phy_bytes) * 8000 / bit_rate
