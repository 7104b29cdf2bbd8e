"""One value of a codec to one value of a field: its type, its unit, its range.

A field of the vocabulary has one type. What a codec says in another is read where that is certain (`"22.5"` of a
temperature, `"open"` of a door), else kept beside it under a name that says the type: `battery_v_text`.
"""

import math
import re
from typing import NamedTuple

from decoders.contract import FieldValue, Quantity
from decoders.normalise.conversions import SAME, Line, line_from, on_line
from decoders.normalise.flatten import Leaf, Scalar
from decoders.normalise.names import NAME_MAX
from decoders.normalise.profile import FieldRule
from decoders.normalise.resolve import Target
from decoders.normalise.words import FAULTS, as_flag
from decoders.quantities import QUANTITIES

TEXT_MAX = 1024
"""Characters of a text value."""
CODES = frozenset({"alarm", "button", "relay", "di", "do", "occupied", "vibration"})
"""Flags whose numbers are often codes, counts or bit masks: 1 does not say `true`."""

MOTION_COUNT = Target("motion_count", QUANTITIES["motion_count"])
"""A number that is called motion counts movements."""

_NUMBER = re.compile(
    r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)\s*(.*)", re.DOTALL | re.ASCII
)


class Found(NamedTuple):
    """A field and its value."""

    name: str
    value: FieldValue


class Fault(NamedTuple):
    """A sensor that could not measure."""

    name: str


class OutOfRange(NamedTuple):
    """A value that is physically impossible."""

    name: str


class Nothing(NamedTuple):
    """No value, and why."""

    why: str


Read = Found | Fault | OutOfRange | Nothing


def read(leaf: Leaf, target: Target) -> Read:
    """What the value says of its target."""
    value, rule = leaf.value, target.rule
    if rule is not None and (rule.faults or rule.map is not None):
        word = as_text(value)
        if word in rule.faults:
            return Fault(target.name)
        if rule.map is not None:
            return _mapped(word, rule, target)
    if value is None:
        return Nothing("null")
    kind = target.type
    if kind is None:
        return _as_it_is(value, target)
    if kind == "float":
        return _number(value, target)
    if kind == "bool":
        return _flag(value, target)
    return Found(target.name, as_text(value)[:TEXT_MAX])


def unit_in(value: Scalar) -> str:
    """The unit behind a number in a text, as in "90%"; "" when there is none."""
    found = _NUMBER.fullmatch(value) if isinstance(value, str) and len(value) < 40 else None
    return found[2].strip() if found else ""


def as_text(value: Scalar) -> str:
    """A value as a profile writes it: whole numbers without a point, booleans as in JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if math.isfinite(value) and value == int(value) else repr(value)


def _mapped(word: str, rule: FieldRule, target: Target) -> Read:
    assert rule.map is not None  # noqa: S101 - narrowed by the only caller
    if word not in rule.map:
        return Nothing(f"{word[:40]!r} is not in the map of {target.name}")
    found = rule.map[word]
    return _in_range(target, found) if isinstance(found, float) else Found(target.name, found)


def _as_it_is(value: FieldValue, target: Target) -> Read:
    if isinstance(value, str):
        return Found(target.name, value[:TEXT_MAX])
    if isinstance(value, bool):
        return Found(target.name, value)
    value = on_line(value, target.lines[0])
    return Found(target.name, value) if math.isfinite(value) else Nothing("not a finite number")


def _number(value: FieldValue, target: Target) -> Read:
    if isinstance(value, str):
        return _number_of_text(value, target)
    if isinstance(value, bool):
        if target.rule is not None:
            return _in_range(target, float(value))
        return Found(_beside(target.name, "flag"), value)
    if not math.isfinite(value):
        return Nothing("not a finite number")
    return _on_first_line(value, target, target.lines)


def _number_of_text(text: str, target: Target) -> Read:
    if text.strip().lower() in FAULTS or not text.strip():
        return Fault(target.name)
    found = _NUMBER.fullmatch(text)
    if found is not None:
        number, unit = float(found[1]), found[2].strip()
        by_profile = target.rule is not None
        line = _line_of(unit, target.quantity) if unit else None
        if line is not None and (not by_profile or target.lines == (SAME,)):
            return _on_first_line(number, target, (line,))
        if not unit or by_profile:
            return _on_first_line(number, target, target.lines)
    if target.rule is not None:
        return Fault(target.name)
    return Found(_beside(target.name, "text"), text[:TEXT_MAX])


def _line_of(unit: str, quantity: Quantity | None) -> Line | None:
    return None if quantity is None else line_from(unit, quantity)


def _on_first_line(value: float, target: Target, lines: tuple[Line, ...]) -> Read:
    for line in lines:
        found = _in_range(target, on_line(value, line))
        if isinstance(found, Found):
            return found
    return OutOfRange(target.name)


def _in_range(target: Target, value: float) -> Read:
    quantity = target.quantity
    low = None if quantity is None else quantity.low
    high = None if quantity is None else quantity.high
    if (low is not None and value < low) or (high is not None and value > high):
        return OutOfRange(target.name)
    return Found(target.name, value) if math.isfinite(value) else Nothing("not a finite number")


def _flag(value: FieldValue, target: Target) -> Read:
    name = target.name
    if isinstance(value, bool):
        return Found(name, value)
    if isinstance(value, str):
        flag = as_flag(name, value)
        if flag is not None:
            return Found(name, flag)
        if target.rule is not None:
            return Fault(name)
        return Found(_beside(name, "text"), value[:TEXT_MAX])
    if not math.isfinite(value):
        return Nothing("not a finite number")
    if target.rule is None:
        if name == "motion":
            return _in_range(MOTION_COUNT, value)
        if name.rstrip("0123456789").removesuffix("_") in CODES:
            return Found(_beside(name, "number"), value)
    return Found(name, value == 1) if value in (0, 1) else OutOfRange(name)


def _beside(name: str, what: str) -> str:
    return f"{name[: NAME_MAX - len(what) - 1]}_{what}"
