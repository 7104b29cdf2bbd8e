"""A record: a run of integers, floats and texts of fixed width, and what each of them stands for.

    Record("big", Int(U16, Value("battery_v", "0.001")), Gap(1), Int(U8, Flag("door_open", bit=0)))

Most payloads are records, or are made of them: a fixed layout is one, a TLV item is one after its tag, a
stored sample is one after its time. The record is compiled when the table is made.
"""

from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct
from typing import Any, Literal

from decoders.contract import Quantity
from decoders.findings import Findings
from decoders.items import Item, Take, Value, named
from decoders.layout import Width

Order = Literal["big", "little"]
"""Which byte of an integer comes first."""

I8, I24 = (Width(size_bytes, signed=True) for size_bytes in (1, 3))
U64 = Width(8)
I64 = Width(8, signed=True)

_STRUCT_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}
_REAL_CODES = {2: "e", 4: "f", 8: "d"}


@dataclass(frozen=True, slots=True, init=False)
class Int:
    """An integer, and everything that is read from it."""

    width: Width
    items: tuple[Item, ...]

    def __init__(self, width: Width, *items: Item) -> None:
        object.__setattr__(self, "width", width)
        object.__setattr__(self, "items", items)

    @property
    def size_bytes(self) -> int:
        """How many bytes it has."""
        return self.width.size_bytes


@dataclass(frozen=True, slots=True)
class Real:
    """An IEEE 754 float of 2, 4 or 8 bytes. What is not a number is a fault."""

    size_bytes: int
    item: Value


@dataclass(frozen=True, slots=True)
class Text:
    """Bytes that are kept as text."""

    name: str
    size_bytes: int
    form: Callable[[bytes], str]


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes without a meaning here."""

    size_bytes: int


Part = Int | Real | Text | Gap


class Record:
    """Parts one after the other, in one byte order."""

    __slots__ = ("_takes", "_unpack_from", "_wide", "order", "parts", "size_bytes")

    def __init__(self, order: Order, *parts: Part) -> None:
        self.order: Order = order
        self.parts = parts
        codes = "".join(_struct_code(part) for part in parts)
        packed = Struct((">" if order == "big" else "<") + codes)
        self._unpack_from = packed.unpack_from
        self.size_bytes: int = packed.size
        read = [part for part in parts if not isinstance(part, Gap)]
        self._takes = tuple(_take_of(part) for part in read)
        self._wide = tuple(
            (at, part.width.signed)
            for at, part in enumerate(read)
            if isinstance(part, Int) and part.size_bytes not in _STRUCT_CODES
        )

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Everything a record can give, in the order of its parts."""
        found: dict[str, Quantity] = {}
        for part in self.parts:
            if isinstance(part, Text):
                found.setdefault(part.name, named(part.name))
            for item in _items(part):
                quantity = item.described
                if quantity is not None:
                    found.setdefault(quantity.name, quantity)
        return tuple(found.values())

    @property
    def single(self) -> tuple[Callable[[bytes, int], tuple[Any, ...]], Take] | None:
        """(unpack, take) of a record of one part, for a hot loop that can do without `read`."""
        if len(self._takes) != 1 or self._wide:
            return None
        return self._unpack_from, self._takes[0]

    def read(self, payload: bytes, at: int, findings: Findings) -> None:
        """Note what the record that begins at `at` says; the payload is long enough.

        Raises:
            DecodeRefused: unknown_layout, an item has a value that it does not know.
        """
        raws: Any = self._unpack_from(payload, at)
        if self._wide:
            raws = list(raws)
            for place, signed in self._wide:
                raws[place] = int.from_bytes(raws[place], self.order, signed=signed)
        for raw, take in zip(raws, self._takes, strict=True):
            take(raw, findings)


def _items(part: Part) -> tuple[Item, ...]:
    if isinstance(part, Int):
        return part.items
    return (part.item,) if isinstance(part, Real) else ()


def _struct_code(part: Part) -> str:
    if isinstance(part, Gap):
        return f"{part.size_bytes}x"
    if isinstance(part, Real):
        return _REAL_CODES[part.size_bytes]
    code = _STRUCT_CODES.get(part.size_bytes) if isinstance(part, Int) else None
    if code is None or isinstance(part, Text):
        return f"{part.size_bytes}s"
    return code.lower() if part.width.signed else code


def _take_of(part: Int | Real | Text) -> Take:
    if isinstance(part, Text):
        name, form = part.name, part.form
        return lambda raw, findings: findings.found(name, form(raw))
    takes = tuple(item.take() for item in _items(part))
    if len(takes) == 1:
        return takes[0]

    def take_each(raw: Any, findings: Findings) -> None:
        for take in takes:
            take(raw, findings)

    return take_each
