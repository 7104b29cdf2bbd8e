"""Netvox R718N1, R718N3 and their like: clamps that measure alternating currents. Bytes 3 to 10 of a report:

    R718N1 (49), R718NL1 (98)
    1   3 battery   4 5 current, mA   6 multiplier   7-10 R718NL1: light u32, lx
    R718N3 (4a), R718NL3 (99)
    1   3 battery   4 5 current 1, mA   6 7 current 2   8 9 current 3   10 multiplier 1
    2   3 battery   4 multiplier 2   5 multiplier 3   6-9 R718NL3: light u32, lx
    3   3 battery   4 5 current 1   6 7 current 2   8 9 current 3   10 multipliers, 2 bits each from bit 0:
        0 is 1, 1 is 5, 2 is 10, 3 is 100                                     (R718N3 E series)
    4   3 battery   4 alarms: 0 current 1 too low, 1 too high, 2 3 current 2, 4 5 current 3
    R718N360 (ca), an interface to clamps of others: what it counts is known only to who connected them
    1   3 battery   4-7 channel A u32   8 alarms: 0 channel A too low, 1 too high, 2 3 B, 4 5 C
    2   3-6 channel B u32   7-10 channel C u32

A current is what it says times its multiplier. The report 1 of three phases has only the first multiplier:
current 2 and 3 are given as `current_raw_2_ma`, `current_raw_3_ma`, and their multipliers, which come in report 2,
as `current_multiplier_2`, `current_multiplier_3`; below 65.5 A they are 1. A product of two reports is nothing
that one payload says. Source: user manuals of R718N3 (E), R718NL3, R718N360, 5.1; vendor/netvox/payload/r718n1.js,
r718n3.js, r718nl1.js in TheThingsNetwork/lorawan-devices (Apache-2.0), which add "(low battery)" to the voltage
and of which only the newest know reports 3 and 4.
"""

from decoders.items import Item, Value
from decoders.layout import U8, U32, Width
from decoders.record import Gap, Int, Record
from decoders.vendors.netvox.report import BATTERY, Model, decoder_of
from decoders.vendors.netvox.words import MultipliedCurrent, TwoBitAlarm

SOURCE = "R718N series user manuals; TheThingsNetwork/lorawan-devices netvox (Apache-2.0)"

LIGHT = Int(U32, Value("illuminance_lx"))
ONE_CURRENT = Int(Width(3), MultipliedCurrent("current_a", (8, 16), (0, 8)))
MULTIPLIERS = (
    Int(U8, Value("current_multiplier_2", faults=(0,))),
    Int(U8, Value("current_multiplier_3", faults=(0,))),
)


def _three(*items: Item) -> Record:
    return Record("big", BATTERY, Int(Width(7), *items))


FIRST_MULTIPLIED = _three(
    MultipliedCurrent("current_1_a", (40, 16), (0, 8)),
    Value("current_raw_2_ma", bits=(24, 16)),
    Value("current_raw_3_ma", bits=(8, 16)),
)
ALL_MULTIPLIED = _three(
    MultipliedCurrent("current_1_a", (40, 16), (0, 2)),
    MultipliedCurrent("current_2_a", (24, 16), (2, 2)),
    MultipliedCurrent("current_3_a", (8, 16), (4, 2)),
)


def _alarms(name: str) -> Int:
    return Int(U8, *(TwoBitAlarm(f"{name}_{number}", 2 * number - 2) for number in (1, 2, 3)))


MODELS = (
    Model(
        name="R718N1",
        device_type=0x49,
        measurement="energy",
        reports={1: Record("big", BATTERY, ONE_CURRENT, Gap(4))},
        source=SOURCE,
    ),
    Model(
        name="R718NL1",
        device_type=0x98,
        measurement="energy",
        reports={1: Record("big", BATTERY, ONE_CURRENT, LIGHT)},
        source=SOURCE,
    ),
    Model(
        name="R718N3",
        device_type=0x4A,
        measurement="energy",
        reports={
            1: FIRST_MULTIPLIED,
            2: Record("big", BATTERY, *MULTIPLIERS, Gap(5)),
            3: ALL_MULTIPLIED,
            4: Record("big", BATTERY, _alarms("current_alarm"), Gap(6)),
        },
        source=SOURCE,
    ),
    Model(
        name="R718NL3",
        device_type=0x99,
        measurement="energy",
        reports={1: FIRST_MULTIPLIED, 2: Record("big", BATTERY, *MULTIPLIERS, LIGHT, Gap(1))},
        source=SOURCE,
    ),
    Model(
        name="R718N360",
        device_type=0xCA,
        measurement="energy",
        reports={
            1: Record("big", BATTERY, Int(U32, Value("value1")), _alarms("alarm"), Gap(2)),
            2: Record("big", Int(U32, Value("value2")), Int(U32, Value("value3"))),
        },
        source=SOURCE,
    ),
)

DECODERS = tuple(decoder_of(model) for model in MODELS)
