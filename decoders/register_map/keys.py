"""One table of a map: taking its keys by type, and noting what is wrong with them.

A fault names the key by its path in the file, and says what to write instead. Reading goes on after a
fault, so that one run shows them all.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from typing import Any

NUMBER_TEXT_MAX = 40
"""Characters of a number; "1e999999999" would be one of a billion digits."""
EXPONENT_MAX = 30
FEW = 4
"""Words that are all named."""


@dataclass(frozen=True, slots=True)
class MapFault:
    """What is wrong in a map."""

    key: str
    """Its path, such as "layout[0].value[2].type"."""
    value: object
    """What stands there, None when the key is missing."""
    remedy: str


class Keys:
    """The keys of one table. What was not taken at the end is unknown."""

    def __init__(self, path: str, table: Mapping[str, Any], faults: list[MapFault]) -> None:
        self._path = path
        self._table = dict(table)
        self._faults = faults
        self._known: list[str] = []

    def fault(self, key: str, remedy: str, value: object = None) -> None:
        """Note a fault of a key of this table."""
        self._faults.append(MapFault(self.at(key), value, remedy))

    def is_wrong(self, key: str) -> bool:
        """Whether a fault of this key was noted."""
        path = self.at(key)
        return any(fault.key == path for fault in self._faults)

    def at(self, key: str) -> str:
        """The path of a key of this table."""
        return f"{self._path}.{key}" if self._path else key

    def has(self, key: str) -> bool:
        """Whether the key is there and not taken yet."""
        return key in self._table

    def text(self, key: str, default: str | None = None) -> str:
        """A text; "" after a fault."""
        value = self._take(key, default)
        if value is None or (isinstance(value, str) and value):
            return value or ""
        self.fault(key, "write it as text in quotes", value)
        return ""

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number within limits; `low` after a fault."""
        value = self._take(key, default)
        if value is None:
            return low
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.fault(key, f"write a whole number from {low} to {high}", value)
            return low
        return value

    def exact(self, key: str, default: str) -> str:
        """A number as an exact decimal or fraction, such as 0.1, "0.1" or "1/60"."""
        value = self._take(key, default)
        text = str(value)
        if not isinstance(value, bool) and isinstance(value, (int, float, str)) and _is_exact(text):
            return text
        self.fault(key, 'write a number such as 0.1, "0.1" or "1/60"', value)
        return default

    def limit(self, key: str) -> float | None:
        """A number that may be missing."""
        value = self._take(key, None, optional=True)
        if value is None:
            return None
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e30:
            return float(value)
        self.fault(key, "write a number", value)
        return None

    def wholes(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers, or a single one; empty when missing."""
        value = self._take(key, None, optional=True)
        if value is None:
            return ()
        numbers = value if isinstance(value, list) else [value]
        if all(isinstance(number, int) and not isinstance(number, bool) for number in numbers):
            return tuple(numbers)
        self.fault(key, "write a whole number, or a list of them: [0xffff, 0x7fff]", value)
        return ()

    def yes(self, key: str) -> bool:
        """A boolean; false when missing."""
        value = self._take(key, False)
        if isinstance(value, bool):
            return value
        self.fault(key, "write true or false without quotes", value)
        return False

    def one_of(self, key: str, known: Collection[str], default: str | None = None) -> str:
        """One of some words; "" after a fault."""
        value = self._take(key, default)
        if value is None or value in known:
            return value or ""
        few = len(known) <= FEW
        remedy = "write one of: " + ", ".join(known) if few else nearest(str(value), known)
        self.fault(key, remedy, value)
        return ""

    def tables(self, key: str) -> list["Keys"]:
        """The tables of a list of tables, or a single one."""
        value = self._take(key, None, optional=True)
        if value is None:
            return []
        tables = value if isinstance(value, list) else [value]
        if not all(isinstance(table, dict) for table in tables):
            self.fault(key, f"write it as a table: [[{key}]]")
            return []
        return [
            Keys(self.at(f"{key}[{index}]"), table, self._faults)
            for index, table in enumerate(tables)
        ]

    def end(self) -> None:
        """Note the keys that nobody asked for."""
        for key, value in self._table.items():
            shown = None if isinstance(value, (dict, list)) else value
            self.fault(key, "there is no such key; " + nearest(key, self._known), shown)

    def _take(self, key: str, default: object, *, optional: bool = False) -> Any:
        self._known.append(key)
        if key in self._table:
            return self._table.pop(key)
        if default is None and not optional:
            self.fault(key, "is missing")
        return default


def nearest(word: str, known: Collection[str]) -> str:
    """`did you mean "x"?`, else what there is."""
    near = get_close_matches(word, known, n=1)
    return f'did you mean "{near[0]}"?' if near else "there are " + ", ".join(known)


def _is_exact(text: str) -> bool:
    if len(text) > NUMBER_TEXT_MAX:
        return False
    exponent = text.lower().partition("e")[2]
    try:
        return abs(int(exponent or "0")) <= EXPONENT_MAX and Fraction(text).denominator > 0
    except (ValueError, ZeroDivisionError):
        return False
