"""Cayenne LPP: items of channel, type and value, as many boards and kits send.

    byte    0         1      2...
            channel   type   value      then the next item

    00 digital in u8         66 presence u8            78 percentage u8       83 energy u32, 0.001 kWh
    01 digital out u8        67 temperature i16 0.1    79 altitude i16, m     84 direction u16, °
    02 analog in i16 0.01    68 humidity u8 0.5        7d concentr. u16 ppm   85 Unix time u32
    03 analog out i16 0.01   71 acceleration 3 i16     80 power u16, W        86 gyrometer 3 i16, 0.01 °/s
    64 number u32              0.001 g                 82 distance u32, mm    87 colour 3 u8
    65 light u16, lx         73 pressure u16 0.1 hPa                          88 position 3 i24: 0.0001 °,
    74 voltage u16 0.01 V    75 current u16 0.001 A    76 frequency u32, Hz     0.0001 °, 0.01 m
    8e switch u8

Big-endian. A type is the IPSO object's number less 3200. The types up to 73, and 86 and 88, are those of
myDevices; the others are what the community added, as The Things Network knows them. There is no length
byte: after an unknown type nothing could be told, so it refuses the payload.

What was measured on which channel only the node's program knows. So each channel is a reading of its own,
with the tag `channel`. Source: LPP 1.0 of myDevices; ElectronicCats/CayenneLPP (MIT).
"""

from collections.abc import Mapping
from datetime import datetime

from decoders.contract import About, Decoded, Decoder
from decoders.findings import Findings
from decoders.items import Flag, Item, Value
from decoders.layout import I16, U8, U16, U32, Width
from decoders.record import I24, Int, Record, Text
from decoders.refusals import APPLICATION_PORTS, unknown_layout, wrong_length, wrong_port

NAME = "cayenne_lpp"
HEADER_BYTES = 2


def _one(width: Width, item: Item) -> Record:
    return Record("big", Int(width, item))


TYPES: Mapping[int, Record] = {
    0x00: _one(U8, Flag("di")),
    0x01: _one(U8, Flag("do")),
    0x02: _one(I16, Value("analog_in", "0.01")),
    0x03: _one(I16, Value("analog_out", "0.01")),
    0x64: _one(U32, Value("value")),
    0x65: _one(U16, Value("illuminance_lx")),
    0x66: _one(U8, Flag("occupied")),
    0x67: _one(I16, Value("temperature_c", "0.1", low=-273.1, high=3276.7)),
    0x68: _one(U8, Value("humidity_pct", "0.5")),
    0x71: Record(
        "big",
        Int(I16, Value("acceleration_x_g", "0.001")),
        Int(I16, Value("acceleration_y_g", "0.001")),
        Int(I16, Value("acceleration_z_g", "0.001")),
    ),
    0x73: _one(U16, Value("pressure_hpa", "0.1")),
    0x74: _one(U16, Value("voltage_v", "0.01")),
    0x75: _one(U16, Value("current_a", "0.001")),
    0x76: _one(U32, Value("frequency_hz", low=0, high=2**32 - 1)),
    0x78: _one(U8, Value("percentage_pct")),
    0x79: _one(I16, Value("altitude_m", low=-32768)),
    0x7D: _one(U16, Value("concentration_ppm")),
    0x80: _one(U16, Value("active_power_w")),
    0x82: _one(U32, Value("distance_mm", high=2**32 - 1)),
    0x83: _one(U32, Value("energy_import_wh")),
    0x84: _one(U16, Value("direction_deg")),
    0x85: _one(U32, Value("device_clock_s")),
    0x86: Record(
        "big",
        Int(I16, Value("gyro_x_deg_s", "0.01")),
        Int(I16, Value("gyro_y_deg_s", "0.01")),
        Int(I16, Value("gyro_z_deg_s", "0.01")),
    ),
    0x87: Record("big", Text("colour", 3, lambda raw: "#" + raw.hex())),
    0x88: Record(
        "big",
        Int(I24, Value("latitude_deg", "0.0001")),
        Int(I24, Value("longitude_deg", "0.0001")),
        Int(I24, Value("altitude_m", "0.01", low=-90_000)),
    ),
    0x8E: _one(U8, Flag("switch_on")),
}
"""Records by type."""


def decode(
    f_port: int,
    payload: bytes,
    received_at: datetime | None,  # noqa: ARG001 - nothing is stored
) -> tuple[Decoded, ...]:
    """Read a payload as one reading per channel, in the order in which the channels come first.

    Raises:
        DecodeRefused: wrong_port, wrong_length or unknown_layout.
    """
    if f_port not in APPLICATION_PORTS:
        raise wrong_port(NAME, f_port, APPLICATION_PORTS)
    at, end = 0, len(payload)
    if not end:
        raise wrong_length(NAME, 0, "an item of channel, type and value")
    channels: dict[int, Findings] = {}
    while at < end:
        if end - at < HEADER_BYTES:
            raise wrong_length(f"the item at byte {at}", end - at, "a channel, a type and a value")
        record = TYPES.get(payload[at + 1])
        if record is None:
            raise unknown_layout(f"byte {at + 1}: {NAME} has no type 0x{payload[at + 1]:02x}")
        after = at + HEADER_BYTES + record.size_bytes
        if after > end:
            raise wrong_length(
                f"the item of type 0x{payload[at + 1]:02x} at byte {at}", end - at, after - at
            )
        findings = channels.get(payload[at])
        if findings is None:
            findings = channels[payload[at]] = Findings()
        record.read(payload, at + HEADER_BYTES, findings)
        at = after
    return tuple(
        findings.reading(NAME, {"channel": str(channel)}) for channel, findings in channels.items()
    )


DECODER = Decoder(
    name=NAME,
    f_ports=APPLICATION_PORTS,
    quantities=tuple({q.name: q for record in TYPES.values() for q in record.quantities}.values()),
    decode=decode,
    about=About(
        vendor="myDevices",
        models=("Cayenne LPP, any device",),
        measurements=(NAME,),
        source="LPP 1.0; ElectronicCats/CayenneLPP (MIT)",
    ),
)
