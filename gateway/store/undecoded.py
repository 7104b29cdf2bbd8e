"""Rows whose payload waits for a codec: where the decode stage is, and what comes next. One per store.

It goes by seq, through sealed chunks first when it was behind, then along the tail. How far it is, is a counter of
the store: it is on disk with the rows that it gave, so that after a kill each row is answered once.

A row that was held for the clock is passed by; the row that gave it its time (`stamped`) comes in its place.

`take` runs in the decode stage's own thread with a reading connection of its own.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar, cast

import apsw

from gateway.model import Malformed, Record, Undecoded
from gateway.store.blocks import ROTTEN, RawRow, open_block
from gateway.store.connection import open_reader, reading
from gateway.store.recovery import opened, raw_record, records
from gateway.store.store import Store
from gateway.store.unanswered import DECODED_UP_TO, DROPPED
from gateway.worker import Worker

Result = TypeVar("Result")

UNSAVED_ROWS_MAX = 10_000
"""Rows without a codec's payload that may have been looked at in vain, and are again after a start."""

_WAITING = "(outcome = 'undecoded' AND held = 0 OR outcome = 'stamped')"


class Backlog:
    """What the decode stage takes next."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._worker = Worker("decode")
        self._connection: apsw.Connection | None = None
        self._chunk: tuple[bytes, dict[int, RawRow]] = b"", {}
        """The sealed rows looked into last: held rows of one chunk are released one after the other."""
        self.position = store.counters.get(DECODED_UP_TO, 0)
        """The newest row considered."""

    @property
    def waiting(self) -> int:
        """How many hearings have no answer yet, held ones included."""
        return self._store.counters.get("outcome.undecoded", 0)

    @property
    def dropped(self) -> int:
        """How many payloads were deleted before their codec had answered, since the file was begun."""
        return self._store.counters.get(DROPPED, 0)

    def work(self, function: Callable[[], Result]) -> "asyncio.Future[Result]":
        """Run something in the decode stage's thread."""
        return self._worker.call(function)

    def more(self) -> "asyncio.Future[None]":
        """Done when rows were committed after this call. Shared: to be watched, not to be cancelled."""
        return self._store.more

    def passed(self, seq: int, *, answered: bool = True) -> None:
        """Every row up to this seq is considered; with answers among them that goes to disk with these."""
        self.position = max(self.position, seq)
        unsaved = self.position - self._store.counters.get(DECODED_UP_TO, 0)
        if unsaved > (0 if answered else UNSAVED_ROWS_MAX):
            self._store.count(DECODED_UP_TO, unsaved)

    def skip(self) -> None:
        """Nothing waits: whatever is there needs no answer."""
        self.passed(self._store.newest_seq, answered=False)

    def take(self, rows_max: int) -> tuple[list[Undecoded], int]:
        """The next rows that wait, and the seq up to which that is all. Not in the event loop.

        Raises:
            Unavailable, StoreDamaged: the store cannot be read now.
        """
        if self._connection is None:
            self._connection = open_reader(self._store.path)
        try:
            with reading(self._connection):
                return self._next(self._connection, rows_max)
        except BaseException:
            self._connection = None  # the next one begins with what is there then
            raise

    def close(self) -> None:
        """End the thread after what it is doing; does not wait for it."""
        self._worker.stop()

    def _next(self, connection: apsw.Connection, rows_max: int) -> tuple[list[Undecoded], int]:
        query = (
            "SELECT seq_high, block_low, block_high, data FROM raw_block WHERE seq_high > ?"
            """ AND (outcomes LIKE '%"undecoded"%' OR outcomes LIKE '%"stamped"%')"""
            " ORDER BY seq_low LIMIT 1"
        )
        after = self.position
        while chunk := connection.execute(query, (after,)).fetchone():
            after, block_low, block_high, data = cast("tuple[int, int, int, bytes]", chunk)
            found = list(self._of_chunk(connection, data, block_low, block_high))
            if len(found) > rows_max:
                return found[:rows_max], found[rows_max - 1].seq
            if found:
                return found, after
        tables = self._store.tables
        rows = records(connection, tables, _WAITING, rows_max, after)
        high = max(after, int(connection.execute("SELECT max(seq) FROM frame").get or 0))
        if len(rows) == rows_max:
            high = rows[-1][0]
        waiting = (self._waiting(connection, seq, record, {}) for seq, record in rows)
        return [one for one in waiting if one is not None], high

    def _of_chunk(
        self, connection: apsw.Connection, data: bytes, block_low: int, block_high: int
    ) -> Iterator[Undecoded]:
        rows = [
            row for row in opened(data)
            if row[0] > self.position and row[2] in ("undecoded", "stamped")
        ]  # fmt: skip
        times = _times(connection, {row[0] for row in rows}, block_low, block_high)
        for row in rows:
            seq, record = raw_record(row, self._store.tables)
            if record.outcome == "undecoded" and seq not in times and _was_held(record):
                continue
            waiting = self._waiting(connection, seq, record, times)
            if waiting is not None:
                yield waiting

    def _waiting(
        self, connection: apsw.Connection, seq: int, record: Record, times: Mapping[int, int]
    ) -> Undecoded | None:
        """The row as the decode stage wants it; None when it needs no answer."""
        received = record.heard.received
        time_ns = record.readings[-1].time_ns if record.readings else times.get(seq)
        if record.outcome == "undecoded":
            return Undecoded(seq, seq, record, received, time_ns, held=False)
        first = self._row(connection, record.about or 0)
        if first is None or first.outcome != "undecoded":
            return None
        return Undecoded(seq, record.about or 0, first, received, time_ns, held=True)

    def _row(self, connection: apsw.Connection, seq: int) -> Record | None:
        """A row of the tail or of a sealed chunk; None when it was deleted."""
        tables = self._store.tables
        found = records(connection, tables, f"seq = {int(seq)}", 1)
        if found:
            return found[0][1]
        query = "SELECT data FROM raw_block WHERE seq_low <= ? ORDER BY seq_low DESC LIMIT 1"
        data = cast("bytes", connection.execute(query, (seq,)).get or b"")
        if data and data != self._chunk[0]:
            self._chunk = data, {row[0]: row for row in opened(data)}
        row = self._chunk[1].get(seq) if data else None
        return None if row is None else raw_record(row, tables)[1]


def _times(
    connection: apsw.Connection, wanted: set[int], block_low: int, block_high: int
) -> dict[int, int]:
    """The times of sealed rows' readings, by seq."""
    times: dict[int, int] = {}
    query = "SELECT data FROM block WHERE id BETWEEN ? AND ? AND readings > 0"
    for (data,) in connection.execute(query, (block_low, block_high)):
        try:
            members = open_block(cast("bytes", data))
        except ROTTEN:  # told by whoever reads it for its readings
            continue
        for seq, _, packed in members:
            if seq in wanted:
                times.setdefault(seq, int(packed[1]))
    return times


def _was_held(record: Record) -> bool:
    """Whether a sealed row without readings had waited for the clock: its times say so (`times.py`).

    One that was refused at first, and whose boot is over, did not wait; it has readings, which are flagged.
    """
    heard = record.heard
    if heard.received.trusted or isinstance(heard, Malformed):
        return False
    times = (heard.gps_time_ns, heard.gateway_time_ns)
    return not (heard.recorded and any(one is not None for one in times))
