"""Browan MerryIoT CD10: indoor CO2, temperature and humidity, 6 or 7 bytes on FPort 127.

    byte    0        1         2             3          4 5
            status   battery   temperature   humidity   CO2            older firmware
    byte    0        1         2 3           4          5 6
            status   battery   temperature   humidity   CO2            newer firmware

    status       1 the button was pressed, 4 CO2 above its threshold, 5 CO2 is being calibrated
                 (0 tells a report that an event caused); others are reserved and must be 0
    battery      low 4 bits, 2.1 V and 0.1 V for each step
    temperature  i8 °C, or i16 0.1 °C
    humidity     low 7 bits, %RH
    CO2          u16 ppm. 0 comes in the first ten minutes after joining: not measured yet

Little-endian. Source: CD10 reference manual, BQW_02_0032, 4.1.2; vendors/browan/codecs/merryiot-cd10.js in
chirpstack-device-profiles (MIT). The codec at The Things Network (vendor/browan/cd10.js) reads temperatures
below zero as 6,553 °C; the one of ChirpStack takes the reserved bits of the battery for voltage, and i8
temperatures only up to 125 °C. A CO2 value that comes while it is calibrated is no measurement: a fault.
"""

from collections.abc import Mapping
from datetime import datetime

from decoders.contract import About, Decoded, Decoder
from decoders.findings import Findings
from decoders.items import Flag, Must, Value
from decoders.layout import I16, U8, U16
from decoders.record import I8, Int, Part, Record
from decoders.refusals import wrong_length, wrong_port

NAME = "browan_cd10"
F_PORT = 127
CALIBRATING = 1 << 5

STATUS = Int(
    U8,
    Must(0, "bits 2 and 3 of byte 0, the status,", bits=(2, 2)),
    Must(0, "bits 6 and 7 of byte 0, the status,", bits=(6, 2)),
    Flag("button", bit=1),
    Flag("co2_alarm", bit=4),
)
BATTERY = Int(U8, Value("battery_v", "0.1", offset="2.1", bits=(0, 4)))
HUMIDITY = Int(U8, Value("humidity_pct", bits=(0, 7)))
CO2 = Int(U16, Value("co2_ppm", faults=(0,)))


def _report(temperature: Part) -> Record:
    return Record("little", STATUS, BATTERY, temperature, HUMIDITY, CO2)


OLDER = _report(Int(I8, Value("temperature_c")))
NEWER = _report(Int(I16, Value("temperature_c", "0.1")))
BY_LENGTH: Mapping[int, Record] = {record.size_bytes: record for record in (OLDER, NEWER)}


def decode(
    f_port: int,
    payload: bytes,
    received_at: datetime | None,  # noqa: ARG001 - nothing is stored
) -> tuple[Decoded, ...]:
    """Read a report as one reading.

    Raises:
        DecodeRefused: wrong_port, wrong_length or unknown_layout.
    """
    if f_port != F_PORT:
        raise wrong_port(NAME, f_port, (F_PORT,))
    record = BY_LENGTH.get(len(payload))
    if record is None:
        raise wrong_length(NAME, len(payload), "6 or 7")
    findings = Findings()
    record.read(payload, 0, findings)
    if payload[0] & CALIBRATING:
        findings.missing("co2_ppm", "fault")
    return (findings.reading("air_quality"),)


DECODER = Decoder(
    name=NAME,
    f_ports=frozenset((F_PORT,)),
    quantities=OLDER.quantities,
    decode=decode,
    about=About(
        vendor="Browan",
        models=("MerryIoT CD10",),
        measurements=("air_quality",),
        source="CD10 reference manual; chirpstack-device-profiles merryiot-cd10.js (MIT)",
    ),
)
