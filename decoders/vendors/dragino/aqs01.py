"""Dragino AQS01-L: indoor CO2, temperature, humidity and pressure, 11 bytes.

    FPort 2, byte   0 1      2 3   4 5   6 7        8 9   10
                    battery  T     RH    pressure   CO2   flags

    battery mV; temperature i16 0.1 °C, or 0.01 °C where bit 4 of the flags is set; humidity u16 0.1 %RH;
    pressure u16 0.1 hPa; CO2 u16 ppm. Flags: 0 CO2 too high, 1 too low, 2 temperature too high, 3 too low.

    FPort 3, byte   0 1   2 3   4 5   6       7-10         stored records, one after the other
                    CO2   RH    T     flags   Unix time

    temperature 0.1 °C, or 0.01 °C where bit 0 of the flags is set

    FPort 5, byte   0           1 2        3           4          5 6
                    model 0x37  firmware   frequency   sub-band   battery, mV

Big-endian. Source: vendor/dragino/aqs01-l.js in TheThingsNetwork/lorawan-devices (Apache-2.0), which knows
firmware 1.0 and one decimal; facts of the maker's decoder for firmware 1.3, which sends two. Nobody published a
vector: the example at The Things Network is that of another device.
"""

from decoders.contract import About
from decoders.fixed import Choice, OneRecord, StoredRecords, decoder_of
from decoders.items import Must, Value
from decoders.layout import I16, U8, U16
from decoders.record import Gap, Int, Record, Text
from decoders.vendors.dragino.words import TwoFlags, version

MODEL = 0x37

BATTERY = Int(U16, Value("battery_v", "0.001"))
TWO_DECIMALS_BIT = 4


def _report(scale: str) -> OneRecord:
    return OneRecord(
        "air_quality",
        Record(
            "big",
            BATTERY,
            Int(I16, Value("temperature_c", scale)),
            Int(U16, Value("humidity_pct", "0.1")),
            Int(U16, Value("pressure_hpa", "0.1")),
            Int(U16, Value("co2_ppm")),
            Int(U8, TwoFlags("co2_alarm", 0, 1), TwoFlags("temperature_alarm", 2, 3)),
        ),
    )


REPORT = Choice(
    size_bytes=11,
    what="bit 4 of byte 10",
    chosen_by=lambda payload: payload[10] >> TWO_DECIMALS_BIT & 1,
    layouts={0: _report("0.1"), 1: _report("0.01")},
)


def _kept(scale: str) -> Record:
    return Record(
        "big",
        Int(U16, Value("co2_ppm")),
        Int(U16, Value("humidity_pct", "0.1")),
        Int(I16, Value("temperature_c", scale)),
        Gap(5),
    )


STORED = StoredRecords(
    "air_quality",
    _kept("0.1"),
    time_at=7,
    variant=_kept("0.01"),
    is_variant=lambda record: bool(record[6] & 1),
)

ABOUT_ITSELF = OneRecord(
    "device",
    Record(
        "big",
        Int(U8, Must(MODEL, "byte 0, the model,")),
        Text("firmware_version", 2, version),
        Gap(2),
        BATTERY,
    ),
)

DECODER = decoder_of(
    "dragino_aqs01_l",
    {2: REPORT, 3: STORED, 5: ABOUT_ITSELF},
    About(
        vendor="Dragino",
        models=("AQS01-L",),
        measurements=("air_quality", "device"),
        source="TheThingsNetwork/lorawan-devices aqs01-l.js (Apache-2.0)",
    ),
)
