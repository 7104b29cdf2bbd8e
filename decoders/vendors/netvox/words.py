"""Items of Netvox reports: a current with its multiplier, an alarm of two bits."""

from dataclasses import dataclass

from decoders.contract import Quantity
from decoders.findings import Findings
from decoders.items import Bits, Take, named
from decoders.refusals import unknown_layout

PACKED_MULTIPLIERS = (1, 5, 10, 100)
"""By a number of two bits."""


@dataclass(frozen=True, slots=True)
class MultipliedCurrent:
    """A current in mA, times its multiplier: both are parts of one integer."""

    name: str
    current: Bits
    multiplier: Bits

    @property
    def described(self) -> Quantity:
        """The current in the vocabulary, in A."""
        return named(self.name)

    def take(self) -> Take:
        """The function that notes the product. A multiplier of 8 bits is itself, of 2 bits a code."""
        name, highest = self.name, self.described.high or 0
        (at, size), (multiplier_at, multiplier_size) = self.current, self.multiplier
        mask, multiplier_mask = (1 << size) - 1, (1 << multiplier_size) - 1
        packed = multiplier_size == 2

        def take(raw: int, findings: Findings) -> None:
            multiplier = raw >> multiplier_at & multiplier_mask
            if packed:
                multiplier = PACKED_MULTIPLIERS[multiplier]
            if not multiplier:
                raise unknown_layout(f"the multiplier of {name} is 0; expected 1 or more")
            value = (raw >> at & mask) * multiplier / 1000
            if value > highest:
                findings.missing(name, "out_of_range")
            else:
                findings.found(name, value)

        return take


@dataclass(frozen=True, slots=True)
class TwoBitAlarm:
    """An alarm with a bit for too low and the next one for too high: yes where one of them is set."""

    name: str
    lower_bit: int

    @property
    def described(self) -> Quantity:
        """The flag in the vocabulary."""
        return named(self.name)

    def take(self) -> Take:
        """The function that notes the alarm."""
        name, mask = self.name, 0b11 << self.lower_bit

        def take(raw: int, findings: Findings) -> None:
            findings.found(name, bool(raw & mask))

        return take
