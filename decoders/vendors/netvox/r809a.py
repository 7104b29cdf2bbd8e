"""Netvox R809A (device type 0e) and R816B (73): a switched socket that measures. Bytes 3 to 10 of a report:

    1   3 on 01, off 00   4-7 energy u32, Wh   8 too much current   9 inrush current   10 power failed
    2   3 4 voltage, V   5 6 current, mA   7 8 power, W

Bytes 8 to 10 of report 1 are 01 for an alarm, 00 for none. Source: R809A user manual, 5.1;
vendor/netvox/payload/r809a.js in TheThingsNetwork/lorawan-devices (Apache-2.0), which takes every other report
for report 2, and reads an energy above 2^31 Wh as negative.
"""

from decoders.items import Flag, Value
from decoders.layout import U8, U16, U32
from decoders.record import Gap, Int, Record
from decoders.vendors.netvox.report import Model, decoder_of

STATE = Record(
    "big",
    Int(U8, Flag("relay_on")),
    Int(U32, Value("energy_import_wh")),
    Int(U8, Flag("overload")),
    Int(U8, Flag("current_alarm")),
    Int(U8, Flag("mains_ok", on=0, off=1)),
)
POWER = Record(
    "big",
    Int(U16, Value("voltage_v")),
    Int(U16, Value("current_a", "0.001")),
    Int(U16, Value("active_power_w")),
    Gap(2),
)

DECODERS = tuple(
    decoder_of(
        Model(
            name=name,
            device_type=device_type,
            measurement="energy",
            reports={1: STATE, 2: POWER},
            source="R809A user manual; TheThingsNetwork/lorawan-devices r809a.js (Apache-2.0)",
        )
    )
    for name, device_type in (("R809A", 0x0E), ("R816B", 0x73))
)
