"""Milesight EM500-CO2: carbon dioxide, temperature, humidity and pressure, outdoors.

    01 75  u8   battery, %              05 7d  u16  CO2, ppm
    03 67  i16  temperature, 0.1 °C     06 73  u16  pressure, 0.1 hPa
    04 68  u8   humidity, 0.5 %RH

    83 d7  alarm: temperature i16, its jump i16 (0.1 °C), kind u8: 0 threshold, 1 threshold no more, 2 jump
    20 ce  stored record: time u32, CO2, pressure, temperature, humidity as above

Source: user guide of the EM500-CO2; vendor/milesight-iot/em500-co2.js in TheThingsNetwork/lorawan-devices
(Apache-2.0), which reads CO2 and pressure as signed: above 32,767 ppm it turns negative, here it does not.
"""

from decoders.items import Value
from decoders.layout import I16, U8
from decoders.record import Int, Record
from decoders.vendors.milesight.tlv import Stored, Table, decoders_of
from decoders.vendors.milesight.words import (
    BATTERY_RECORD,
    HUMIDITY,
    HUMIDITY_RECORD,
    TEMPERATURE,
    TEMPERATURE_RECORD,
    NumberedFlag,
    u16,
)

CO2 = u16("co2_ppm")
PRESSURE = u16("pressure_hpa", "0.1")

TABLE = Table(
    models=("EM500-CO2",),
    measurement="air_quality",
    entries={
        "01 75": BATTERY_RECORD,
        "03 67": TEMPERATURE_RECORD,
        "04 68": HUMIDITY_RECORD,
        "05 7d": Record("little", CO2),
        "06 73": Record("little", PRESSURE),
        "83 d7": Record(
            "little",
            TEMPERATURE,
            Int(I16, Value("temperature_change_c", "0.1")),
            Int(U8, NumberedFlag("temperature_alarm", on=(0, 2), off=(1,))),
        ),
        "20 ce": Stored(Record("little", CO2, PRESSURE, TEMPERATURE, HUMIDITY)),
    },
    answers={
        0x02: 2, 0x03: 2, 0x06: 9, 0x10: 1, 0x11: 4, 0x17: 2, 0x18: 2, 0x1A: 1, 0x1C: 2, 0x27: 1, 0x28: 1,
        0x35: 8, 0x39: 5, 0x3B: 1, 0x68: 1, 0x69: 1, 0x6A: 3, 0x84: 1, 0x87: 3, 0x96: 8, 0xF1: 4, 0xF2: 2,
        0xF5: 1,
    },
    source="EM500-CO2 user guide; TheThingsNetwork/lorawan-devices em500-co2.js (Apache-2.0)",
)  # fmt: skip

DECODERS = decoders_of(TABLE)
