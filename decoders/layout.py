"""The words a payload table is written in: numbers, flags and a tag, in the order of their bits.

A table is data, a `Layout` of fields. The decoder, the vocabulary and the docs are made from it, so that
a field is written down once. A field's place in the table is its bit in the presence bitmap: new fields
go to the end, and a field that a node once sent is never moved or removed.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import ClassVar

from decoders.contract import Quantity

FIELDS_MAX = 16
"""One for each bit of the presence bitmap, a u16."""


@dataclass(frozen=True, slots=True)
class Width:
    """How an integer travels: its bytes, big-endian, and whether it has a sign (two's complement)."""

    size_bytes: int
    signed: bool = False

    @property
    def name(self) -> str:
        """As in `u24` or `i16`."""
        return f"{'i' if self.signed else 'u'}{8 * self.size_bytes}"

    @property
    def lowest(self) -> int:
        """The lowest integer it can carry, fault sentinel included."""
        return -(1 << (8 * self.size_bytes - 1)) if self.signed else 0

    @property
    def highest(self) -> int:
        """The highest integer it can carry, fault sentinel included."""
        return (1 << (8 * self.size_bytes - self.signed)) - 1

    @property
    def sentinel(self) -> int:
        """What a node sends for a sensor that is fitted but could not measure."""
        return self.lowest if self.signed else self.highest


U8, U16, U24, U32, U48 = (Width(size_bytes) for size_bytes in (1, 2, 3, 4, 6))
I16, I32 = (Width(size_bytes, signed=True) for size_bytes in (2, 4))


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A measured number: value = integer x scale."""

    name: str
    """As in the database, `<quantity>_<unit>`."""
    width: Width
    scale: str = "1"
    """An exact decimal, such as "0.1": 1/n, or a power of two."""
    unit: str
    """For people, such as "°C"; "" where there is none."""
    low: float
    """The lowest value that is physically possible, in `unit`."""
    high: float
    """The highest value that is physically possible, in `unit`."""
    description: str

    @property
    def divisor(self) -> float:
        """What the integer is divided by. The quotient is the float nearest to the exact decimal.

        Raises:
            ValueError: the division would round twice, because no float is equal to 1 / scale.
        """
        exact = 1 / Fraction(self.scale)
        if Fraction(float(exact)) != exact:
            raise ValueError(f"{self.name}: scale {self.scale} is neither 1/n nor a power of two")
        return float(exact)

    @property
    def raw_low(self) -> int:
        """The lowest integer that is a possible measurement; never the sentinel."""
        sentinel_below = self.width.lowest + self.width.signed
        return max(sentinel_below, ceil(Fraction(self.low) / Fraction(self.scale)))

    @property
    def raw_high(self) -> int:
        """The highest integer that is a possible measurement; never the sentinel."""
        sentinel_above = self.width.highest - (not self.width.signed)
        return min(sentinel_above, floor(Fraction(self.high) / Fraction(self.scale)))


@dataclass(frozen=True, slots=True)
class Flag:
    """One bit of a `Flags` field: a boolean of the reading."""

    name: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """A field of bits, the least significant first. It has no sentinel; undefined bits are refused."""

    name: str
    width: Width
    flags: tuple[Flag, ...]
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A u8 that says which thing a reading is about. It becomes a tag, not a field."""

    name: str
    absent: str
    """The tag's value when the field is not sent."""
    description: str
    width: ClassVar[Width] = U8


Field = Number | Flags | Tag


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One family of payloads. `fields[n]` belongs to bit n of the presence bitmap.

    Raises:
        ValueError: more fields than bits, or a second tag or flags field.
    """

    name: str
    """The decoder's name and the measurement of its readings."""
    title: str
    """For people."""
    f_port: int
    """The LoRaWAN port of reports."""
    fields: tuple[Field, ...]

    def __post_init__(self) -> None:
        if len(self.fields) > FIELDS_MAX:
            raise ValueError(f"{self.name}: more than {FIELDS_MAX} fields")
        for kind in (Tag, Flags):
            if sum(isinstance(field, kind) for field in self.fields) > 1:
                raise ValueError(f"{self.name}: more than one {kind.__name__} field")

    @property
    def stored_f_port(self) -> int:
        """The LoRaWAN port of stored samples."""
        return self.f_port + 1

    @property
    def tag(self) -> Tag | None:
        """The field that becomes a tag, if the family has one."""
        return next((field for field in self.fields if isinstance(field, Tag)), None)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Everything a reading of this family can carry, in the order of the table."""
        return tuple(quantity for field in self.fields for quantity in _quantities_of(field))


def _quantities_of(field: Field) -> tuple[Quantity, ...]:
    if isinstance(field, Tag):
        return ()
    if isinstance(field, Flags):
        return tuple(
            Quantity(name=flag.name, unit="", type="bool", description=flag.description)
            for flag in field.flags
        )
    measured = Quantity(
        name=field.name,
        unit=field.unit,
        type="float",
        low=float(field.low),
        high=float(field.high),
        description=field.description,
    )
    return (measured,)
