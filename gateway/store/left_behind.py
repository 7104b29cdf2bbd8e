"""What a copy of the store may leave behind: sealed chunks that no sink, codec, memory or frame counter needs.

Between two flushes the rows themselves are the record of a session's counters
(docs/decisions/0005-few-bytes-per-frame.md), so a chunk with a row that is newer than its session's state stays,
and all chunks after it.
"""

from collections.abc import Iterator
from typing import cast

import apsw

from gateway.model import BECAME
from gateway.store import unanswered
from gateway.store.connection import reading
from gateway.store.position import Position
from gateway.store.recovery import newest_seq, opened
from gateway.store.unanswered import DECODED_UP_TO
from gateway.store.upkeep import REMEMBERED_ROWS

ROWS_UNFLUSHED_MAX = 200_000
"""Rows behind the newest one within which counters are looked for: while a session is heard it is flushed
every 20,000 rows, and a round of flushes takes as many at most."""


def settled_upto(connection: apsw.Connection) -> int:
    """The last seq of the newest sealed chunk that may be left behind; 0 when all are needed.

    Raises:
        StoreDamaged, Unavailable: the store cannot be read.
    """
    with reading(connection):
        ranges = _not_remembered(connection)
        texts = [str(row[0]) for row in connection.execute("SELECT state FROM sink").fetchall()]
        rows = connection.execute("SELECT id, flushed FROM session").fetchall()
        newest = newest_seq(connection)
        decoded = _decoded_up_to(connection)
    positions = [position for position in map(Position.load, texts) if not position.away]
    floor = min((decoded, *(position.high for position in positions)))
    flushed = dict(cast("list[tuple[int, int]]", rows))
    upto = 0
    oldest_state = min(flushed.values(), default=newest)
    for low, high in ranges:
        looked_at = high > max(oldest_state, newest - ROWS_UNFLUSHED_MAX)
        if high > floor or (looked_at and _holds_counters(connection, low, flushed)):
            break
        if _waits_for_codec(connection, high):
            break
        upto = high
    return upto


def _not_remembered(connection: apsw.Connection) -> list[tuple[int, int]]:
    """(first, last seq) of the sealed chunks that a start does not look into for what was heard lately."""
    counted = "SELECT count(*) FROM frame WHERE outcome <> 'stamped' AND instr(outcome, ?) = 0"
    heard = int(connection.execute(counted, (BECAME,)).get or 0)
    heard += int(connection.execute("SELECT count(*) FROM refused").get or 0)
    query = "SELECT seq_low, seq_high, rows FROM raw_block ORDER BY seq_low"
    chunks = cast("list[tuple[int, int, int]]", connection.execute(query).fetchall())
    while chunks and heard < REMEMBERED_ROWS:
        heard += chunks.pop()[2]
    return [(low, high) for low, high, _ in chunks]


def _decoded_up_to(connection: apsw.Connection) -> int:
    """Up to this row no payload waits for its codec."""
    query = "SELECT value FROM counter WHERE name = ?"
    if not connection.execute(query, ("outcome.undecoded",)).get:
        return newest_seq(connection)
    return int(connection.execute(query, (DECODED_UP_TO,)).get or 0)


def _waits_for_codec(connection: apsw.Connection, high: int) -> bool:
    """Whether the chunk has a payload that was held for the clock, and the row with its time waits."""
    with reading(connection):
        return unanswered.in_chunk(connection, high) > 0


def _holds_counters(connection: apsw.Connection, low: int, flushed: dict[int, int]) -> bool:
    """Whether the chunk has a row that is newer than what is flushed of its session."""
    with reading(connection):
        data = connection.execute("SELECT data FROM raw_block WHERE seq_low = ?", (low,)).get
    return any(seq > flushed.get(session, 0) for seq, session in _counters(cast("bytes", data)))


def _counters(data: bytes | None) -> Iterator[tuple[int, int]]:
    for row in opened(data) if data else ():
        if row[4] is not None and row[5] is not None:
            yield row[0], row[4]
