"""Attribute 0006 of Watteco's cluster 0050: the power sources of a node and their voltages.

byte    0        1       2          3 4 ...                        last
        length   modes   sources    u16 mV for each bit of byte 2  source in use

bit 0 mains or external, 1 rechargeable battery, 2 battery, 3 solar cell, 4 data line of a meter
"""

from decoders.contract import Quantity
from decoders.findings import Findings
from decoders.items import Flag, Value
from decoders.refusals import unknown_layout, wrong_length

SOURCES = (
    Value("supply_voltage_v", "0.001"),
    Value("rechargeable_battery_v", "0.001"),
    Value("battery_v", "0.001"),
    Value("solar_v", "0.001"),
    Value("harvest_v", "0.001"),
)
"""By the bits of byte 2."""
EXTERNAL = Flag("external_power", bit=0)
TAKES = tuple(source.take() for source in SOURCES)
TAKE_EXTERNAL = EXTERNAL.take()

QUANTITIES: tuple[Quantity, ...] = (
    *(source.described for source in SOURCES),
    EXTERNAL.described,
)


def read_power(payload: bytes, at: int, findings: Findings) -> int:
    """Note the voltages; gives where the value ends.

    Raises:
        DecodeRefused: wrong_length or unknown_layout.
    """
    if at + 3 > len(payload):
        raise wrong_length("the power sources", len(payload) - at, "4 or more")
    sources = payload[at + 2]
    if sources >> len(SOURCES):
        raise unknown_layout(f"byte {at + 2}: power sources 0x{sources:02x}; expected bits 0 to 4")
    voltages_at = at + 3
    ends = voltages_at + 2 * sources.bit_count() + 1
    if payload[at] != ends - at - 1 or ends > len(payload):
        raise wrong_length("the power sources", len(payload) - at, ends - at)
    for bit, take in enumerate(TAKES):
        if sources >> bit & 1:
            take(int.from_bytes(payload[voltages_at : voltages_at + 2], "big"), findings)
            voltages_at += 2
    TAKE_EXTERNAL(payload[voltages_at], findings)
    return ends
