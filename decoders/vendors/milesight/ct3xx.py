"""Milesight CT303, CT305 and CT310: the currents of three conductors, by clamps.

    03 97, 05 97, 07 97  u32  charge that has flowed through clamp 1, 2, 3, 0.01 Ah
    04 99, 06 99, 08 99  u16  current of clamp 1, 2, 3, 0.1 A
    09 67                i16  temperature, 0.1 °C

    84 99, 86 99, 88 99  alarm: highest, lowest, present current u16 (0.1 A), flags u8 as of the CT10x
    89 67                alarm: temperature i16, u8: 1 threshold crossed, 0 no more

Sentinels as of `ct10x.py`. The clamps are numbered, as on the case: which of them is on which phase, only
who fitted them knows. Source: user guide of the CT3xx; vendor/milesight-iot/ct310.js in
TheThingsNetwork/lorawan-devices (Apache-2.0).
"""

from decoders.items import Value
from decoders.layout import U8, U32
from decoders.record import Int, Record
from decoders.vendors.milesight.ct10x import PROBE, current
from decoders.vendors.milesight.tlv import Entry, Table, decoders_of
from decoders.vendors.milesight.words import Announced, NumberedFlag

SCALE = "0.1"
CLAMPS = ((1, "03", "04", "84"), (2, "05", "06", "86"), (3, "07", "08", "88"))
"""Number; channels of charge, current and alarm."""


def _clamps() -> dict[str, Record | Entry]:
    entries: dict[str, Record | Entry] = {}
    for number, charge, present, alarm in CLAMPS:
        entries[f"{charge} 97"] = Record("little", Int(U32, Value(f"charge_{number}_ah", "0.01")))
        entries[f"{present} 99"] = Record("little", current(f"current_{number}_a", SCALE))
        entries[f"{alarm} 99"] = Record(
            "little",
            current(f"current_max_{number}_a", SCALE),
            current(f"current_min_{number}_a", SCALE),
            current(f"current_{number}_a", SCALE),
            Int(
                U8,
                Announced(f"current_alarm_{number}", 0, 1),
                Announced(f"current_over_range_{number}", 2, 3),
            ),
        )
    return entries


TABLE = Table(
    models=("CT303", "CT305", "CT310"),
    measurement="energy",
    entries={
        **_clamps(),
        "09 67": Record("little", PROBE),
        "89 67": Record("little", PROBE, Int(U8, NumberedFlag("temperature_alarm", (1,), (0,)))),
    },
    answers={0x02: 2, 0x06: 9, 0x10: 1, 0x27: 1, 0x28: 1, 0x8E: 3, 0xF2: 2},
    source="CT3xx user guide; TheThingsNetwork/lorawan-devices ct310.js (Apache-2.0)",
)

DECODERS = decoders_of(TABLE)
