"""Arrays whose elements are readings of their own: stored samples, and lists of named values.

    history: [{"timestamp": 1700000000, "temperature": 21}, ...]              a reading per element
    samples: [{"variable": "temperature", "value": 21, "date": "..."}, ...]   a reading per time
    messages: [{"measurementId": 4097, "measurementValue": 21}, ...]          values of the message itself

Without a profile an array is taken for one of these when all its elements are objects and one of them has a
time, or a name with a value, under a key that is known here.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from decoders.normalise.flatten import Leaf, Path, leaves_of
from decoders.normalise.names import clean
from decoders.normalise.profile import Profile, RecordRule

TIME_KEYS = (
    "timestamp", "unix_timestamp", "unix_time", "unixtime", "frame_unixtime", "date", "datetime",
    "date_time", "time", "ts", "data_time", "sample_time", "log_time", "recorded_at", "measured_at",
    "isotime", "frame_isotime",
)  # fmt: skip
"""Clean names of an element's time, the first that is there is taken."""

NAMED_VALUES = (
    ("measurement_id", "measurement_value"), ("variable", "value"), ("name", "value"),
    ("parameter", "value"), ("type", "value"), ("key", "value"), ("id", "value"),
)  # fmt: skip
"""Clean names of the two keys of an element that is one named value."""

_UNIT_KEYS = ("unit", "units")


class Array(NamedTuple):
    """An array of records that was set aside."""

    path: Path
    elements: tuple[Mapping[object, object], ...]
    rule: RecordRule | None


class Element(NamedTuple):
    """What one element says."""

    path: Path
    time: object
    """As the codec gives it; None when it gives none."""
    leaves: tuple[Leaf, ...]
    named: bool
    """Whether it is one named value, which belongs to others of the same time."""
    left_out: tuple[str, ...]
    """Paths of what only describes the value."""


class RecordArrays:
    """Sets arrays of records aside while an output is flattened."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self.found: list[Array] = []
        self.dropped: list[str] = []
        """Paths of those that the profile drops."""

    def take(self, path: Path, array: Sequence[object]) -> bool:
        """Whether the array is no matter of the flat list: it holds records, or is dropped."""
        dotted = ".".join(path)
        if path and self._profile.drops(dotted):
            self.dropped.append(dotted)
            return True
        rule = self._profile.records.get(dotted)
        if rule is None and self._profile.names == "as_given":
            return False
        elements = tuple(_flat_list(array))
        if not elements or not all(isinstance(element, Mapping) for element in elements):
            return False
        if rule is None and not any(map(_looks_like_record, elements)):
            return False
        self.found.append(Array(path, elements, rule))  # type: ignore[arg-type]
        return True


def elements_of(array: Array) -> Iterator[Element]:
    """The elements in their order, each with its time and its values.

    Raises:
        DecodeRefused: codec_error, it is nested too deep or holds too much.
    """
    for place, element in enumerate(array.elements, 1):
        path = (*array.path, str(place))
        keys = _keys_of(element, array.rule)
        time = None if keys.time is None else element[keys.time]
        if keys.value is None:
            rest = {key: inner for key, inner in element.items() if key not in keys.times}
            yield Element(path, time, tuple(leaves_of(rest)), False, ())
            continue
        leaf, left_out = _named_value(element, keys)
        yield Element(path, time, leaf, True, tuple(".".join((*path, key)) for key in left_out))


class _Keys(NamedTuple):
    """An element's own keys for what matters."""

    time: object | None
    times: tuple[object, ...]
    name: object | None
    value: object | None


def _keys_of(element: Mapping[object, object], rule: RecordRule | None) -> _Keys:
    if rule is not None:
        time = rule.time if rule.time in element else None
        named = rule.value and rule.name in element and rule.value in element
        return _Keys(
            time, (rule.time,), rule.name if named else None, rule.value if named else None
        )
    by_name: dict[str, object] = {}
    for key in element:
        by_name.setdefault(clean((str(key),)).removesuffix("_"), key)
    times = tuple(by_name[word] for word in TIME_KEYS if _is_timely(element, by_name.get(word)))
    for name, value in NAMED_VALUES:
        if name in by_name and value in by_name and _is_name(element[by_name[name]]):
            return _Keys(times[0] if times else None, times, by_name[name], by_name[value])
    return _Keys(times[0] if times else None, times, None, None)


def _is_timely(element: Mapping[object, object], key: object | None) -> bool:
    return key is not None and isinstance(element[key], int | float | str)


def _is_name(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _looks_like_record(element: object) -> bool:
    assert isinstance(element, Mapping)  # noqa: S101 - narrowed by the only caller
    keys = _keys_of(element, None)
    return keys.time is not None or keys.value is not None


def _named_value(
    element: Mapping[object, object], keys: _Keys
) -> tuple[tuple[Leaf, ...], list[str]]:
    """The value under its name, and the keys beside it that only describe it."""
    name = element[keys.name]
    called = str(name)
    if called.isdecimal():
        key = clean((str(keys.name),)).removesuffix("_id")
        called = f"{key}_{called}"
    unit = next((element[key] for key in _UNIT_KEYS if isinstance(element.get(key), str)), "")
    leaves = tuple(
        leaf if leaf.unit else leaf._replace(unit=str(unit))
        for leaf in leaves_of({called: element[keys.value]})
    )
    known = {keys.name, keys.value, *keys.times, *_UNIT_KEYS}
    return leaves, [str(key) for key in element if key not in known]


def _flat_list(array: Sequence[object]) -> Iterator[object]:
    """The elements; those of arrays in the array, too."""
    for element in array:
        if isinstance(element, list):
            yield from element
        else:
            yield element
