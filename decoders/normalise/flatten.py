"""Nested objects and arrays to a flat list of leaves, each with the path of keys that led to it.

    {"a": {"b": 1}, "c": [2, 3]}               a.b = 1, c.1 = 2, c.2 = 3
    {"t": {"value": 21, "unit": "°C"}}         t = 21 in °C
    {"t": 21, "t_unit": "Cel"}                 t = 21 in Cel

Arrays that hold records, which become readings of their own, are set aside by `records.py` before.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from decoders.contract import DecodeRefused

DEPTH_MAX = 6
"""Levels of a codec's output; the deepest of 1,091 published codecs has five."""
LEAVES_MAX = 4096
"""Values of a codec's output, those of all records together; the most of a published codec is 456."""

Scalar = float | bool | str | None
Path = tuple[str, ...]


class Leaf(NamedTuple):
    """One value that a codec said."""

    path: Path
    value: Scalar
    unit: str = ""
    """As the codec says it; "" when it does not."""


_PLAIN = frozenset({float, str, bool, type(None)})

SetAside = Callable[[Path, Sequence[object]], bool]
"""(path, array) -> whether it was taken for records and is no matter of the flat list."""

_VALUE_KEYS = ("value", "data", "val")
_BESIDE_VALUE = frozenset({
    "value", "data", "val", "unit", "units", "displayname", "name", "label", "desc",
    "description", "title", "symbol",
})  # fmt: skip
_UNIT_KEYS = ("unit", "units", "symbol")
_UNIT_ENDINGS = ("_unit", "_units", "Unit")


def leaves_of(
    value: object, first: int = 1, set_aside: SetAside | None = None, units: bool = True
) -> list[Leaf]:
    """Every scalar with its path; places in arrays are counted from `first`.

    `units` says whether objects of value and unit are taken for one value.

    Raises:
        DecodeRefused: codec_error, it is nested too deep or holds too much.
    """
    found: list[Leaf] = []
    _Walk(found, first, set_aside, units).on((), value)
    return found


class _Walk:
    """One walk through an output; the leaves go to a list, for it is done for every payload."""

    def __init__(
        self, found: list[Leaf], first: int, set_aside: SetAside | None, units: bool
    ) -> None:
        self._found = found
        self._first = first
        self._set_aside = set_aside
        self._units = units

    def on(self, path: Path, value: object) -> None:
        """Add the leaves of this value."""
        kind = type(value)
        if kind in _PLAIN:  # nearly all there is
            self._add(Leaf(path, value))  # type: ignore[arg-type]
        elif isinstance(value, Mapping):
            _check_depth(path)
            self._on_object(path, value)
        elif isinstance(value, list | tuple):
            _check_depth(path)
            if self._set_aside is None or not self._set_aside(path, value):
                for place, inner in enumerate(value, self._first):
                    self.on((*path, str(place)), inner)
        elif isinstance(value, bool | int | float | str):
            self._add(Leaf(path, as_float(value) if kind is int else value))  # type: ignore[arg-type]
        else:
            raise DecodeRefused("codec_error", f"the codec gives a {kind.__name__}")

    def _add(self, leaf: Leaf) -> None:
        self._found.append(leaf)
        if len(self._found) > LEAVES_MAX:
            raise DecodeRefused("codec_error", f"the codec gives more than {LEAVES_MAX} values")

    def _on_object(self, path: Path, value: Mapping[object, object]) -> None:
        measured = _measured(value) if self._units and path else None
        if measured is not None:
            self._add(Leaf(path, *measured))
            return
        beside = _units_beside(value) if self._units else {}
        units = set(beside.values())
        for key, inner in value.items():
            name = str(key)
            if name in units:
                continue
            before = len(self._found)
            self.on((*path, name), inner)
            if beside and name in beside:
                unit = str(value[beside[name]])
                self._found[before:] = [
                    leaf if leaf.unit else leaf._replace(unit=unit) for leaf in self._found[before:]
                ]


def _measured(value: Mapping[object, object]) -> tuple[Scalar, str] | None:
    """(value, unit) of an object that is one measured value; None of any other."""
    if not value or len(value) > len(_BESIDE_VALUE):
        return None
    given = {str(key).lower(): inner for key, inner in value.items()}
    held = [key for key in _VALUE_KEYS if key in given]
    if len(held) != 1 or not given.keys() <= _BESIDE_VALUE:
        return None
    found = given.pop(held[0])
    described = [
        inner for inner in given.values() if inner is not None and not isinstance(inner, str)
    ]
    if described or not (found is None or isinstance(found, bool | int | float | str)):
        return None
    unit = next((given[key] for key in _UNIT_KEYS if given.get(key)), "")
    return as_float(found) if type(found) is int else found, str(unit)


def _units_beside(value: Mapping[object, object]) -> dict[str, str]:
    """By key: the key beside it that says its unit."""
    return {
        base: key
        for key, inner in value.items()
        if type(key) is str
        and key.endswith(_UNIT_ENDINGS)
        and isinstance(inner, str)
        and inner.strip()
        for ending in _UNIT_ENDINGS
        if key.endswith(ending) and (base := key.removesuffix(ending)) in value and base != key
    }


def _check_depth(path: Path) -> None:
    if len(path) >= DEPTH_MAX:
        raise DecodeRefused("codec_error", f"the codec's output is nested deeper than {DEPTH_MAX}")


def as_float(value: float) -> float:
    """The number; infinity for one that no float can hold, JSON bounds none."""
    try:
        return float(value)
    except OverflowError:
        return float("inf")
