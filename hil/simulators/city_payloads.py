"""Payloads of the city sensors, written from what they measure, with what a reader must make of them.

    report, FPort 10 20 30     01 | bitmap u16 | field, field, ...
    stored, FPort 11 21 31     01 | t0 u32 | step u16 | bitmap u16 | record, record, ...

Fields follow in ascending bit order without padding, big-endian. A fault is sent as the field's sentinel.
The expected readings come from the integers that were sent: exact decimals, not what was asked for.

Source: city sensor payloads, version 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from hil.simulators.city_fields import Family, Field

LAYOUT = 1
"""Byte 0 of every payload."""

Value = float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a sensor measured at one moment. Flags that are not named are False."""

    values: Mapping[str, Value] = field(default_factory=dict)
    """Numbers in their units and flags, by field name."""
    faults: tuple[str, ...] = ()
    """Fields that are fitted but could not be measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedReading:
    """What a record must come out as at the far end."""

    measurement: str
    tags: Mapping[str, str]
    """The decoder's own: `camera`."""
    fields: Mapping[str, Value]
    """Floats and booleans."""
    faults: tuple[str, ...]
    """Sorted."""
    out_of_range: tuple[str, ...]
    """Sorted."""
    time_s: int | None
    """Unix time that the device gave, None when the reading takes its uplink's."""


def report(family: Family, record: Record) -> bytes:
    """A live report, for the family's own port.

    Raises:
        ValueError: a name is not of this family, or a value does not fit its field or would
            read as the fault sentinel.
    """
    return bytes([LAYOUT]) + _bitmap(family, record) + _body(family, record)


def stored(family: Family, t0: int, step: int, records: Sequence[Record]) -> bytes:
    """Samples from the device's memory, for the port above the family's.

    `t0` is Unix time in seconds of the first, `step` the seconds between them. All records must
    have the same fields.

    Raises:
        ValueError: as for `report`, or the records differ in their fields.
    """
    bitmaps = {_bitmap(family, record) for record in records}
    if len(bitmaps) != 1:
        raise ValueError("stored samples share one bitmap: give each record the same fields")
    times = t0.to_bytes(4, "big") + step.to_bytes(2, "big")
    bodies = b"".join(_body(family, record) for record in records)
    return bytes([LAYOUT]) + times + bitmaps.pop() + bodies


def expected(family: Family, record: Record, time_s: int | None = None) -> ExpectedReading:
    """What a reader must make of this record."""
    fields: dict[str, Value] = {}
    tags = {"camera": "1"} if family.fields[0].name == "camera" else {}
    out_of_range = []
    for entry in _present(family, record):
        if entry.name in record.faults:
            tags.pop(entry.name, None)
            continue
        if entry.flags:
            fields |= {flag: bool(record.values.get(flag, False)) for flag in entry.flags}
            continue
        value = Decimal(_integer(entry, record)) * Decimal(entry.scale)
        if not entry.low <= value <= entry.high:
            out_of_range.append(entry.name)
        elif entry.name == "camera":
            tags["camera"] = str(value)
        else:
            fields[entry.name] = float(value)
    return ExpectedReading(
        measurement=family.name,
        tags=tags,
        fields=fields,
        faults=tuple(sorted(record.faults)),
        out_of_range=tuple(sorted(out_of_range)),
        time_s=time_s,
    )


def _present(family: Family, record: Record) -> list[Field]:
    """The fields that the record names by value, flag or fault, in bit order."""
    unknown = (record.values.keys() - family.measured) | (set(record.faults) - family.faultable)
    if unknown:
        raise ValueError(f"{family.name} cannot send {', '.join(sorted(unknown))}")
    named = record.values.keys() | set(record.faults)
    return [
        entry
        for entry in family.fields
        if entry.name in named or any(flag in named for flag in entry.flags)
    ]


def _bitmap(family: Family, record: Record) -> bytes:
    present = {entry.name for entry in _present(family, record)}
    bits = sum(1 << bit for bit, entry in enumerate(family.fields) if entry.name in present)
    return bits.to_bytes(2, "big")


def _body(family: Family, record: Record) -> bytes:
    return b"".join(
        _integer(entry, record).to_bytes(entry.bits // 8, "big", signed=entry.signed)
        for entry in _present(family, record)
    )


def _integer(entry: Field, record: Record) -> int:
    """The integer that goes on the wire for this field."""
    if entry.flags:
        return sum(1 << bit for bit, flag in enumerate(entry.flags) if record.values.get(flag))
    if entry.name in record.faults:
        return entry.sentinel
    integer = round(record.values[entry.name] / float(entry.scale))
    limit = 1 << (entry.bits - 1 if entry.signed else entry.bits)
    lowest = -limit if entry.signed else 0
    if not lowest <= integer < limit or integer == entry.sentinel:
        raise ValueError(f"{entry.name}={record.values[entry.name]} cannot be sent as {entry.type}")
    return integer
