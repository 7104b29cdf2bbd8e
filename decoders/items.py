"""What an integer of a payload stands for: a quantity, a flag, a state, or a number that must be there.

An item is a line of a table. It becomes a function once, when the table is made; per payload only that
function is called. Values are exact: integer x scale + offset is computed in integers and divided once, so
the result is the float nearest to the exact decimal, whatever the scale.
"""

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, replace
from fractions import Fraction
from math import ceil, floor, isnan
from typing import Any, Protocol

from decoders.contract import Quantity
from decoders.findings import Findings
from decoders.quantities import quantity_named
from decoders.refusals import unknown_layout

Take = Callable[[Any, Findings], None]
"""(integer, or float of a `Real`) -> what it says, noted in the findings."""

UNLIMITED = 10**30
"""Stands for no limit. No integer reaches it; a float beyond it is noise, and an infinity is."""

Bits = tuple[int, int]
"""The lowest bit and how many: (0, 14) are the low 14 bits."""


@dataclass(frozen=True, slots=True)
class Value:
    """A measured quantity: raw x scale + offset."""

    quantity: str | Quantity
    """A name of the vocabulary, or a quantity of a user's own."""
    scale: str = "1"
    """An exact decimal or fraction: "0.1", "1/60"."""
    _: KW_ONLY
    offset: str = "0"
    """In the quantity's unit, exact."""
    bits: Bits | None = None
    """The part of the integer, where it is not all of it."""
    faults: tuple[int, ...] = ()
    """Integers by which the device says that it could not measure."""
    beyond: tuple[int, ...] = ()
    """Integers by which the device says that there was more, or less, than it can measure."""
    low: float | None = None
    """The lowest possible value, where this device's differs from the vocabulary's."""
    high: float | None = None
    """The highest possible value, where this device's differs from the vocabulary's."""

    @property
    def described(self) -> Quantity:
        """The quantity with the range of this device."""
        quantity = named(self.quantity) if isinstance(self.quantity, str) else self.quantity
        low = quantity.low if self.low is None else self.low
        high = quantity.high if self.high is None else self.high
        if (low, high) == (quantity.low, quantity.high):
            return quantity
        return replace(quantity, low=low, high=high)

    def take(self) -> Take:
        """The function that notes the value of an integer."""
        quantity, scale, offset = self.described, Fraction(self.scale), Fraction(self.offset)
        ends = sorted(
            UNLIMITED * sign if limit is None else (Fraction(str(limit)) - offset) / scale
            for limit, sign in ((quantity.low, -1), (quantity.high, 1))
        )
        limits = (ceil(ends[0]), floor(ends[1]))
        divisor = scale.denominator * offset.denominator
        line = (int(scale * divisor), int(offset * divisor), divisor)
        take = _reader(quantity.name, limits, line, self.faults)
        if any(limits[0] <= raw <= limits[1] for raw in (*self.faults, *self.beyond)):
            take = _specials_first(quantity.name, self.faults, self.beyond, take)
        return _part(self.bits, take)


@dataclass(frozen=True, slots=True)
class Flag:
    """A boolean: a bit of the integer, or all of it, which then must be `on` or `off`."""

    quantity: str | Quantity
    _: KW_ONLY
    bit: int | None = None
    on: int = 1
    off: int = 0

    @property
    def described(self) -> Quantity:
        """The flag in the vocabulary, or of a user's own."""
        return named(self.quantity) if isinstance(self.quantity, str) else self.quantity

    def take(self) -> Take:
        """The function that notes the flag of an integer."""
        name, bit, on, off = self.described.name, self.bit, self.on, self.off
        if bit is None:

            def take_all(raw: int, findings: Findings) -> None:
                if raw not in (on, off):
                    raise unknown_layout(
                        f"{name} is 0x{raw:02x}; expected 0x{off:02x} or 0x{on:02x}"
                    )
                findings.found(name, raw == on)

            return take_all

        def take_bit(raw: int, findings: Findings) -> None:
            findings.found(name, (raw >> bit & 1) == on)

        return take_bit


@dataclass(frozen=True, slots=True)
class State:
    """One of several named states, kept as text."""

    name: str
    states: Mapping[int, str]
    _: KW_ONLY
    bits: Bits | None = None

    @property
    def described(self) -> Quantity:
        """The state in the vocabulary."""
        return named(self.name)

    def take(self) -> Take:
        """The function that notes the state an integer stands for."""
        name, states = self.described.name, self.states

        def take(raw: int, findings: Findings) -> None:
            state = states.get(raw)
            if state is None:
                raise unknown_layout(f"{name} is {raw}; expected one of {sorted(states)}")
            findings.found(name, state)

        return _part(self.bits, take)


@dataclass(frozen=True, slots=True)
class Must:
    """A part of the integer that has one value, or the layout is another one."""

    be: int
    what: str
    """For the refusal: "the payload version"."""
    _: KW_ONLY
    bits: Bits | None = None

    @property
    def described(self) -> None:
        """It measures nothing."""
        return

    def take(self) -> Take:
        """The function that refuses every other integer."""
        be, what = self.be, self.what

        def take(raw: int, findings: Findings) -> None:  # noqa: ARG001 - as the others
            if raw != be:
                raise unknown_layout(f"{what} is {raw}; expected {be}")

        return _part(self.bits, take)


class Item(Protocol):
    """What a table may be written in; a family may bring items of its own."""

    @property
    def described(self) -> Quantity | None:
        """What it measures."""
        ...

    def take(self) -> Take:
        """The function that notes what an integer says."""
        ...


def named(name: str) -> Quantity:
    """The quantity of the vocabulary that has this name.

    Raises:
        ValueError: there is none; it belongs into `decoders/quantities`.
    """
    quantity = quantity_named(name)
    if quantity is None:
        raise ValueError(f"{name!r} is not in the vocabulary (decoders/quantities)")
    return quantity


def _reader(
    name: str, limits: tuple[int, int], line: tuple[int, int, int], faults: tuple[int, ...]
) -> Take:
    """The common case, in as few steps as it can have."""
    (low, high), (factor, addend, divisor) = limits, line

    def take(raw: Any, findings: Findings) -> None:
        if low <= raw <= high and not findings.unread:
            findings.fields[name] = (raw * factor + addend) / divisor
        elif low <= raw <= high:
            findings.found(name, (raw * factor + addend) / divisor)
        elif raw in faults or isnan(raw):
            findings.missing(name, "fault")
        else:
            findings.missing(name, "out_of_range")

    return take


def _specials_first(
    name: str, faults: tuple[int, ...], beyond: tuple[int, ...], take_other: Take
) -> Take:
    """For integers with a meaning of their own that the range alone does not tell."""

    def take(raw: Any, findings: Findings) -> None:
        if raw in faults:
            findings.missing(name, "fault")
        elif raw in beyond:
            findings.missing(name, "out_of_range")
        else:
            take_other(raw, findings)

    return take


def _part(bits: Bits | None, take: Take) -> Take:
    if bits is None:
        return take
    lowest, mask = bits[0], (1 << bits[1]) - 1

    def take_part(raw: int, findings: Findings) -> None:
        take(raw >> lowest & mask, findings)

    return take_part
