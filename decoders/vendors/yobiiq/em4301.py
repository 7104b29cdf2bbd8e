"""Yobiiq EM4301: a three-phase energy meter; items of channel, type and value, one after the other.

    FPort 1 to 10   byte 0    1      2...
                    channel   type   value      then the next item

    00 index u32             0c-0e voltage of L1 to L3 i32 0.1 V       24 active power u32 kW
    01 time u32, Unix        0f current i32 mA, 10-12 of L1 to L3      25 reactive power i32 var
    03 time of the data-     13 active power i32 W, 14-16 of L1 to L3  26 apparent power i32 VA
       logger u32, Unix      17-19 reactive power of L1 to L3 i32 var  27-29 highest current demand
    04 05 import, tariff     1a-1c apparent power of L1 to L3 i32 VA      of L1 to L3 i32 mA
       1, 2 u32 Wh           1d-1f power factor of L1 to L3 i8 0.01    2a mean power i32 W
    06 07 export             20-22 angle of L1 to L3 i16 0.01 °        2b year of certification u32
    08 09 reactive import    23 frequency i16 0.01 Hz                  f0 year of make, 2 bytes BCD
       u32 varh              channel 0b, type 0a: error of the meter's f1 firmware, f2 hardware: 2 bytes,
    0a 0b reactive export       Modbus line u8                            hexadecimal digits

    FPort 50        ff 09 hardware, ff 0a firmware: 2 bytes   ff 1e, ff 1f current transformer, u16 and u8 A
                    ff 16 serial number u32                   ff 20, ff 21 voltage transformer, u32 and u16 V
                    ff 0f class u8: 0 A, 1 B, 2 C             ff 28 model, text up to the next ff or the end
                    ff 0b mains u8: 1 on, 0 off
    any of them     00 or 01 alone: a command succeeded, or failed

Big-endian. The channel counts the items; only with type 0a it matters. Source: vendor/yobiiq/em4301.js in
TheThingsNetwork/lorawan-devices (Apache-2.0) and em4301.js in chirpstack-device-profiles (MIT). Both read 24 as
whole kW, other than 25 and 26, which have thousandths: so it is done here. They read 25 and 26 without a sign;
the phases have one, and a meter that exports sends one. An unknown type refuses the payload.
"""

from collections.abc import Mapping
from datetime import datetime

from decoders.contract import About, Decoded, Decoder
from decoders.findings import Findings
from decoders.items import Flag, Item, State, Value
from decoders.layout import I16, I32, U8, U16, U32, Width
from decoders.record import I8, Gap, Int, Record, Text
from decoders.refusals import unknown_layout, wrong_length, wrong_port
from decoders.vendors.yobiiq.words import digits

NAME = "yobiiq_em4301"
MEASURED = range(1, 11)
ABOUT_ITSELF = 50
F_PORTS = frozenset((*MEASURED, ABOUT_ITSELF))

ERROR_CHANNEL, ERROR_TYPE = 0x0B, 0x0A
"""The one item whose type is told by its channel too."""
INFORMATION = 0xFF
MODEL = 0x28


def _one(width: Width, item: Item) -> Record:
    return Record("big", Int(width, item))


def _phases(first: int, width: Width, name: str, scale: str = "1") -> dict[int, Record]:
    """A quantity of L1, L2 and L3, whose types follow each other."""
    return {
        first + at: _one(width, Value(name.format(phase), scale))
        for at, phase in enumerate(("l1", "l2", "l3"))
    }


TYPES: Mapping[int, Record] = {
    0x00: Record("big", Gap(4)),
    0x01: _one(U32, Value("device_clock_s")),
    0x03: _one(U32, Value("logged_at_s")),
    0x04: _one(U32, Value("energy_import_t1_wh")),
    0x05: _one(U32, Value("energy_import_t2_wh")),
    0x06: _one(U32, Value("energy_export_t1_wh")),
    0x07: _one(U32, Value("energy_export_t2_wh")),
    0x08: _one(U32, Value("reactive_energy_import_t1_varh")),
    0x09: _one(U32, Value("reactive_energy_import_t2_varh")),
    0x0A: _one(U32, Value("reactive_energy_export_t1_varh")),
    0x0B: _one(U32, Value("reactive_energy_export_t2_varh")),
    **_phases(0x0C, I32, "voltage_{}_v", "0.1"),
    0x0F: _one(I32, Value("current_a", "0.001")),
    **_phases(0x10, I32, "current_{}_a", "0.001"),
    0x13: _one(I32, Value("active_power_w")),
    **_phases(0x14, I32, "active_power_{}_w"),
    **_phases(0x17, I32, "reactive_power_{}_var"),
    **_phases(0x1A, I32, "apparent_power_{}_va"),
    **_phases(0x1D, I8, "power_factor_{}", "0.01"),
    **_phases(0x20, I16, "phase_angle_{}_deg", "0.01"),
    0x23: _one(I16, Value("frequency_hz", "0.01")),
    0x24: _one(U32, Value("active_power_w", "1000")),
    0x25: _one(I32, Value("reactive_power_var")),
    0x26: _one(I32, Value("apparent_power_va")),
    **_phases(0x27, I32, "current_demand_peak_{}_a", "0.001"),
    0x2A: _one(I32, Value("demand_w")),
    0x2B: Record("big", Gap(4)),
    0xF0: Record("big", Gap(2)),
}
"""What is measured, by type."""

SINGLES = {
    kind: (record.size_bytes, *record.single)
    for kind, record in TYPES.items()
    if record.single is not None
}
"""(bytes, unpack, take) of the types that are one number, read without further calls."""

ERROR = _one(U8, Value("modbus_error"))
FIRMWARE = Record("big", Text("firmware_version", 2, digits))
HARDWARE = Record("big", Text("hardware_version", 2, digits))
VERSIONS: Mapping[int, Record] = {0xF1: FIRMWARE, 0xF2: HARDWARE}
"""Among what is measured, but of the device."""

INFORMATION_TYPES: Mapping[int, Record] = {
    0x09: HARDWARE,
    0x0A: FIRMWARE,
    0x0B: _one(U8, Flag("mains_ok")),
    0x0F: _one(U8, State("lorawan_class", {0: "A", 1: "B", 2: "C"})),
    0x16: Record("big", Text("serial_number", 4, lambda raw: str(int.from_bytes(raw, "big")))),
    0x1E: _one(U16, Value("transformer_primary_a")),
    0x1F: _one(U8, Value("transformer_secondary_a")),
    0x20: _one(U32, Value("transformer_primary_v")),
    0x21: _one(U16, Value("transformer_secondary_v")),
}
"""By the type after ff."""
ANSWER = Record("big", Text("setting_answered", 1, bytes.hex))
MODEL_TEXT = Record("big", Text("device_model", 1, bytes.hex))
"""Only for the list of quantities: its text has no fixed length."""


def decode(
    f_port: int,
    payload: bytes,
    received_at: datetime | None,  # noqa: ARG001 - its times are values, not those of the reading
) -> tuple[Decoded, ...]:
    """Read a payload as a reading of what is measured, and one of the device itself.

    Raises:
        DecodeRefused: wrong_port, wrong_length or unknown_layout.
    """
    if f_port not in F_PORTS:
        raise wrong_port(NAME, f_port, F_PORTS)
    measured, device = Findings(), Findings()
    if payload in (b"\x00", b"\x01"):
        ANSWER.read(payload, 0, device)
        return (device.reading("device"),)
    if len(payload) < 2:
        raise wrong_length(NAME, len(payload), "items of a channel, a type and a value")
    read = _read_information if f_port == ABOUT_ITSELF else _read_measured
    at, end = 0, len(payload)
    while at < end:
        if end - at < 2:
            raise wrong_length(f"the item at byte {at}", end - at, "3 or more")
        at = read(payload, at, measured, device)
    made = [(measured, "energy"), (device, "device")]
    readings = tuple(found.reading(name) for found, name in made if found.fields or found.unread)
    if not readings:
        raise unknown_layout(f"{NAME}: no item measures anything")
    return readings


def _read_measured(payload: bytes, at: int, measured: Findings, device: Findings) -> int:
    """Read one item; gives where the next begins."""
    kind = payload[at + 1]
    single = SINGLES.get(kind)
    if single is not None and (kind != ERROR_TYPE or payload[at] != ERROR_CHANNEL):
        size_bytes, unpack, take = single
        after = at + 2 + size_bytes
        if after <= len(payload):
            take(unpack(payload, at + 2)[0], measured)
            return after
    if kind in VERSIONS:
        return _read(VERSIONS[kind], payload, at, device)
    is_error = kind == ERROR_TYPE and payload[at] == ERROR_CHANNEL
    record = ERROR if is_error else TYPES.get(kind)
    if record is None:
        raise unknown_layout(f"byte {at + 1}: {NAME} has no type 0x{kind:02x}")
    return _read(record, payload, at, measured)


def _read_information(
    payload: bytes,
    at: int,
    measured: Findings,  # noqa: ARG001 - the same call as the other
    device: Findings,
) -> int:
    """Read one item of what the device says of itself; gives where the next begins."""
    channel, kind = payload[at], payload[at + 1]
    if channel == INFORMATION and kind == MODEL:
        ends = payload.find(bytes((INFORMATION,)), at + 2)
        text = payload[at + 2 : ends if ends >= 0 else len(payload)]
        if not text or not text.isascii():
            raise unknown_layout(
                f"byte {at + 2}: the model is {text.hex() or 'empty'}; expected text"
            )
        device.found("device_model", text.decode("ascii"))
        return at + 2 + len(text)
    record = INFORMATION_TYPES.get(kind) if channel == INFORMATION else None
    if record is None:
        raise unknown_layout(f"byte {at}: {NAME} has no information 0x{channel:02x}{kind:02x}")
    return _read(record, payload, at, device)


def _read(record: Record, payload: bytes, at: int, findings: Findings) -> int:
    after = at + 2 + record.size_bytes
    if after > len(payload):
        raise wrong_length(
            f"the item of type 0x{payload[at + 1]:02x} at byte {at}", len(payload) - at, after - at
        )
    record.read(payload, at + 2, findings)
    return after


RECORDS = (*TYPES.values(), ERROR, *INFORMATION_TYPES.values(), ANSWER, MODEL_TEXT)

DECODER = Decoder(
    name=NAME,
    f_ports=F_PORTS,
    quantities=tuple({q.name: q for record in RECORDS for q in record.quantities}.values()),
    decode=decode,
    about=About(
        vendor="Yobiiq",
        models=("EM4301",),
        measurements=("energy", "device"),
        source="TheThingsNetwork/lorawan-devices em4301.js (Apache-2.0);"
        " chirpstack-device-profiles em4301.js (MIT)",
    ),
)
