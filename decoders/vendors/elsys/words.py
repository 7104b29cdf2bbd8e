"""An item of ELSYS payloads: a flag that is set by any number but 0."""

from dataclasses import dataclass

from decoders.contract import Quantity
from decoders.findings import Findings
from decoders.items import Take, named


@dataclass(frozen=True, slots=True)
class Nonzero:
    """A flag that is on unless the integer is 0."""

    name: str

    @property
    def described(self) -> Quantity:
        """The flag in the vocabulary."""
        return named(self.name)

    def take(self) -> Take:
        """The function that notes the flag."""
        name = self.name

        def take(raw: int, findings: Findings) -> None:
            findings.found(name, raw != 0)

        return take
