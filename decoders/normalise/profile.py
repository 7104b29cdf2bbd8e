"""A profile: what a codec's names and values mean, for one kind of device.

`profile_file.py` reads it as people write it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from decoders.contract import FieldValue
from decoders.normalise.conversions import SAME, Line
from decoders.normalise.names import clean

FieldType = Literal["float", "bool", "str"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """What becomes of one key of the codec, or of all that a pattern matches."""

    to: str
    """The field's name; `{}` is what the pattern's `*` matched."""
    type: FieldType | None = None
    """Of the field; None where the vocabulary says it, or the value itself."""
    line: Line = SAME
    """Value x factor + offset."""
    map: Mapping[str, FieldValue] | None = None
    """What the codec says, as text, to what is stored. What is not in it is dropped and counted."""
    faults: tuple[str, ...] = ()
    """Values, as text, by which the codec says that nothing could be measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRule:
    """An array whose elements become readings of their own."""

    time: str = ""
    """The element's key with its time; "" when the elements have none."""
    name: str = ""
    """The element's key that names what it measures, where each element is one value."""
    value: str = ""
    """The element's key with that value."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What a codec's output means. Values that it does not name are treated as without a profile."""

    names: Literal["vocabulary", "as_given"] = "vocabulary"
    """How values that no rule names are called: as the vocabulary has it, or as the codec wrote them."""
    others: Literal["keep", "drop"] = "keep"
    """What becomes of values that no rule names."""
    normalized: Literal["prefer", "ignore"] = "prefer"
    """Whether the codec's `normalizeUplink` is asked, if it has one."""
    time: str = ""
    """The key with the time of the whole message; "" for the time of the uplink."""
    drop: tuple[str, ...] = ()
    """Keys, or patterns of them, that are left out."""
    fields: Mapping[str, FieldRule] = field(default_factory=dict)
    """By key, or by a pattern of keys."""
    records: Mapping[str, RecordRule] = field(default_factory=dict)
    """By the path of the array."""

    def rule_for(self, path: str) -> FieldRule | None:
        """The rule of a path, a pattern's with its `{}` filled in; None when there is none."""
        exact = self.fields.get(path)
        if exact is not None:
            return exact
        for pattern, rule in self._patterns:
            found = pattern.fullmatch(path)
            if found is not None:
                to = rule.to
                for part in found.groups():
                    to = to.replace("{}", clean((part,)), 1)
                return FieldRule(
                    to=clean((to,)),
                    type=rule.type,
                    line=rule.line,
                    map=rule.map,
                    faults=rule.faults,
                )
        return None

    def drops(self, path: str) -> bool:
        """Whether the value of a path is left out; whatever is below a dropped key is, too."""
        return any(pattern.fullmatch(path) for pattern in self._dropped)

    @cached_property
    def _patterns(self) -> tuple[tuple[re.Pattern[str], FieldRule], ...]:
        return tuple((_pattern(key), rule) for key, rule in self.fields.items() if "*" in key)

    @cached_property
    def _dropped(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(_pattern(key).pattern + r"(?:\..*)?") for key in self.drop)


def _pattern(key: str) -> re.Pattern[str]:
    """`*` stands for any characters within one part of a path."""
    return re.compile("([^.]*)".join(map(re.escape, key.split("*"))))


AS_GIVEN = Profile(names="as_given", normalized="ignore")
"""Fields are called as the codec wrote them: what `network_server` does when a device has no profile."""
