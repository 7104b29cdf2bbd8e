"""Every row that was ever heard and is still kept, oldest first, each with what it is and says by now.

    first row          its bytes, its outcome, its link readings; data readings when it was decoded at once
    `stamped`          all its readings, with the times that the clock gave later
    `before>after`     what it became, and all its data readings from then on

The newest of the two lower kinds holds a row's data. Which row that is, is looked up once in a pass over the
headers, and kept in a temporary file of SQLite's own: a million rows cost no memory. Own connection, any thread.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import apsw
import msgspec

from gateway.model import BECAME, REFUSALS, Reading, Record
from gateway.store.blocks import ROTTEN, open_block
from gateway.store.connection import reading
from gateway.store.packing import unpack_body
from gateway.store.recovery import newest_rows_page, opened, raw_record
from gateway.store.tables import Tables

STAMPED = "stamped"
PAGE_ROWS = 2000
"""Rows of the tail read in one transaction; a sealed chunk has as many."""
CHUNKS_KEPT = 4
"""Sealed chunks whose readings are in memory: amending rows mostly follow the rows they amend."""

_INDEX = """
CREATE TABLE later (about INTEGER PRIMARY KEY, stamped INTEGER, holder INTEGER, outcome TEXT, before TEXT)
"""
_NOTE = """
INSERT INTO later VALUES (?, ?, ?, ?, '') ON CONFLICT DO UPDATE SET before = before || ' ' || holder,
  stamped = coalesce(excluded.stamped, stamped), holder = excluded.holder,
  outcome = coalesce(excluded.outcome, outcome)
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A row as it was heard, and as it is now."""

    seq: int
    record: Record
    """The first row; `readings` are those it was committed with."""
    outcome: str
    """What it counts as now."""
    holder: int
    """The row that has its data readings."""
    data: tuple[Reading, ...] = ()
    """Its data readings now."""
    links: tuple[Reading, ...] = ()
    """Its link readings, with the times they have now."""
    remains: tuple[Reading, ...] = ()
    """Data readings of before that nobody has deleted: a database may still have them."""
    waits: bool = False
    """Its times wait for the clock."""


@dataclass(slots=True)
class _Chunk:
    """Readings of a sealed chunk by row, as far as they were asked for."""

    by_seq: dict[int, list[Reading]] = field(default_factory=dict)


class KeptRows:
    """Rows up to the newest one at the time when this is made."""

    def __init__(
        self, connection: apsw.Connection, link: str, since_ns: int, until_ns: int = 1 << 62
    ) -> None:
        """`link` is the measurement of link readings; the times are of reception."""
        self._connection = connection
        self._link = link
        self._span = since_ns, until_ns
        self.tables = Tables(connection)
        self._later = apsw.Connection("")
        self._later.execute(_INDEX)
        self._chunks: dict[tuple[int, int], _Chunk] = {}
        with reading(connection):
            query = "SELECT max(value) FROM counter WHERE name = 'newest_seq'"
            self.newest = int(connection.execute(query).get or 0)
            horizon = connection.execute("SELECT value FROM meta WHERE key = 'horizon'").get
            self._horizon = int(horizon or 0)
        self._first = self._find_first()

    def close(self) -> None:
        """Let go of the temporary file."""
        self._later.close()

    @property
    def rows(self) -> int:
        """How many rows are looked at, at most."""
        return max(self.newest - self._first + 1, 0)

    def look_ahead(self) -> Iterator[int]:
        """Note which rows amend which, before `pages`; how many rows were looked at, after each step."""
        last = self._first - 1
        while (found := self._headers(last)) is not None:
            last, notes = found
            with self._later:
                self._later.executemany(_NOTE, notes)
            yield last - self._first + 1

    def pages(self) -> Iterator[list[Kept]]:
        """What was heard in the span, in the order of its rows."""
        last = self._first - 1
        while last < self.newest:
            records, last = self._page(last)
            yield [
                self._kept(seq, record)
                for seq, record in records
                if not is_later(record.outcome) and self._is_asked_for(record)
            ]

    def heard(self) -> Iterator[tuple[int, Record]]:
        """(seq, record) of the same rows, each with the outcome and the sentence that it has now."""
        last = self._first - 1
        while last < self.newest:
            records, last = self._page(last)
            for seq, record in records:
                if not is_later(record.outcome) and self._is_asked_for(record):
                    yield seq, self._as_it_is(seq, record)

    def _as_it_is(self, seq: int, record: Record) -> Record:
        query = "SELECT outcome, holder FROM later WHERE about = ? AND outcome IS NOT NULL"
        found = cast("tuple[str, int] | None", self._later.execute(query, (seq,)).fetchone())
        if found is None:
            return record
        outcome, holder = found
        sentence = self._sentence_of(holder) if outcome in REFUSALS else None
        return msgspec.structs.replace(record, outcome=outcome, sentence=sentence)

    def _sentence_of(self, seq: int) -> str | None:
        with reading(self._connection):
            body = self._connection.execute("SELECT body FROM frame WHERE seq = ?", (seq,)).get
            if body is not None:
                return unpack_body(cast("bytes", body))[1]
            chunk = self._chunk_after(seq - 1)
        return next((row[-1] for row in opened(chunk[1]) if row[0] == seq), None) if chunk else None

    def _is_asked_for(self, record: Record) -> bool:
        return self._span[0] <= record.heard.received.wall_ns < self._span[1]

    def _find_first(self) -> int:
        """A row from which on nothing of the span is missed. Rows are mostly in order of time."""
        since_ns, _ = self._span
        with reading(self._connection):
            query = "SELECT min(seq_low) FROM raw_block WHERE wall_high >= ?"
            sealed = self._connection.execute(query, (since_ns,)).get
            query = "SELECT min(seq) FROM {} WHERE wall >= ?"
            found = [
                self._connection.execute(query.format(table), (since_ns,)).get
                for table in ("refused", "frame")
            ]
        return min(
            (int(one) for one in (sealed, *found) if one is not None), default=self.newest + 1
        )

    # -- pages of rows ----------------------------------------------------------------------------------

    def _page(self, after: int) -> tuple[list[tuple[int, Record]], int]:
        """(rows, the last seq looked at): a sealed chunk and the refused rows within, or rows of the tail."""
        with reading(self._connection):
            self.tables.refresh(self._connection)
            chunk = self._chunk_after(after)
            if chunk is None:
                rows = newest_rows_page(self._connection, self.tables, after, PAGE_ROWS)
                rows = [row for row in rows if row[0] <= self.newest]
                return rows, rows[-1][0] if len(rows) == PAGE_ROWS else self.newest
            seq_high, data = chunk
            refused = newest_rows_page(self._connection, self.tables, after, PAGE_ROWS)
        refused = [row for row in refused if row[0] <= seq_high]
        if len(refused) == PAGE_ROWS:  # a flood of them: as far as they go
            seq_high = refused[-1][0]
        sealed = [
            raw_record(row, self.tables) for row in opened(data) if after < row[0] <= seq_high
        ]
        return sorted(sealed + refused, key=lambda row: row[0]), seq_high

    def _chunk_after(self, after: int) -> tuple[int, bytes] | None:
        query = "SELECT seq_high, data FROM raw_block WHERE seq_high > ? ORDER BY seq_low LIMIT 1"
        return cast(
            "tuple[int, bytes] | None", self._connection.execute(query, (after,)).fetchone()
        )

    def _headers(
        self, after: int
    ) -> tuple[int, list[tuple[int, int | None, int, str | None]]] | None:
        """(the last seq looked at, notes about rows that say something about others); None at the end."""
        if after >= self.newest:
            return None
        with reading(self._connection):
            chunk = self._chunk_after(after)
            if chunk is None:
                query = (
                    "SELECT seq, about, outcome FROM frame WHERE seq > ? AND about IS NOT NULL"
                    f" AND (outcome = '{STAMPED}' OR instr(outcome, '{BECAME}')) ORDER BY seq"
                )
                found = cast(
                    "list[tuple[int, int, str]]",
                    self._connection.execute(query, (after,)).fetchall(),
                )
                return self.newest, [_note(*row) for row in found]
        return chunk[0], [
            _note(row[0], row[3], row[2])
            for row in opened(chunk[1])
            if row[3] is not None and is_later(row[2])
        ]

    # -- what a row says now ----------------------------------------------------------------------------

    def _kept(self, seq: int, record: Record) -> Kept:
        query = "SELECT stamped, holder, outcome, before FROM later WHERE about = ?"
        found = self._later.execute(query, (seq,)).fetchone()
        stamped, holder, outcome, before = cast(
            "tuple[int | None, int, str | None, str]", found or (None, seq, None, "")
        )
        if record.outcome in REFUSALS and record.device is None:
            return Kept(seq, record, record.outcome, seq)
        waits = record.held and stamped is None and self._waits(seq)
        first = self._readings_of(stamped or seq)
        data = first if holder in (seq, stamped) else self._readings_of(holder)
        return Kept(
            seq,
            record,
            outcome or record.outcome,
            holder,
            tuple(one for one in data if one.series.measurement != self._link),
            tuple(one for one in first if one.series.measurement == self._link),
            tuple(self._remains(seq, stamped, holder, before)),
            waits,
        )

    def _remains(
        self, seq: int, stamped: int | None, holder: int, before: str
    ) -> Iterator[Reading]:
        """Data readings of the rows before the holder; a held row's own were never given to anybody."""
        rows = [] if stamped is not None else [seq]
        for earlier in (*rows, *map(int, before.split())):
            if earlier == holder:
                continue
            query = "SELECT place FROM gone WHERE seq = ?"
            with reading(self._connection):
                gone = {row[0] for row in self._connection.execute(query, (earlier,))}
            for one in self._readings_of(earlier):
                if one.index not in gone and one.series.measurement != self._link:
                    yield one

    def _waits(self, seq: int) -> bool:
        with reading(self._connection):
            return bool(
                self._connection.execute("SELECT held = 1 FROM frame WHERE seq = ?", (seq,)).get
            )

    def _readings_of(self, seq: int) -> list[Reading]:
        with reading(self._connection):
            query = "SELECT body FROM frame WHERE seq = ?"
            body = self._connection.execute(query, (seq,)).get
            if body is not None:
                packed, _ = unpack_body(cast("bytes", body))
                return [self._reading(seq, place, one) for place, one in enumerate(packed)]
            query = "SELECT block_low, block_high FROM raw_block WHERE seq_low <= ? ORDER BY seq_low DESC LIMIT 1"
            blocks = cast(
                "tuple[int, int] | None", self._connection.execute(query, (seq,)).fetchone()
            )
        return [] if blocks is None else self._opened(blocks).by_seq.get(seq, [])

    def _opened(self, blocks: tuple[int, int]) -> _Chunk:
        chunk = self._chunks.pop(blocks, None)
        if chunk is None:
            chunk = _Chunk()
            with reading(self._connection):
                query = "SELECT data FROM block WHERE id BETWEEN ? AND ?"
                datas = [row[0] for row in self._connection.execute(query, blocks)]
            for data in datas:
                try:
                    members = open_block(cast("bytes", data))
                except ROTTEN:  # told by whoever reads it for its readings
                    continue
                for seq, place, one in members:
                    chunk.by_seq.setdefault(seq, []).append(self._reading(seq, place, one))
            for readings in chunk.by_seq.values():
                readings.sort(key=lambda one: one.index)
            while len(self._chunks) >= CHUNKS_KEPT:
                del self._chunks[next(iter(self._chunks))]
        self._chunks[blocks] = chunk  # the newest use is the last
        return chunk

    def _reading(self, seq: int, place: int, packed: list[int | float | bool | str]) -> Reading:
        series_id, time_ns, *values = packed
        return Reading(self.tables.series[int(series_id)], int(time_ns), tuple(values), seq, place)


def is_later(outcome: str) -> bool:
    """Whether a row of this outcome says something about another one, and was not heard itself."""
    return outcome == STAMPED or BECAME in outcome


def _note(seq: int, about: int, outcome: str) -> tuple[int, int | None, int, str | None]:
    if outcome == STAMPED:
        return about, seq, seq, None
    return about, None, seq, outcome.partition(BECAME)[2]
