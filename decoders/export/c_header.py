"""A city family as a C header with an encoder, for the firmware of the nodes.

C99, no allocation, no recursion, nothing but freestanding headers; integers are written byte by byte, so that
byte order and alignment of the processor do not matter. Values are put in as integers in steps, or as reals,
rounded to the nearest step. What the decoder here would refuse cannot be encoded; an impossible value is sent
as a fault.
"""

from decoders.city.payload import (
    CLOCK_SET_FROM,
    REPORT_HEADER,
    STORED_BYTES_MAX,
    STORED_HEADER,
    VERSION,
)
from decoders.export.texts import field_table, filled, plain
from decoders.layout import Field, Flags, Layout, Number, Tag, Width

INT32 = Width(4, signed=True)


def header(layout: Layout, program: str) -> str:
    """The text of the header; `program` names what wrote it, such as "lora-gateway 0.1.0"."""
    flags = next((field for field in layout.fields if isinstance(field, Flags)), None)
    record_bytes = sum(field.width.size_bytes for field in layout.fields)
    places = {
        "p": layout.name,
        "P": layout.name.upper(),
        "title": layout.title,
        "program": program,
        "port": str(layout.f_port),
        "stored_port": str(layout.stored_f_port),
        "table": field_table(layout, " *   "),
        "fields": _enumeration(layout),
        "count": str(len(layout.fields)),
        "rows": "\n".join(f"        {_row(field)}" for field in layout.fields),
        "reals": ",\n".join(f"        {_steps_per_unit(field)!r}" for field in layout.fields),
        "tags": f"0x{_tag_bits(layout):04x}U",
        "flag_bits": f"0x{0 if flags is None else 1 << layout.fields.index(flags):04x}U",
        "version": str(VERSION),
        "record_most": str(record_bytes),
        "report_header": str(REPORT_HEADER.size),
        "stored_header": str(STORED_HEADER.size),
        "stored_most": str(STORED_BYTES_MAX),
        "clock_set_from": str(int(CLOCK_SET_FROM.timestamp())),
        "integer": "int32" if _fits_int32(layout) else "int64",
        "natural": "uint32" if _fits_int32(layout) else "uint64",
        "example": _example(layout),
    }
    places["flags"] = "" if flags is None else _flags(layout, flags)
    return filled("encoder.h", places)


def _enumeration(layout: Layout) -> str:
    names = [f"{layout.name}_{field.name}".upper() for field in layout.fields]
    return ",\n".join(f"    {name} = {bit}" for bit, name in enumerate(names))


def _row(field: Field) -> str:
    """{lowest step, highest step, fault, bytes} of a field."""
    if isinstance(field, Number):
        low, high, fault = field.raw_low, field.raw_high, field.width.sentinel
    elif isinstance(field, Tag):
        low, high, fault = 0, field.width.highest - 1, field.width.sentinel
    else:
        low, high, fault = 0, (1 << len(field.flags)) - 1, 0
    numbers = ", ".join(_literal(number) for number in (low, high, fault))
    return f"{{{numbers}, {field.width.size_bytes}U}}, /* {field.name} */"


def _literal(number: int) -> str:
    """As C reads it without a warning: -2147483648 is no literal, and long ones want a suffix."""
    if INT32.lowest < number <= INT32.highest:
        return str(number)
    if number == INT32.lowest:
        return "(-2147483647 - 1)"
    return f"INT64_C({number})"


def _steps_per_unit(field: Field) -> float:
    return field.divisor if isinstance(field, Number) else 1.0


def _fits_int32(layout: Layout) -> bool:
    return all(
        field.width.lowest >= INT32.lowest and field.width.highest <= INT32.highest
        for field in layout.fields
    )


def _tag_bits(layout: Layout) -> int:
    return sum(1 << bit for bit, field in enumerate(layout.fields) if isinstance(field, Tag))


def _flags(layout: Layout, field: Flags) -> str:
    p, name = layout.name, layout.name.upper()
    last = len(field.flags) - 1
    members = "\n".join(
        f"    {name}_FLAG_{flag.name.upper()} = {bit}{',' * (bit < last)} /* {plain(flag.description)} */"
        for bit, flag in enumerate(field.flags)
    )
    return filled(
        "encoder_flags.h",
        {"p": p, "P": name, "members": members, "field": f"{name}_{field.name.upper()}"},
    )


def _example(layout: Layout) -> str:
    """A field of the scale that the comment on use has."""
    names = (f.name for f in layout.fields if isinstance(f, Number) and f.scale == "0.1")
    return f"{layout.name}_{next(names)}".upper()
