"""What a codec's `normalizeUplink` gives: The Things Stack's normalized payload, to the vocabulary.

An unknown key or a wrong type spoils all of it, as there: then what `decodeUplink` gave is used. A number out
of the vocabulary's range is listed in `out_of_range`. Source: The Things Stack documentation of 2026-04-14,
"Payload normalization".
"""

from collections.abc import Mapping
from typing import NamedTuple

from decoders.contract import FieldValue, Quantity
from decoders.normalise.flatten import DEPTH_MAX, as_float
from decoders.quantities import DOMAINS

BY_PATH: Mapping[str, Quantity] = {
    quantity.ttn: quantity for table in DOMAINS.values() for quantity in table if quantity.ttn
}
"""Quantities by their path in the normalized payload."""

_WORDS: Mapping[str, Mapping[str, FieldValue]] = {
    "action.contactState": {"open": True, "closed": False},
    "air.location": {"indoor": "indoor", "outdoor": "outdoor"},
    "water.leak": {"leak": True, "no leak": False, "normal": False, "true": True, "false": False},
}
"""By path: the words that may be said."""

_STATISTICS = frozenset({"water.temperature.min", "water.temperature.max", "water.temperature.avg"})
"""Allowed, and left out: the vocabulary has the current value."""


class Measured(NamedTuple):
    """One valid normalized measurement."""

    time: object
    """As it was given; None without one."""
    fields: Mapping[str, FieldValue]
    out_of_range: tuple[str, ...]


def measurements(normalized: object) -> tuple[Measured, ...] | None:
    """All measurements; None when anything in them is not of the schema, or there is none."""
    rows = normalized if isinstance(normalized, list) else [normalized]
    found = [_measurement(row) for row in rows]
    if not found or any(row is None for row in found):
        return None
    kept = tuple(row for row in found if row is not None and (row.fields or row.out_of_range))
    return kept or None


def _measurement(row: object) -> Measured | None:
    if not isinstance(row, Mapping):
        return None
    time = row.get("time")
    if time is not None and not isinstance(time, str):
        return None
    fields: dict[str, FieldValue] = {}
    out_of_range: list[str] = []
    for path, value in _paths({key: row[key] for key in row if key != "time"}, "", 0):
        if path in _STATISTICS and isinstance(value, int | float):
            continue
        quantity = BY_PATH.get(path)
        read = None if quantity is None else _value(path, quantity, value)
        if quantity is None or read is None:
            return None
        if _is_possible(quantity, read):
            fields[quantity.name] = read
        else:
            out_of_range.append(quantity.name)
    return Measured(time, fields, tuple(out_of_range))


def _paths(row: Mapping[object, object], before: str, depth: int) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for key, value in row.items():
        path = f"{before}{key}"
        if isinstance(value, Mapping) and depth < DEPTH_MAX:
            found += _paths(value, f"{path}.", depth + 1)
        else:
            found.append((path, value))
    return found


def _value(path: str, quantity: Quantity, value: object) -> FieldValue | None:
    """The value in the quantity's type; None when it has another."""
    if isinstance(value, str):
        return _WORDS.get(path, {}).get(value.lower())
    if quantity.type == "bool":
        return value if isinstance(value, bool) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return as_float(value)


def _is_possible(quantity: Quantity, value: FieldValue) -> bool:
    if quantity.low is None or quantity.high is None or not isinstance(value, float):
        return True
    return quantity.low <= value <= quantity.high
