"""Reading the store: what a sink takes next, and what is still to be taken. Any thread, own connection.

A sink's way goes through the sealed blocks first, when it is new or was away, then along the tail by seq.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import apsw

from gateway.model import Reading, Series
from gateway.store.blocks import open_block
from gateway.store.packing import unpack_body
from gateway.store.position import Position


@dataclass(slots=True)
class Taken:
    """Readings for a sink, and where its position is once they are settled."""

    readings: list[Reading] = field(default_factory=list)
    high: int = 0
    """The newest row looked at; 0 when this came from blocks."""
    block: int = 0
    """The newest block looked at; 0 when this came from the tail."""
    held: list[int] = field(default_factory=list)
    """Rows passed by because their times wait for a clock."""
    released: list[tuple[int, int]] = field(default_factory=list)
    """(held row, its readings): rows that one of these rows replaces."""
    ends: list[int] = field(default_factory=list)
    """For each row that gave readings, how many there are up to its end."""

    def __bool__(self) -> bool:
        """Whether there is anything to settle or to pass by."""
        return bool(self.high or self.block)

    def up_to(self, place: int) -> int:
        """How many readings belong to rows that end at or before this place."""
        return max((end for end in self.ends if end <= place), default=0)


def take_from_tail(
    connection: apsw.Connection, position: Position, series: Mapping[int, Series], lines_max: int
) -> Taken:
    """The next readings after `position.high`, whole rows, about `lines_max` at most."""
    taken = Taken()
    add = taken.readings.append
    query = (
        "SELECT seq, held, about, readings, body FROM frame"
        " WHERE seq > ? AND (readings > 0 OR outcome = 'stamped') ORDER BY seq LIMIT ?"
    )
    for seq, held, about, count, body in connection.execute(query, (position.high, lines_max)):
        if len(taken.readings) + count > lines_max and taken.readings:
            break
        taken.high = seq
        if held:
            taken.held.append(seq)
            continue
        if about is not None and position.held and position.is_held(about):
            taken.released.append((about, _readings_of(connection, about)))
        packed, _ = unpack_body(body)
        for index, (series_id, time_ns, *values) in enumerate(packed):
            add(Reading(series[series_id], time_ns, tuple(values), seq, index))  # type: ignore[index, arg-type]
        taken.ends.append(len(taken.readings))
    return taken


def take_from_blocks(
    connection: apsw.Connection, position: Position, series: Mapping[int, Series]
) -> Taken:
    """The readings of the next device and hour among the sealed blocks, in order of seq."""
    taken = Taken()
    group: tuple[int, int] | None = None
    found: list[Reading] = []
    query = "SELECT id, device, hour, data FROM block WHERE id > ? AND seq_high > ? ORDER BY id LIMIT 64"
    for row_id, device, hour, data in connection.execute(query, (position.block, position.high)):
        if group not in (None, (device, hour)):
            break
        group = (device, hour)
        taken.block = row_id
        found += [
            Reading(series[series_id], time_ns, tuple(values), seq, index)  # type: ignore[index, arg-type]
            for seq, index, (series_id, time_ns, *values) in open_block(data)
            if seq > position.high
        ]
    found.sort(key=lambda reading: (reading.seq, reading.index))
    taken.readings = found
    taken.ends = [len(found)] if found else []
    return taken


def unread_readings(
    connection: apsw.Connection, position: Position, upto: int | None = None
) -> int:
    """How many readings in the store a sink has still to settle, counted from the rows.

    With `upto`, only those of tail rows up to that seq.
    """
    limit = upto if upto is not None else (1 << 62)
    total = _sum(connection, position.high + 1, limit)
    total += sum(_sum(connection, low, min(high, limit)) for low, high in position.held)
    if upto is None:
        query = "SELECT seq_low, readings, data FROM block WHERE id > ? AND seq_high > ?"
        for seq_low, readings, data in connection.execute(query, (position.block, position.high)):
            if seq_low > position.high:
                total += readings
            else:
                total += sum(seq > position.high for seq, _, _ in open_block(data))
    return total


def held_readings(connection: apsw.Connection, position: Position) -> int:
    """How many of the readings a sink has to settle wait for the clock."""
    query = "SELECT sum(readings) FROM frame WHERE seq > ? AND held"
    ahead = int(connection.execute(query, (position.high,)).get or 0)
    return ahead + sum(_sum(connection, low, high) for low, high in position.held)


def _sum(connection: apsw.Connection, low: int, high: int) -> int:
    query = "SELECT sum(readings) FROM frame WHERE seq BETWEEN ? AND ?"
    return int(connection.execute(query, (low, high)).get or 0)


def _readings_of(connection: apsw.Connection, seq: int) -> int:
    return int(connection.execute("SELECT readings FROM frame WHERE seq = ?", (seq,)).get or 0)
