"""Milesight WS301: a contact at a door or a window.

    01 75  u8   battery, %
    03 00  u8   1 open, 0 closed
    04 00  u8   1 taken off its place, 0 fitted

Source: user guide of the WS301; vendor/milesight-iot/ws301.js in TheThingsNetwork/lorawan-devices
(Apache-2.0).
"""

from decoders.vendors.milesight.tlv import Table, decoders_of
from decoders.vendors.milesight.words import BATTERY_RECORD, flag

TABLE = Table(
    models=("WS301",),
    measurement="cabinet",
    entries={"01 75": BATTERY_RECORD, "03 00": flag("door_open"), "04 00": flag("tamper")},
    answers={0x03: 2, 0x10: 1, 0x28: 1},
    source="WS301 user guide; TheThingsNetwork/lorawan-devices ws301.js (Apache-2.0)",
)

DECODERS = decoders_of(TABLE)
