"""Milesight CT101, CT103 and CT105: the current of one conductor, by a clamp.

    03 97  u32  charge that has flowed, 0.01 Ah       04 98  u16  current, 0.01 A
    09 67  i16  temperature, 0.1 °C

    84 98  alarm: highest, lowest, present current u16 (0.01 A), flags u8:
           bit 0 threshold crossed, 1 no more, 2 out of the clamp's range, 3 no more
    89 67  alarm: temperature i16, u8: 1 threshold crossed, 0 no more

A u16 of 0xffff is a clamp that could not be read. Of temperatures 0xffff could not be read and 0xfffd is out
of range, so that -0.1 °C and -0.3 °C cannot be sent. The counter is a charge in Ah, no energy.
Source: user guide of the CT10x; vendor/milesight-iot/ct101.js in TheThingsNetwork/lorawan-devices
(Apache-2.0), which reads the sentinels of an alarm as values.
"""

from decoders.items import Value
from decoders.layout import I16, U8, U16, U32
from decoders.record import Int, Record
from decoders.vendors.milesight.tlv import Table, decoders_of
from decoders.vendors.milesight.words import Announced, NumberedFlag

SCALE = "0.01"
READ_FAILED = (0xFFFF,)


def current(name: str, scale: str = SCALE) -> Int:
    """A current whose highest integer is a read that failed."""
    return Int(U16, Value(name, scale, faults=READ_FAILED))


PROBE = Int(I16, Value("temperature_c", "0.1", faults=(-1,), beyond=(-3,)))

TABLE = Table(
    models=("CT101", "CT103", "CT105"),
    measurement="energy",
    entries={
        "03 97": Record("little", Int(U32, Value("charge_ah", "0.01"))),
        "04 98": Record("little", current("current_a")),
        "09 67": Record("little", PROBE),
        "84 98": Record(
            "little",
            current("current_max_a"),
            current("current_min_a"),
            current("current_a"),
            Int(U8, Announced("current_alarm", 0, 1), Announced("current_over_range", 2, 3)),
        ),
        "89 67": Record("little", PROBE, Int(U8, NumberedFlag("temperature_alarm", (1,), (0,)))),
    },
    answers={0x02: 2, 0x06: 9, 0x10: 1, 0x27: 1, 0x28: 1, 0x8E: 3, 0xF2: 2},
    source="CT10x user guide; TheThingsNetwork/lorawan-devices ct101.js (Apache-2.0)",
)

DECODERS = decoders_of(TABLE)
