"""What became of a codec's values over all vectors: the field of each, what was left out, whose type changes."""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from decoders.contract import Decoded, FieldValue
from decoders.normalise import Normalised
from decoders.quantities import quantity_named
from gateway.cli.codec_trial import Run

BY_NORMALIZE = "normalizeUplink"
_PLACE = re.compile(r"(?<=\.)\d+(?=\.|$)")


class Value(Struct):
    """One value of the codec, and the field it becomes."""

    path: str
    """In the codec's data; `*` stands for places in an array."""
    field: str
    known: bool
    """Whether the vocabulary has the field; else it is kept under the codec's own name."""
    unit: str
    types: list[str]
    """More than one: the field changes its type, and payloads with the second one would be refused."""
    first: FieldValue | None
    """The first value that was stored."""
    faults: int = 0
    out_of_range: int = 0


class Dropped(Struct):
    """A value that becomes no field."""

    path: str
    why: str
    times: int


class Values(Struct):
    """All of it."""

    fields: list[Value]
    dropped: list[Dropped]

    def conflicts(self) -> Iterator[Value]:
        """The fields that change their type."""
        return (value for value in self.fields if len(value.types) > 1)


def values_of(runs: Iterable[Run]) -> Values:
    """What became of the values of these runs."""
    fields: dict[str, Value] = {}
    dropped: dict[tuple[str, str], Dropped] = {}
    for run in runs:
        if not isinstance(run.normalised, Normalised):
            continue
        for path, name, _ in run.normalised.mapped:
            _add(fields, _general(path), name)
        for reading in run.normalised.readings:
            _note(fields, reading)
        for path, why in run.normalised.dropped:
            key = _general(path), why
            dropped.setdefault(key, Dropped(*key, 0)).times += 1
    return Values(list(fields.values()), list(dropped.values()))


def _add(fields: dict[str, Value], path: str, name: str) -> Value:
    found = fields.get(name)
    if found is None:
        quantity = quantity_named(name)
        unit = "" if quantity is None else quantity.unit
        found = fields[name] = Value(path, name, quantity is not None, unit, [], None)
    elif path not in found.path.split(", "):
        found.path += f", {path}"
    return found


def _note(fields: dict[str, Value], reading: Decoded) -> None:
    """Note what a reading holds; fields without a path are of normalizeUplink."""

    def field(name: str) -> Value:
        return fields.get(name) or _add(fields, BY_NORMALIZE, name)

    for name, value in reading.fields.items():
        found, kind = field(name), type(value).__name__
        if kind not in found.types:
            found.types.append(kind)
        if found.first is None:
            found.first = value
    for name in reading.faults:
        field(name).faults += 1
    for name in reading.out_of_range:
        field(name).out_of_range += 1


def _general(path: str) -> str:
    """A path without places in arrays."""
    return _PLACE.sub("*", path)
