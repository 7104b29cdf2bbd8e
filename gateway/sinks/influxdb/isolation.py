"""Which readings of a batch a server takes and which it refuses, found by sending parts of the batch.

Sans-IO, in two voices: `next_part` says what to send, `learn` is told what the answer meant.

    whole batch, refused        split by what the server said, else in the middle:
      |-- part, Done              every line of it is written
      |-- part, Poison            split again ... down to one line: that line is bad

Sending lines again is harmless: the same series, time and values overwrite themselves. A line is called
bad only on proof: it was refused alone, or version 3 named its number, or the server says that it dropped
as many lines as it was sent for the one reason they share. What is sent next is always the part with the
first reading that nothing is known of: when a search is broken off, the batch is settled up to there.

How splits keep requests few (k bad lines of n cost about 2 k log2 n without them):
- expired: "dropped=N" for age means the N oldest; two requests tell all of them.
- type conflict: the server names measurement, field and type; the lines that have them are one side.
"""

from collections.abc import Sequence
from heapq import heappop, heappush

from decoders.contract import FieldValue
from gateway.model import Reading, Rejection
from gateway.sinks.influxdb.answers import Conflict, Done, Poison, TooLarge

LINES_MAX = 5000
"""Lines in one request: what InfluxDB's documentation calls the best batch."""
BYTES_MAX = 1_000_000
"""Bytes of a request before compression: a tenth of version 3's limit, below nginx' default of 1 MiB."""

BYTES_MIN = 4096
"""A server that takes less than this in one body is not asked to take even less beforehand."""

_TYPE_NAMES: dict[type[FieldValue], str] = {float: "float", bool: "boolean", str: "string"}

Part = list[int]
"""Places of readings in the batch, in the order in which their lines are sent."""


class Isolation:
    """One batch on its way into the server."""

    def __init__(
        self, readings: Sequence[Reading], lines: Sequence[bytes | None], bytes_max: int = BYTES_MAX
    ) -> None:
        """`lines` are the readings' lines in their order; None is one that is not sent."""
        self._readings = readings
        self._lines = lines
        self.bytes_max = bytes_max
        """The largest body to send; halved when the server says that one is too large."""
        self._waiting: list[tuple[int, Part]] = []
        """A heap of parts by their first place."""
        places = [place for place, line in enumerate(lines) if line is not None]
        self._wait(*_chunks(places, lines, bytes_max))
        self.taken = 0
        """Lines known to be written."""
        self.rejected: list[Rejection] = []

    @property
    def poison(self) -> list[Rejection]:
        """Refused for what they say, not for their age."""
        return [rejection for rejection in self.rejected if not rejection.expired]

    def next_part(self) -> Part | None:
        """What to send now; None when everything is known."""
        return self._waiting[0][1] if self._waiting else None

    def body(self, part: Part) -> bytes:
        """The lines of a part as the body of a request."""
        return b"\n".join([line for place in part if (line := self._lines[place]) is not None])

    def undecided(self) -> tuple[int, ...]:
        """Places of which nothing is known yet."""
        return tuple(sorted(place for _, part in self._waiting for place in part))

    def learn(self, meaning: Done | TooLarge | Poison) -> None:
        """Take what the answer to `next_part` meant."""
        _, part = heappop(self._waiting)
        if isinstance(meaning, Done):
            self.taken += len(part)
        elif isinstance(meaning, TooLarge):
            self._split_too_large(part, meaning)
        elif meaning.lines and all(1 <= number <= len(part) for number, _ in meaning.lines):
            self._strike_named(part, meaning)
        elif len(part) == 1:
            self._reject(part, meaning.status, meaning.text, expired=meaning.expired)
        else:
            self._split_poisoned(part, meaning)

    def _split_too_large(self, part: Part, answer: TooLarge) -> None:
        if len(part) == 1:
            text = answer.text or "the line alone is larger than the server takes"
            self._reject(part, answer.status, text)
            return
        self.bytes_max = max(min(self.bytes_max, len(self.body(part)) // 2), BYTES_MIN)
        # What waits would be refused alike, so it is cut as well.
        waiting, self._waiting = self._waiting, []
        for _, other in waiting:
            self._wait(*_chunks(other, self._lines, self.bytes_max))
        pieces = _chunks(part, self._lines, self.bytes_max)
        self._wait(*(pieces if len(pieces) > 1 else _halves(part)))

    def _strike_named(self, part: Part, answer: Poison) -> None:
        said = {number - 1: text for number, text in answer.lines}
        for row, text in sorted(said.items()):
            self._reject([part[row]], answer.status, text or answer.text, expired=answer.expired)
        rest = [place for row, place in enumerate(part) if row not in said]
        if answer.rest_written:
            self.taken += len(rest)
        elif rest:
            self._wait(rest)

    def _split_poisoned(self, part: Part, answer: Poison) -> None:
        if answer.expired:
            suspects, others = self._oldest(part, answer.dropped)
        elif answer.conflict:
            suspects, others = self._conflicting(part, answer.conflict)
        else:
            suspects, others = [], part
        if suspects and others:
            self._wait(others, suspects)
        elif suspects and answer.dropped == len(suspects):
            self._reject(suspects, answer.status, answer.text, expired=answer.expired)
        else:
            self._wait(*_halves(part))

    def _oldest(self, part: Part, count: int) -> tuple[Part, Part]:
        by_time = sorted(part, key=lambda place: self._readings[place].time_ns)
        return by_time[:count], by_time[count:]

    def _conflicting(self, part: Part, conflict: Conflict) -> tuple[Part, Part]:
        suspects = [place for place in part if _has(self._readings[place], conflict)]
        suspected = set(suspects)
        return suspects, [place for place in part if place not in suspected]

    def _wait(self, *parts: Part) -> None:
        for part in parts:
            heappush(self._waiting, (min(part), part))

    def _reject(self, part: Part, status: int, text: str, *, expired: bool = False) -> None:
        self.rejected.extend(Rejection(place, status, text, expired) for place in part)


def _has(reading: Reading, conflict: Conflict) -> bool:
    series = reading.series
    if series.measurement != conflict.measurement or conflict.field not in series.fields:
        return False
    value = reading.values[series.fields.index(conflict.field)]
    return _TYPE_NAMES.get(type(value)) == conflict.type


def _halves(part: Part) -> tuple[Part, Part]:
    middle = len(part) // 2
    return part[:middle], part[middle:]


def _chunks(places: Part, lines: Sequence[bytes | None], bytes_max: int) -> list[Part]:
    """Cut a batch into requests of at most LINES_MAX lines and `bytes_max` bytes; one line always fits."""
    chunks: list[Part] = []
    size = 0
    for place in places:
        length = len(lines[place] or b"") + 1
        if not chunks or len(chunks[-1]) == LINES_MAX or size + length > bytes_max:
            chunks.append([])
            size = 0
        chunks[-1].append(place)
        size += length
    return chunks
