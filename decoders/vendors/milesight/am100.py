"""Milesight AM102, AM103, AM104 and AM107: indoor climate and air quality.

    01 75  u8   battery, %              06 65  u16  light, lx; u16 without a meaning here; u16 infrared, raw
    03 67  i16  temperature, 0.1 °C     07 7d  u16  CO2, ppm
    04 68  u8   humidity, 0.5 %RH       08 7d  u16  TVOC, ppb
    05 6a  u16  movements counted       09 73  u16  pressure, 0.1 hPa

    20 ce  stored record: time u32, temperature, humidity; AM103 then CO2

AM102 has temperature and humidity, AM103 CO2 too, AM104 light and movements, AM107 all of it. 08 7d is a
concentration here; of the AM300 it is an index. Source: user guides of the AM100 series; am102l.js, am107.js
in TheThingsNetwork/lorawan-devices vendor/milesight-iot (Apache-2.0).
"""

from decoders.items import Value
from decoders.layout import U16
from decoders.record import Gap, Int, Record
from decoders.vendors.milesight.tlv import Entry, Stored, Table, decoders_of
from decoders.vendors.milesight.words import (
    BATTERY_RECORD,
    HUMIDITY,
    HUMIDITY_RECORD,
    TEMPERATURE,
    TEMPERATURE_RECORD,
    u16,
    word,
)

SOURCE = "AM100 user guides; TheThingsNetwork/lorawan-devices milesight-iot (Apache-2.0)"
ANSWERS = {
    0x03: 2, 0x06: 9, 0x10: 1, 0x11: 4, 0x17: 2, 0x18: 2, 0x27: 1, 0x2D: 1, 0x2F: 1, 0x3B: 1, 0x56: 1,
    0x57: 1, 0x59: 1, 0x5A: 2, 0x68: 1, 0x69: 1, 0x6A: 3, 0x75: 7, 0x85: 1, 0x86: 1,
}  # fmt: skip
"""3a is left out: it has a list of unknown length."""

CO2 = u16("co2_ppm")

CLIMATE: dict[str, Record | Entry] = {
    "01 75": BATTERY_RECORD,
    "03 67": TEMPERATURE_RECORD,
    "04 68": HUMIDITY_RECORD,
}
ALL: dict[str, Record | Entry] = {
    **CLIMATE,
    "05 6a": Record("little", Int(U16, Value("motion_count"))),
    "06 65": Record(
        "little", Int(U16, Value("illuminance_lx")), Gap(2), Int(U16, Value("infrared_level"))
    ),
    "07 7d": Record("little", CO2),
    "08 7d": word("tvoc_ppb"),
    "09 73": word("pressure_hpa", "0.1"),
}

TABLES = (
    Table(
        models=("AM102", "AM102L"),
        measurement="climate",
        entries={**CLIMATE, "20 ce": Stored(Record("little", TEMPERATURE, HUMIDITY))},
        answers=ANSWERS,
        source=SOURCE,
    ),
    Table(
        models=("AM103", "AM103L"),
        measurement="air_quality",
        entries={
            **CLIMATE,
            "07 7d": Record("little", CO2),
            "20 ce": Stored(Record("little", TEMPERATURE, HUMIDITY, CO2)),
        },
        answers=ANSWERS,
        source=SOURCE,
    ),
    Table(
        models=("AM104", "AM107"),
        measurement="air_quality",
        entries=ALL,
        answers=ANSWERS,
        source=SOURCE,
    ),
)

DECODERS = tuple(decoder for table in TABLES for decoder in decoders_of(table))
