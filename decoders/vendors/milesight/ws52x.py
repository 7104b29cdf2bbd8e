"""Milesight WS522, WS523, WS525 and WS52x: switched sockets that measure.

    03 74  u16  voltage, 0.1 V          06 83  u32  energy, Wh
    04 80  u32  active power, W         07 c9  u16  current, mA
    05 81  u8   power factor, %         08 70  u8   bit 0: the socket is on

Source: user guide of the WS52x; vendor/milesight-iot/ws52x.js in TheThingsNetwork/lorawan-devices
(Apache-2.0), which calls the power factor "power", does not know 04 80, and reads an energy above 2^31 Wh as
negative.
"""

from decoders.items import Flag, Value
from decoders.layout import U8, U16, U32
from decoders.record import Int, Record
from decoders.vendors.milesight.tlv import Table, decoders_of

TABLE = Table(
    models=("WS52x", "WS522", "WS523", "WS525"),
    measurement="energy",
    entries={
        "03 74": Record("little", Int(U16, Value("voltage_v", "0.1", high=1000))),
        "04 80": Record("little", Int(U32, Value("active_power_w", high=10**6))),
        "05 81": Record("little", Int(U8, Value("power_factor", "0.01"))),
        "06 83": Record("little", Int(U32, Value("energy_import_wh"))),
        "07 c9": Record("little", Int(U16, Value("current_a", "0.001"))),
        "08 70": Record("little", Int(U8, Flag("relay_on", bit=0))),
    },
    answers={
        0x03: 2, 0x10: 1, 0x22: 4, 0x23: 2, 0x24: 2, 0x25: 2, 0x26: 1, 0x27: 1, 0x28: 1, 0x2C: 1, 0x2F: 1,
        0x30: 2,
    },
    source="WS52x user guide; TheThingsNetwork/lorawan-devices ws52x.js (Apache-2.0)",
)  # fmt: skip

DECODERS = decoders_of(TABLE)
