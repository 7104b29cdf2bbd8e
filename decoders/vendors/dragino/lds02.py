"""Dragino LDS02 (and LWL02, LDS01): a contact at a door, or a leak sensor, 10 bytes on FPort 10.

    byte    0 1                                             2      3-5     6-8            9
            bit 15 open, bit 14 water, low 14 bits battery  mode   count   last, min      bit 0 alarm

    mode 1  door: openings counted, minutes the last one lasted; the alarm is a door that stands open too long
    mode 2  leak: the same of water, without an alarm
    mode 3  door and leak, without counts

Battery in mV, counts u24. Big-endian. Source: vendor/dragino/lds02.js in TheThingsNetwork/lorawan-devices
(Apache-2.0) and codecs/lds02.js in chirpstack-device-profiles (MIT). Other modes are refused, and so are other
lengths: the example at The Things Network has 7 bytes, of which its codec makes 65,536 minutes.
"""

from decoders.contract import About
from decoders.fixed import Choice, OneRecord, decoder_of
from decoders.items import Flag, Value
from decoders.layout import U8, U16, U24
from decoders.record import Gap, Int, Record

DOOR, LEAK, BOTH = 1, 2, 3

BATTERY = Value("battery_v", "0.001", bits=(0, 14))
OPEN = Flag("door_open", bit=15)
WATER = Flag("leak", bit=14)
ALARM = Int(U8, Flag("door_open_too_long", bit=0))

PAYLOAD = Choice(
    size_bytes=10,
    what="byte 2, the mode,",
    chosen_by=lambda payload: payload[2],
    layouts={
        DOOR: OneRecord(
            "cabinet",
            Record(
                "big",
                Int(U16, BATTERY, OPEN),
                Gap(1),
                Int(U24, Value("door_open_count")),
                Int(U24, Value("door_open_s", "60")),
                ALARM,
            ),
        ),
        LEAK: OneRecord(
            "cabinet",
            Record(
                "big",
                Int(U16, BATTERY, WATER),
                Gap(1),
                Int(U24, Value("leak_count")),
                Int(U24, Value("leak_s", "60")),
                Gap(1),
            ),
        ),
        BOTH: OneRecord("cabinet", Record("big", Int(U16, BATTERY, OPEN, WATER), Gap(7), ALARM)),
    },
)

DECODERS = tuple(
    decoder_of(
        f"dragino_{model.lower()}",
        {10: PAYLOAD},
        About(
            vendor="Dragino",
            models=(model,),
            measurements=("cabinet",),
            source="TheThingsNetwork/lorawan-devices lds02.js (Apache-2.0);"
            " chirpstack-device-profiles (MIT)",
        ),
    )
    for model in ("LDS02", "LDS01", "LWL02")
)
