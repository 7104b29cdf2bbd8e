"""Dragino LAQ4: indoor air quality, 11 bytes on FPort 2.

    byte    0 1      2                                3 4    5 6    7 8    9 10
            battery  bits 2-6 working mode, 0 alarm   TVOC   CO2    T      RH

    battery mV; TVOC u16 ppb; CO2 u16 ppm; temperature i16 0.1 °C; humidity u16 0.1 %RH. Big-endian.

Working mode 1 measures. Mode 31 tells the thresholds of the alarm instead of measurements: it becomes a
reading of `device` with the battery and the thresholds' bytes. Source: vendor/dragino/laq4.js in
TheThingsNetwork/lorawan-devices (Apache-2.0).
"""

from decoders.contract import About
from decoders.fixed import Choice, OneRecord, decoder_of
from decoders.items import Flag, Value
from decoders.layout import I16, U8, U16
from decoders.record import Gap, Int, Record, Text

MEASURES = 1
THRESHOLDS = 31

BATTERY = Int(U16, Value("battery_v", "0.001"))

PAYLOAD = Choice(
    size_bytes=11,
    what="byte 2, the working mode,",
    chosen_by=lambda payload: payload[2] >> 2 & 0x1F,
    layouts={
        MEASURES: OneRecord(
            "air_quality",
            Record(
                "big",
                BATTERY,
                Int(U8, Flag("alarm", bit=0)),
                Int(U16, Value("tvoc_ppb")),
                Int(U16, Value("co2_ppm")),
                Int(I16, Value("temperature_c", "0.1")),
                Int(U16, Value("humidity_pct", "0.1")),
            ),
        ),
        THRESHOLDS: OneRecord(
            "device", Record("big", BATTERY, Gap(1), Text("setting_answered", 8, bytes.hex))
        ),
    },
)

DECODER = decoder_of(
    "dragino_laq4",
    {2: PAYLOAD},
    About(
        vendor="Dragino",
        models=("LAQ4",),
        measurements=("air_quality", "device"),
        source="TheThingsNetwork/lorawan-devices laq4.js (Apache-2.0)",
    ),
)
