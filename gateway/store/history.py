"""Reading the store for a sink: what it takes next, and what it has still to take. Any thread, own connection.

A sink goes by seq: through sealed chunks first, when it is new, then along the tail. Within a chunk the
readings of all its blocks are put back into the order in which their rows came.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import apsw

from gateway.model import Reading, Series
from gateway.store.blocks import ROTTEN, Member, Rotted, open_block
from gateway.store.packing import unpack_body
from gateway.store.position import HELD_RANGES_MAX, Position, Released


@dataclass(slots=True)
class Taken:
    """Readings for a sink, and where its position is once they are settled."""

    readings: list[Reading] = field(default_factory=list)
    high: int = 0
    """The newest row looked at; 0 when there was none."""
    held: list[list[int]] = field(default_factory=list)
    """[first, last] ranges of rows passed by because their times wait for a clock."""
    released: list[tuple[int, Released]] = field(default_factory=list)
    """(row, the held row that it replaces)."""
    ends: list[int] = field(default_factory=list)
    """For each row that gave readings, how many there are up to its end."""

    def __bool__(self) -> bool:
        """Whether there is anything to settle or to pass by."""
        return self.high > 0

    def up_to(self, place: int) -> int:
        """How many readings belong to rows that end at or before this place."""
        return max((end for end in self.ends if end <= place), default=0)


def take_from_tail(
    connection: apsw.Connection, position: Position, series: Mapping[int, Series], lines_max: int
) -> Taken:
    """The next readings after `position.high`, whole rows, about `lines_max` at most.

    Raises:
        Rotted: a row cannot be read.
    """
    taken = Taken()
    add = taken.readings.append
    ranges_left = HELD_RANGES_MAX - len(position.held)
    holding = False
    query = (
        "SELECT seq, held, about, readings, outcome = 'stamped', body FROM frame"
        " WHERE seq > ? AND (readings > 0 OR outcome = 'stamped') ORDER BY seq LIMIT ?"
    )
    for seq, held, about, count, stamped, body in connection.execute(
        query, (position.high, lines_max)
    ):
        if held:
            if not holding and len(taken.held) >= ranges_left:
                break
            if holding:
                taken.held[-1][1] = seq
            else:
                taken.held.append([seq, seq])
            taken.high = seq
            holding = True
            continue
        if len(taken.readings) + count > lines_max and taken.readings:
            break
        holding = False
        taken.high = seq
        if stamped and (gone := _released(connection, about, position.held + taken.held)):
            taken.released.append((seq, gone))
        try:
            packed, _ = unpack_body(body)
            for index, (series_id, time_ns, *values) in enumerate(packed):
                add(Reading(series[series_id], time_ns, tuple(values), seq, index))  # type: ignore[index, arg-type]
        except ROTTEN as error:
            raise Rotted("frame", seq) from error
        if packed:
            taken.ends.append(len(taken.readings))
    return taken


def take_from_chunks(
    connection: apsw.Connection, position: Position, series: Mapping[int, Series], lines_max: int
) -> Taken:
    """The next readings among the sealed chunks, whole rows, about `lines_max` at most.

    Raises:
        Rotted: a block cannot be read.
    """
    taken = Taken()
    high = position.high
    while len(taken.readings) < lines_max:
        chunk = _chunk_after(connection, high)
        if chunk is None:
            break
        found = _opened(connection, chunk, series, high)
        room = lines_max - len(taken.readings)
        if len(found) > room:
            found = _whole_rows(found, room)
            if not found and taken.readings:
                break
            taken.high = high = found[-1].seq
        else:
            taken.high = high = chunk.seq_high
        start = len(taken.readings)
        taken.readings += found
        taken.ends += [
            start + place + 1
            for place, reading in enumerate(found)
            if place + 1 == len(found) or found[place + 1].seq != reading.seq
        ]
    return taken


def unread_readings(
    connection: apsw.Connection,
    position: Position,
    upto: int | None = None,
    rotten: list[int] | None = None,
) -> int:
    """How many readings in the store a sink has still to settle, counted from the rows.

    With `upto`, only those of rows up to that seq. A block that has rotted and is half read counts as a whole;
    its id is added to `rotten`.
    """
    limit = upto if upto is not None else (1 << 62)
    total = _tail_sum(connection, position.high + 1, limit)
    total += sum(_tail_sum(connection, low, min(high, limit)) for low, high in position.held)
    query = "SELECT sum(readings) FROM raw_block WHERE seq_low > ? AND seq_high <= ?"
    total += int(connection.execute(query, (position.high, limit)).get or 0)
    chunk = _chunk_after(connection, position.high)
    if chunk is not None and chunk.seq_low <= position.high:
        for row_id, readings, data in _blocks(connection, chunk):
            try:
                total += sum(position.high < seq <= limit for seq, _, _ in open_block(data))
            except ROTTEN:
                total += readings
                if rotten is not None:
                    rotten.append(row_id)
    return total


def held_readings(connection: apsw.Connection, position: Position) -> int:
    """How many of the readings a sink has to settle wait for the clock."""
    query = "SELECT sum(readings) FROM frame WHERE seq > ? AND held"
    ahead = int(connection.execute(query, (position.high,)).get or 0)
    return ahead + sum(_tail_sum(connection, low, high) for low, high in position.held)


def oldest_unread_wall(connection: apsw.Connection, position: Position) -> int | None:
    """Reception time of the oldest row whose readings a sink has still to settle."""
    chunk = _chunk_after(connection, position.high)
    if chunk is not None:
        query = "SELECT wall_low FROM raw_block WHERE seq_low = ?"
        return cast("int", connection.execute(query, (chunk.seq_low,)).get)
    query = "SELECT wall FROM frame WHERE seq >= ? AND readings > 0 ORDER BY seq LIMIT 1"
    return cast("int | None", connection.execute(query, (position.lowest_open(),)).get)


@dataclass(frozen=True, slots=True)
class _Chunk:
    seq_low: int
    seq_high: int
    block_low: int
    block_high: int


def _chunk_after(connection: apsw.Connection, seq: int) -> _Chunk | None:
    """The sealed chunk with the first row after `seq`. By key: the table's blobs are not read."""
    columns = "SELECT seq_low, seq_high, block_low, block_high FROM raw_block"
    for query in (
        f"{columns} WHERE seq_low <= ? ORDER BY seq_low DESC LIMIT 1",
        f"{columns} WHERE seq_low > ? ORDER BY seq_low LIMIT 1",
    ):
        row = cast("tuple[int, int, int, int] | None", connection.execute(query, (seq,)).fetchone())
        if row is not None and row[1] > seq:
            return _Chunk(*row)
    return None


def _blocks(connection: apsw.Connection, chunk: _Chunk) -> list[tuple[int, int, bytes]]:
    """(id, readings, data) of those that are not set aside."""
    query = "SELECT id, readings, data FROM block WHERE id BETWEEN ? AND ? AND readings > 0"
    rows = connection.execute(query, (chunk.block_low, chunk.block_high)).fetchall()
    return cast("list[tuple[int, int, bytes]]", rows)


def _opened(
    connection: apsw.Connection, chunk: _Chunk, series: Mapping[int, Series], after: int
) -> list[Reading]:
    found: list[Reading] = []
    for row_id, _, data in _blocks(connection, chunk):
        try:
            found += _readings(open_block(data), series, after)
        except ROTTEN as error:
            raise Rotted("block", row_id) from error
    found.sort(key=lambda reading: (reading.seq, reading.index))
    return found


def _readings(members: list[Member], series: Mapping[int, Series], after: int) -> list[Reading]:
    return [
        Reading(series[series_id], time_ns, tuple(values), seq, index)  # type: ignore[index, arg-type]
        for seq, index, (series_id, time_ns, *values) in members
        if seq > after
    ]


def _whole_rows(found: list[Reading], room: int) -> list[Reading]:
    """As many as have room, without the last row when it is cut; at least one row."""
    cut = found[room].seq
    kept = [reading for reading in found[:room] if reading.seq != cut]
    return kept or [reading for reading in found if reading.seq == found[0].seq]


def _released(connection: apsw.Connection, seq: int, ranges: list[list[int]]) -> Released | None:
    """A held row on its way out of one of these ranges; None when it is in none of them."""
    high = next((last for first, last in ranges if first <= seq <= last), None)
    if high is None:
        return None
    row = "FROM frame WHERE seq BETWEEN ? AND ? AND held AND readings > 0 ORDER BY seq"
    before = connection.execute(f"SELECT seq {row} DESC LIMIT 1", (ranges[0][0], seq - 1)).get
    after = connection.execute(f"SELECT seq {row} LIMIT 1", (seq + 1, high)).get
    readings = connection.execute("SELECT readings FROM frame WHERE seq = ?", (seq,)).get
    return Released(seq, int(readings or 0), int(before or 0), int(after or high + 1))


def _tail_sum(connection: apsw.Connection, low: int, high: int) -> int:
    query = "SELECT sum(readings) FROM frame WHERE seq BETWEEN ? AND ?"
    return int(connection.execute(query, (low, high)).get or 0)
