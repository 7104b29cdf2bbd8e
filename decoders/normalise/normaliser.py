"""What a codec or a network server says, to readings: the flow of the other files of this folder.

    output -> leaves and arrays of records -> a target for each leaf -> values -> readings

A leaf never spoils the others. What becomes of none is listed in `dropped`, with the reason.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from decoders.contract import Decoded, DecodeRefused
from decoders.normalise.fields import LEFT_OUT, Fields
from decoders.normalise.flatten import Leaf, Path, leaves_of
from decoders.normalise.profile import Profile
from decoders.normalise.records import Array, Element, RecordArrays, elements_of
from decoders.normalise.resolve import Target, resolve
from decoders.normalise.things_stack import Measured, measurements
from decoders.normalise.times import BadTime, as_time, judged
from decoders.normalise.values import unit_in

READINGS_MAX = 512
"""Readings of one uplink: more stored samples than any payload holds."""
TARGETS_KEPT = 1024
"""Paths whose target is remembered, per device. A codec may make up keys as it goes."""

KEY_KEPT = 256
"""Characters of a path that is remembered; longer ones are worked out each time."""

NORMALIZED_SAID_IT = "normalizeUplink said it all"
DESCRIBES = "it describes the value"
IN_RECORD = "it is in a record, with its time"
EXPECTED = frozenset({LEFT_OUT, NORMALIZED_SAID_IT, DESCRIBES, IN_RECORD})
"""Reasons for which nothing is lost that anybody wanted."""

_MS = timedelta(milliseconds=1)


class Dropped(NamedTuple):
    """A value that is in no reading, and why."""

    path: str
    why: str

    @property
    def expected(self) -> bool:
        """Whether nothing is lost by it: the profile says so, or it is said elsewhere."""
        return self.why in EXPECTED


class Mapped(NamedTuple):
    """Which field a value became, for a person who writes a profile."""

    path: str
    name: str
    known: bool
    """Whether the vocabulary knows the field."""


class Normalised(NamedTuple):
    """What became of one output."""

    readings: tuple[Decoded, ...]
    dropped: tuple[Dropped, ...] = ()
    mapped: tuple[Mapped, ...] = ()
    """In the order of the output."""


class Normaliser:
    """Makes readings of one device's codec. Pure, but that it remembers the targets of paths."""

    def __init__(self, profile: Profile | None, measurement: str) -> None:
        self.profile = profile or Profile()
        self.measurement = measurement
        self._targets: dict[tuple[Path, str], Target | None] = {}

    def readings(
        self,
        data: object,
        normalized: object | None = None,
        received_at: datetime | None = None,
    ) -> Normalised:
        """The readings of an output, the message's own first, then its records in their order.

        `data` and `normalized` are what `decodeUplink` and `normalizeUplink` gave, as JSON has it;
        `received_at` is aware UTC, None while it is not known or not trusted.

        Raises:
            DecodeRefused: codec_error, there is no value in it, or too much; clock_not_set, there are only
                records whose times cannot be true.
        """
        return _Output(self, received_at).normalised(data, normalized)

    def target_of(self, leaf: Leaf) -> Target | None:
        """What becomes of a leaf; None when the profile drops it."""
        target = self._target(leaf)
        if target is None or target.quantity is not None or target.rule is not None or leaf.unit:
            return target
        unit = unit_in(leaf.value)
        better = self._target(leaf._replace(unit=unit)) if unit else None
        return better if better is not None and better.quantity is not None else target

    def _target(self, leaf: Leaf) -> Target | None:
        key = (leaf.path, leaf.unit)
        try:
            return self._targets[key]
        except KeyError:
            found = resolve(leaf.path, leaf.unit, self.profile)
        if sum(map(len, leaf.path)) + len(leaf.unit) <= KEY_KEPT:
            if len(self._targets) >= TARGETS_KEPT:
                self._targets.clear()
            self._targets[key] = found
        return found


class _Output:
    """One output on its way through."""

    def __init__(self, normaliser: Normaliser, received_at: datetime | None) -> None:
        self._profile = normaliser.profile
        self._measurement = normaliser.measurement
        self._target_of = normaliser.target_of
        self._received_at = received_at
        self._own = Fields(self._target_of)
        """Of the message itself."""
        self._own_time: datetime | None = None
        self._records: list[tuple[datetime, Fields]] = []
        self._by_time: dict[datetime, Fields] = {}
        """Those of named values, of which several belong to one time."""
        self._dropped: list[Dropped] = []
        self._bad_time = ""

    def normalised(self, data: object, normalized: object | None) -> Normalised:
        arrays = RecordArrays(self._profile)
        as_given = self._profile.names == "as_given"
        leaves = leaves_of(data, 0 if as_given else 1, arrays.take, units=not as_given)
        self._dropped += [Dropped(path, LEFT_OUT) for path in arrays.dropped]
        preferred = self._preferred(normalized)
        if len(preferred) > 1:
            self._dropped += [Dropped(".".join(leaf.path), NORMALIZED_SAID_IT) for leaf in leaves]
            for row in preferred:
                self._add_normalized(row)
        else:
            self._add(leaves, arrays.found, preferred)
        return self._result(bool(leaves or arrays.found or arrays.dropped))

    def _preferred(self, normalized: object | None) -> tuple[Measured, ...]:
        if normalized is None or self._profile.normalized == "ignore":
            return ()
        return measurements(normalized) or ()

    def _add(
        self, leaves: list[Leaf], arrays: list[Array], preferred: tuple[Measured, ...]
    ) -> None:
        """What `decodeUplink` gave, and before it the one measurement of `normalizeUplink`, if any."""
        if sum(len(array.elements) for array in arrays) > READINGS_MAX:
            raise DecodeRefused("codec_error", f"the output holds more than {READINGS_MAX} records")
        for row in preferred:
            self._add_normalized(row)
        repeated = {
            leaf.path for array in arrays for element in elements_of(array)
            for leaf in self._add_element(element)
        }  # fmt: skip
        if not repeated and not self._profile.time:
            self._own.add(leaves)
            return
        own = []
        for leaf in leaves:
            if leaf.path in repeated:
                self._drop(leaf.path, IN_RECORD)
            elif self._profile.time and ".".join(leaf.path) == self._profile.time:
                self._own_time = self._judged(leaf.value, leaf.path)
            else:
                own.append(leaf)
        self._own.add(own)

    def _add_normalized(self, row: Measured) -> None:
        fields = self._own
        if row.time is not None:
            time = self._judged(row.time, ("time",))
            if time is not None:
                fields = self._record_at(time)
            elif self._bad_time:
                return
        fields.values.update(row.fields)
        fields.out_of_range.update(dict.fromkeys(row.out_of_range))

    def _add_element(self, element: Element) -> Iterable[Leaf]:
        """Add a record; gives the values that have found a time of their own by name."""
        self._dropped += [Dropped(path, DESCRIBES) for path in element.left_out]
        before = ".".join(element.path) + "."
        time = None
        if element.time is not None:
            try:
                time = judged(as_time(element.time), self._received_at)
            except BadTime as bad:
                self._bad_time = str(bad)
                self._dropped += [
                    Dropped(before + ".".join(leaf.path), str(bad)) for leaf in element.leaves
                ]
                return ()
        if time is None:
            self._own.add(element.leaves, before)
            return element.leaves if element.named else ()
        if not element.named:
            self._record_at(time).add(element.leaves, before)
            return ()
        if time not in self._by_time:
            self._by_time[time] = self._record_at(time)
        self._by_time[time].add(element.leaves, before)
        return element.leaves

    def _record_at(self, time: datetime) -> Fields:
        """A new record; two of one time are different samples, and are kept a millisecond apart."""
        taken = {other for other, _ in self._records}
        while time in taken:
            time += _MS
        fields = Fields(self._target_of)
        self._records.append((time, fields))
        return fields

    def _judged(self, value: object, path: Path) -> datetime | None:
        try:
            return judged(as_time(value), self._received_at)
        except BadTime as bad:
            self._bad_time = str(bad)
            self._drop(path, str(bad))
            return None

    def _drop(self, path: Path, why: str) -> None:
        self._dropped.append(Dropped(".".join(path), why))

    def _result(self, said_something: bool) -> Normalised:
        groups = [(self._own_time, self._own), *self._records]
        readings = tuple(self._reading(time, fields) for time, fields in groups if fields)
        for _, fields in groups:
            self._dropped += [Dropped(path, why) for path, why in fields.left_out]
        if not readings:
            if self._bad_time:
                raise DecodeRefused("clock_not_set", self._bad_time)
            by_profile = self._profile.drop or self._profile.others == "drop"
            if not said_something or not by_profile:
                raise DecodeRefused("codec_error", "the output holds no values")
        mapped = tuple(Mapped(*named) for _, fields in groups for named in fields.named)
        return Normalised(readings, tuple(self._dropped), mapped)

    def _reading(self, time: datetime | None, fields: Fields) -> Decoded:
        return Decoded(
            measurement=self._measurement,
            fields=fields.values,
            time=time,
            faults=tuple(fields.faults),
            out_of_range=tuple(fields.out_of_range),
        )
