"""Which field a codec's key becomes: as the profile says, the vocabulary, a known spelling, or its own name."""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from decoders.contract import Quantity
from decoders.normalise import names
from decoders.normalise.conversions import SAME, Line, line_from, suffix_of
from decoders.normalise.flatten import Path
from decoders.normalise.profile import FieldRule, FieldType, Profile
from decoders.normalise.spellings import WITH_UNIT, WITHOUT_UNIT
from decoders.quantities import quantity_named
from decoders.quantities.channels import on_channel

BY_PROFILE, BY_NAME, BY_SPELLING, OWN = range(4)
"""How certain a target is: of two values for one field the lower one gets it."""


class Target(NamedTuple):
    """What becomes of the values of one path."""

    name: str
    quantity: Quantity | None = None
    """The vocabulary's, which gives type and range."""
    lines: tuple[Line, ...] = (SAME,)
    """Ways to the quantity's unit; the first that gives a possible value is taken."""
    rank: int = OWN
    rule: FieldRule | None = None
    own: str = ""
    """The clean name, for a value whose target is taken."""

    @property
    def type(self) -> FieldType | None:
        """Of the field; None when it is the value's."""
        if self.rule is not None and self.rule.type is not None:
            return self.rule.type
        return None if self.quantity is None else self.quantity.type


_SECRET = re.compile(r"(?:^|_)(?:key|password|passphrase|secret)$")
"""Some codecs give the keys of a device away, when it answers a question about its configuration."""


def resolve(path: Path, unit: str, profile: Profile) -> Target | None:
    """The target of a path; None when the profile drops it, or its name is that of a key."""
    dotted = ".".join(path)
    rule = profile.rule_for(dotted)
    if rule is not None:
        line = rule.line
        quantity = quantity_named(rule.to)
        if quantity is not None and line == SAME and unit:
            line = line_from(unit, quantity) or SAME
        return Target(rule.to, quantity, (line,), BY_PROFILE, rule, names.clean(path))
    if profile.others == "drop" or profile.drops(dotted):
        return None
    if profile.names == "as_given":
        given = names.as_given(path)
        return Target(given, own=given)
    clean = names.clean(path)
    if _SECRET.search(clean):
        return None
    return _known(clean, unit) or Target(clean, own=clean)


def _known(clean: str, unit: str) -> Target | None:
    """The quantity that a clean name stands for, if that is certain."""
    exact = quantity_named(clean)
    if exact is not None:
        line = line_from(unit, exact) if unit else SAME
        if line is None:  # a unit of something else, or one that nobody knows
            return _with_suffix(clean, unit) or Target(clean, exact, (SAME,), BY_NAME, own=clean)
        return Target(clean, exact, (line,), BY_NAME, own=clean)
    for base, channel in _readings_of(clean, bool(unit)):
        found = _said_unit(base, unit) if unit else _certain(base)
        if found is None:
            continue
        quantity, lines = found
        if channel:
            try:
                quantity = on_channel(quantity, channel)
            except ValueError:
                continue
        return Target(quantity.name, quantity, lines, BY_SPELLING, own=clean)
    return _with_suffix(clean, unit) if unit else None


def _certain(base: str) -> tuple[Quantity, tuple[Line, ...]] | None:
    spelling = WITHOUT_UNIT.get(base)
    quantity = quantity_named(base if spelling is None else spelling.quantity)
    if quantity is None:
        return None
    if spelling is None:
        return quantity, (SAME,)
    return quantity, tuple(
        SAME if scale == "1" else (Fraction(scale), Fraction(0)) for scale in spelling.scales
    )


def _said_unit(base: str, unit: str) -> tuple[Quantity, tuple[Line, ...]] | None:
    for name in WITH_UNIT.get(base, (base,)):
        quantity = quantity_named(name)
        line = None if quantity is None else line_from(unit, quantity)
        if quantity is not None and line is not None:
            return quantity, (line,)
    return None


def _with_suffix(clean: str, unit: str) -> Target | None:
    """A name that no table knows, with the unit that the codec said behind it."""
    suffix = suffix_of(unit)
    if not suffix or clean.endswith(f"_{suffix}") or len(clean) + len(suffix) >= names.NAME_MAX:
        return None
    name = f"{clean}_{suffix}"
    quantity = quantity_named(name)
    line = SAME if quantity is None else line_from(unit, quantity) or SAME
    return Target(name, quantity, (line,), BY_SPELLING if quantity else OWN, own=name)


_PHASES = {"a": "l1", "b": "l2", "c": "l3", "l1n": "l1", "l2n": "l2", "l3n": "l3"}
_PAIRS = {
    "l1l2": "l1_l2",
    "l2l3": "l2_l3",
    "l3l1": "l3_l1",
    "l12": "l1_l2",
    "l23": "l2_l3",
    "l31": "l3_l1",
}
_ALL_PHASES = frozenset({"l123", "abc"})
_CHANNEL_WORDS = frozenset({"ch", "chn", "channel", "phase", "input"})


def _readings_of(clean: str, has_unit: bool) -> Iterator[tuple[str, str]]:
    """Every (name without channel, channel) that a clean name can be read as; the plain one first.

    Letters are phases only of a value with a unit: `current_a` without one is a current in A.
    """
    yield clean, ""
    words = [word for word in clean.split("_") if word not in _ALL_PHASES]
    base = "_".join(words)
    if base != clean:
        yield base, ""
    if len(words) > 1:
        last, before = words[-1], words[:-1]
        if last == "n" and before[-1] in ("l1", "l2", "l3"):
            last, before = before[-1], before[:-1]
        channel = _PAIRS.get(last) or (_PHASES.get(last, last) if has_unit else last)
        if before and before[-1] in _CHANNEL_WORDS:
            yield "_".join(before), channel  # digital_input_1
            before = before[:-1]
        yield "_".join(before), channel
        yield "_".join(before[:-1]), f"{before[-1] if before else ''}_{last}"
    for at in (0, -1):  # di1_status, pulse_counter_dry_input1
        bare = words[at].rstrip("0123456789") if words else ""
        if bare and bare != words[at]:
            digits = words[at].removeprefix(bare)
            rest = [*words[:at], bare, *(words[1:] if at == 0 else [])]
            if bare in _CHANNEL_WORDS and len(rest) > 1:
                rest.remove(bare)
            yield "_".join(rest), digits
            yield "_".join([*words[:at], bare, *(words[1:] if at == 0 else [])]), digits
