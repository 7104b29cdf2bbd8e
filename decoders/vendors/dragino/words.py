"""What several Dragino models have in common: alarms of two bits, versions in two bytes."""

from dataclasses import dataclass

from decoders.contract import Quantity
from decoders.findings import Findings
from decoders.items import Take, named


@dataclass(frozen=True, slots=True)
class TwoFlags:
    """An alarm with a bit for too high and a bit for too low: yes where one of them is set."""

    name: str
    one_bit: int
    other_bit: int

    @property
    def described(self) -> Quantity:
        """The flag in the vocabulary."""
        return named(self.name)

    def take(self) -> Take:
        """The function that notes the alarm."""
        name, mask = self.name, 1 << self.one_bit | 1 << self.other_bit

        def take(raw: int, findings: Findings) -> None:
            findings.found(name, bool(raw & mask))

        return take


def version(raw: bytes) -> str:
    """1.2.3 of 01 23: a nibble each, the highest is not used."""
    return f"{raw[0] & 0x0F}.{raw[1] >> 4}.{raw[1] & 0x0F}"
