"""The values of one reading under their names: every name once, and the surest claim to it first."""

from collections.abc import Callable, Container, Iterable
from typing import NamedTuple

from decoders.contract import DecodeRefused, FieldValue
from decoders.normalise.flatten import Leaf
from decoders.normalise.names import free
from decoders.normalise.resolve import Target
from decoders.normalise.values import Fault, Found, Nothing, OutOfRange, read
from decoders.quantities import quantity_named

FIELDS_MAX = 64
"""Fields of one reading; more are a codec's mistake, or a table that wants a profile."""


LEFT_OUT = "the profile drops it, or it is a secret by its name"


class Claim(NamedTuple):
    """What a leaf says, and the target that says it."""

    leaf: Leaf
    target: Target
    said: Found | Fault | OutOfRange


class Fields:
    """Gathers what leaves say."""

    def __init__(self, target_of: Callable[[Leaf], Target | None]) -> None:
        self._target_of = target_of
        self.values: dict[str, FieldValue] = {}
        self.faults: dict[str, None] = {}
        self.out_of_range: dict[str, None] = {}
        self.left_out: list[tuple[str, str]] = []
        """(path, why)."""
        self.named: list[tuple[str, str, bool]] = []
        """(path, name of its field, whether the vocabulary knows it)."""

    def __bool__(self) -> bool:
        """Whether they are worth a reading."""
        return bool(self.values or self.faults or self.out_of_range)

    def add(self, leaves: Iterable[Leaf], before: str = "") -> None:
        """Take what the leaves say; `before` is put before their paths in what is left out.

        Raises:
            DecodeRefused: codec_error, there is more than a reading holds.
        """
        claims = list(self._claims(leaves, before))
        names = {claim.said.name for claim in claims}
        if len(names) < len(claims) or not self.values.keys().isdisjoint(names):
            claims = self._settled(claims)
        for claim in claims:
            name = claim.said.name
            self.named.append(
                (before + ".".join(claim.leaf.path), name, claim.target.quantity is not None)
            )
            if isinstance(claim.said, Found):
                self.values[name] = claim.said.value
            else:
                (self.faults if isinstance(claim.said, Fault) else self.out_of_range)[name] = None
        if len(self.values) > FIELDS_MAX:
            raise DecodeRefused(
                "codec_error",
                f"the output holds more than {FIELDS_MAX} values; keep those that matter with a"
                ' profile: others = "drop"',
            )

    def _claims(self, leaves: Iterable[Leaf], before: str) -> Iterable[Claim]:
        for leaf in leaves:
            target = self._target_of(leaf)
            if target is None:
                self.left_out.append((before + ".".join(leaf.path), LEFT_OUT))
                continue
            said = read(leaf, target)
            if isinstance(said, Nothing):
                self.left_out.append((before + ".".join(leaf.path), said.why))
            else:
                yield Claim(leaf, target, said)

    def _settled(self, claims: list[Claim]) -> list[Claim]:
        """The claims without two to one name, in their order.

        Who loses a name keeps its value as the codec said it, under the codec's own name if that is free.
        """
        taken = {*self.values, *self.faults, *self.out_of_range}
        settled: dict[int, Claim] = {}
        for place in sorted(range(len(claims)), key=lambda place: claims[place].target.rank):
            claim = claims[place]
            if claim.said.name in taken:
                claim = _under_another_name(claim, taken)
            taken.add(claim.said.name)
            settled[place] = claim
        return [settled[place] for place in sorted(settled)]


def _under_another_name(claim: Claim, taken: Container[str]) -> Claim:
    own = claim.target.own
    if own != claim.target.name and own not in taken:
        target = Target(own, quantity_named(own), own=own)
        said = read(claim.leaf, target)
        if not isinstance(said, Nothing) and said.name not in taken:
            return Claim(claim.leaf, target, said)
    name = free(claim.said.name, taken)
    return Claim(claim.leaf, Target(name, own=own), claim.said._replace(name=name))
