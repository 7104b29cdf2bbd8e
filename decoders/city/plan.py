"""How to read the records of one presence bitmap: worked out once, used for every payload that has it.

A node sends the same bitmap day after day, so widths, limits and divisors are looked up when a bitmap is
seen first. After that a record is one `struct` call and one comparison and division per number.

    fields    camera  status  uptime_h  frame_rate_fps     numbers  x  xx  H  B     pads where no number is
    record      4A    00 41    00 46         32            steps    uptime_h, frame_rate_fps

`struct` has no integers of 3 and 6 bytes. They are taken as byte strings, and `wide` says which they are.
"""

from dataclasses import dataclass
from functools import lru_cache, partial
from struct import Struct

from decoders.contract import DecodeRefused, FieldValue
from decoders.layout import Field, Flags, Layout, Number, Tag

PLANS_MAX = 256
"""Plans kept per family. A node needs one or two; a family has 32,767 bitmaps, about 3 kB of plan each."""

FLAG_SETS_MAX = 256
"""Decoded values of the flags field kept per family; few of the 1,024 of a status field ever occur."""

Step = tuple[str, int, int, float]
"""A number of the record: name, lowest and highest integer that is a measurement, divisor."""

_STRUCT_CODES = {1: "B", 2: "H", 4: "I"}
"""The integers that `struct` has, by size in bytes; the signed ones are in lower case."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one bitmap of one family means."""

    measurement: str
    bitmap: int
    record_bytes: int
    numbers: Struct
    """Reads the integers of a record, in the order of `steps`."""
    steps: tuple[Step, ...]
    wide: tuple[tuple[int, bool], ...]
    """Places in `steps` of the integers that `struct` lacks, and whether they have a sign."""
    sentinels: dict[str, int]
    """By name: the integer that says the sensor could not measure."""
    tag: Tag | None
    """The family's tag; its value is `tag.absent` while `tag_at` is None."""
    tag_at: int | None
    """Offset of the tag's byte in the record."""
    only_tag: bool
    """Whether a record names a thing and says nothing about it."""
    flags_at: tuple[int, int] | None
    """Offsets of the first byte of the flags field and of the byte after it."""


class Planner:
    """The plans and flag sets of one family, each worked out at its first use and kept under a cap."""

    __slots__ = ("flag_set", "plan")

    def __init__(self, layout: Layout) -> None:
        self.plan = lru_cache(PLANS_MAX)(partial(make_plan, layout))
        """(bitmap) -> its plan, as `make_plan`."""
        self.flag_set = lru_cache(FLAG_SETS_MAX)(partial(make_flag_set, layout))
        """(integer) -> its booleans, as `make_flag_set`. Shared: copy before adding to it."""


def make_plan(layout: Layout, bitmap: int) -> Plan:
    """Work out how to read the records of a bitmap.

    Raises:
        DecodeRefused: unknown_layout, the bitmap is empty or has bits that the family does not define.
    """
    undefined = bitmap >> len(layout.fields) << len(layout.fields)
    if undefined:
        raise DecodeRefused(
            "unknown_layout",
            f"presence bitmap 0x{bitmap:04x} sets 0x{undefined:04x}, which {layout.name} does not define",
        )
    if not bitmap:
        raise DecodeRefused(
            "unknown_layout", "the presence bitmap is empty, a report says something"
        )
    present = [field for bit, field in enumerate(layout.fields) if bitmap >> bit & 1]
    offsets = _offsets(present)
    numbers = [field for field in present if isinstance(field, Number)]
    return Plan(
        measurement=layout.name,
        bitmap=bitmap,
        record_bytes=sum(field.width.size_bytes for field in present),
        numbers=Struct(">" + "".join(map(_struct_code, present))),
        steps=tuple(
            (field.name, field.raw_low, field.raw_high, field.divisor) for field in numbers
        ),
        wide=tuple(
            (at, field.width.signed)
            for at, field in enumerate(numbers)
            if field.width.size_bytes not in _STRUCT_CODES
        ),
        sentinels={field.name: field.width.sentinel for field in numbers},
        tag=layout.tag,
        tag_at=next((at for at, _, field in offsets if isinstance(field, Tag)), None),
        only_tag=all(isinstance(field, Tag) for field in present),
        flags_at=next(((at, end) for at, end, field in offsets if isinstance(field, Flags)), None),
    )


def make_flag_set(layout: Layout, raw: int) -> dict[str, FieldValue]:
    """Read the family's flags field: every flag by name.

    Raises:
        DecodeRefused: unknown_layout, a bit is set that the family does not define.
    """
    field = next(field for field in layout.fields if isinstance(field, Flags))
    undefined = raw >> len(field.flags) << len(field.flags)
    if undefined:
        raise DecodeRefused(
            "unknown_layout",
            f"{field.name} 0x{raw:x} sets 0x{undefined:x}, which {layout.name} does not define",
        )
    return {flag.name: bool(raw >> bit & 1) for bit, flag in enumerate(field.flags)}


def _offsets(present: list[Field]) -> list[tuple[int, int, Field]]:
    offsets = []
    at = 0
    for field in present:
        end = at + field.width.size_bytes
        offsets.append((at, end, field))
        at = end
    return offsets


def _struct_code(field: Field) -> str:
    if not isinstance(field, Number):
        return f"{field.width.size_bytes}x"
    code = _STRUCT_CODES.get(field.width.size_bytes, f"{field.width.size_bytes}s")
    return code.lower() if field.width.signed else code
