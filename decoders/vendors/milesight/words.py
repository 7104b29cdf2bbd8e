"""Records and flags that many Milesight models send alike, so that a table shows what is its own."""

from dataclasses import dataclass

from decoders.contract import Quantity
from decoders.findings import Findings
from decoders.items import Flag, Take, Value, named
from decoders.layout import I16, U8, U16
from decoders.record import Int, Record
from decoders.refusals import unknown_layout

NO_VALUE = (0xFFFE, 0xFFFF)
"""A gas or particle sensor that is still warming up, and one that could not be read."""

TEMPERATURE = Int(I16, Value("temperature_c", "0.1"))
HUMIDITY = Int(U8, Value("humidity_pct", "0.5"))

BATTERY_RECORD = Record("little", Int(U8, Value("battery_pct")))
TEMPERATURE_RECORD = Record("little", TEMPERATURE)
HUMIDITY_RECORD = Record("little", HUMIDITY)


def flag(name: str) -> Record:
    """A byte that is 1 for yes and 0 for no."""
    return Record("little", Int(U8, Flag(name)))


def u16(name: str, scale: str = "1") -> Int:
    """An unsigned number whose two highest integers say that there is none."""
    return Int(U16, Value(name, scale, faults=NO_VALUE))


def word(name: str, scale: str = "1") -> Record:
    """A record of nothing else."""
    return Record("little", u16(name, scale))


@dataclass(frozen=True, slots=True)
class NumberedFlag:
    """A flag that a byte of several kinds stands for: some kinds are yes, some are no."""

    name: str
    on: tuple[int, ...]
    off: tuple[int, ...]

    @property
    def described(self) -> Quantity:
        """The flag in the vocabulary."""
        return named(self.name)

    def take(self) -> Take:
        """The function that notes what a kind stands for."""
        name, on, off = self.name, self.on, self.off

        def take(raw: int, findings: Findings) -> None:
            if raw not in on and raw not in off:
                raise unknown_layout(f"{name} is {raw}; expected one of {sorted((*on, *off))}")
            findings.found(name, raw in on)

        return take


@dataclass(frozen=True, slots=True)
class Announced:
    """A flag that is announced by one bit when it begins and by another when it ends."""

    name: str
    begins_bit: int
    ends_bit: int

    @property
    def described(self) -> Quantity:
        """The flag in the vocabulary."""
        return named(self.name)

    def take(self) -> Take:
        """The function that notes the flag, where one of its bits is set."""
        name, begins, ends = self.name, 1 << self.begins_bit, 1 << self.ends_bit

        def take(raw: int, findings: Findings) -> None:
            if raw & (begins | ends):
                findings.found(name, bool(raw & begins))

        return take
