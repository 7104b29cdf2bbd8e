"""Milesight AM307, AM308 and AM319: indoor air quality.

    01 75  u8   battery, %              07 7d  u16  CO2, ppm               0b 7d  u16  PM2.5, µg/m³
    03 67  i16  temperature, 0.1 °C     08 7d  u16  air quality index/100  0c 7d  u16  PM10, µg/m³
    04 68  u8   humidity, 0.5 %RH       08 e6  u16  TVOC, µg/m³            0d 7d  u16  ozone, 0.01 ppm
    05 00  u8   motion, 1 or 0          09 73  u16  pressure, 0.1 hPa      0e 01  u8   buzzer, 1 or 0
    05 6a  u16  movements counted       0a 7d  u16  HCHO, 0.01 mg/m³
    06 cb  u8   light, 0 to 5

    20 ce  stored record: time u32, temperature, humidity u16 (0.5 %RH), motion, light, CO2, index, pressure;
           AM308 then PM2.5, PM10; AM319 these and HCHO, or ozone if it is fitted with that sensor
    21 ce  the same with TVOC in µg/m³ instead of the index

0xffff is a sensor that could not be read, 0xfffe one that is warming up. Source: user guide of the AM300
series; vendor/milesight-iot/am307.js, am308l.js, am319l.js in TheThingsNetwork/lorawan-devices (Apache-2.0).

Published codecs disagree about 08 7d: those of the first hardware give the integer, the later ones and the
user guide a hundredth of it, an index from 0 to 5. It is a hundredth here. 05 6a comes from the AM100
series; The Things Network's examples of the AM300 have it.
"""

from decoders.items import Flag, Value
from decoders.layout import U8, U16
from decoders.record import Int, Part, Record
from decoders.vendors.milesight.tlv import Entry, Stored, Table, decoders_of
from decoders.vendors.milesight.words import (
    BATTERY_RECORD,
    HUMIDITY_RECORD,
    TEMPERATURE,
    TEMPERATURE_RECORD,
    flag,
    u16,
    word,
)

SOURCE = "AM300 user guide; TheThingsNetwork/lorawan-devices milesight-iot (Apache-2.0)"

INDEX = u16("iaq_index", "0.01")
TVOC = u16("tvoc_ug_m3")
HCHO = u16("hcho_mg_m3", "0.01")
OZONE = u16("o3_ppb", "10")
PARTICLES = (u16("pm2_5_ug_m3"), u16("pm10_ug_m3"))

LIVE: dict[str, Record | Entry] = {
    "01 75": BATTERY_RECORD,
    "03 67": TEMPERATURE_RECORD,
    "04 68": HUMIDITY_RECORD,
    "05 00": flag("motion"),
    "05 6a": Record("little", Int(U16, Value("motion_count"))),
    "06 cb": Record("little", Int(U8, Value("light_level"))),
    "07 7d": word("co2_ppm"),
    "08 7d": Record("little", INDEX),
    "08 e6": Record("little", TVOC),
    "09 73": word("pressure_hpa", "0.1"),
    "0a 7d": Record("little", HCHO),
    "0b 7d": Record("little", PARTICLES[0]),
    "0c 7d": Record("little", PARTICLES[1]),
    "0d 7d": Record("little", OZONE),
    "0e 01": flag("buzzer_on"),
}

ANSWERS = {
    0x03: 2, 0x10: 1, 0x17: 2, 0x1A: 1, 0x25: 1, 0x27: 1, 0x2C: 1, 0x2D: 1, 0x2E: 1, 0x39: 1, 0x3A: 2,
    0x3B: 1, 0x3C: 1, 0x3D: 1, 0x3E: 1, 0x65: 2, 0x66: 1, 0x68: 1, 0x69: 1, 0x6A: 3, 0x6D: 1, 0xEB: 1,
    0xF4: 1,
}  # fmt: skip
"""f0 is left out: its length differs between published codecs."""


def _kept(tvoc: Int, *rest: Part) -> Stored:
    return Stored(
        Record(
            "little",
            TEMPERATURE,
            Int(U16, Value("humidity_pct", "0.5")),
            Int(U8, Flag("motion")),
            Int(U8, Value("light_level")),
            u16("co2_ppm"),
            tvoc,
            u16("pressure_hpa", "0.1"),
            *rest,
        )
    )


def _table(models: tuple[str, ...], *rest: Part) -> Table:
    return Table(
        models=models,
        measurement="air_quality",
        entries={**LIVE, "20 ce": _kept(INDEX, *rest), "21 ce": _kept(TVOC, *rest)},
        answers=ANSWERS,
        source=SOURCE,
    )


DECODERS = (
    *decoders_of(_table(("AM307", "AM307L"))),
    *decoders_of(_table(("AM308", "AM308L"), *PARTICLES)),
    *decoders_of(_table(("AM319", "AM319L"), *PARTICLES, HCHO)),
    *decoders_of(_table(("AM319-O3",), *PARTICLES, OZONE)),
)
