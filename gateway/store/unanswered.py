"""Payloads that still wait for their codec, as the file has it: to retention they are as what a sink has not had.

    after `decoded_up_to`     every row that is `undecoded` waits
    up to there               such a row waits while it is held for the clock, or while the row that gave it its
                              time (`stamped`) comes after `decoded_up_to`

Runs on the writer's connection: what is not on disk yet answers nothing.
"""

from collections.abc import Iterator
from typing import cast

import apsw

from gateway.store.blocks import ROTTEN, RawRow, open_raw_block

DECODED_UP_TO = "decoded_up_to"
"""The counter: every row up to this seq has its answer, or needs none, or waits for the clock."""
DROPPED = "undecoded_dropped"
"""The counter: payloads that were deleted before their codec had answered."""

_UNANSWERED = "outcome.undecoded"


def in_chunk(connection: apsw.Connection, seq_high: int) -> int:
    """How many payloads of the sealed chunk that ends here wait."""
    position = _position(connection)
    if position is None:
        return 0
    query = """SELECT data FROM raw_block WHERE seq_high = ? AND outcomes LIKE '%"undecoded"%'"""
    rows = _rows(connection.execute(query, (seq_high,)).get)
    waiting = [row[0] for row in rows if row[2] == "undecoded"]
    if not waiting or waiting[0] > position:
        return len(waiting)
    timed = _timed_later(connection, position)
    return sum(seq > position or seq in timed for seq in waiting)


def in_tail(connection: apsw.Connection, upto: int) -> int:
    """How many payloads of the tail's rows up to this one wait."""
    position = _position(connection)
    if position is None:
        return 0
    query = "SELECT seq, held FROM frame WHERE seq <= ? AND outcome = 'undecoded'"
    rows = cast("list[tuple[int, int]]", connection.execute(query, (upto,)).fetchall())
    if not rows:
        return 0
    timed = _timed_later(connection, position)
    return sum(seq > position or held == 1 or seq in timed for seq, held in rows)


def dropped(connection: apsw.Connection) -> int:
    """How many payloads were deleted before their codec had answered, since the file was begun."""
    return _counter(connection, DROPPED)


def _position(connection: apsw.Connection) -> int | None:
    """How far the decode stage is; None when nothing waits for it."""
    if not _counter(connection, _UNANSWERED):
        return None
    return _counter(connection, DECODED_UP_TO)


def _counter(connection: apsw.Connection, name: str) -> int:
    query = "SELECT value FROM counter WHERE name = ?"
    return int(connection.execute(query, (name,)).get or 0)


def _timed_later(connection: apsw.Connection, position: int) -> set[int]:
    """The held rows that got their time by rows after this one."""
    query = "SELECT about FROM frame WHERE seq > ? AND outcome = 'stamped'"
    timed = {cast("int", row[0]) for row in connection.execute(query, (position,))}
    query = """SELECT data FROM raw_block WHERE seq_high > ? AND outcomes LIKE '%"stamped"%'"""
    for (data,) in connection.execute(query, (position,)):
        rows = (row for row in _rows(data) if row[0] > position and row[2] == "stamped")
        timed.update(row[3] for row in rows if row[3] is not None)
    return timed


def _rows(data: "apsw.SQLiteValue") -> Iterator[RawRow]:
    """The rows of a sealed chunk; none when there is none, or when its bytes have rotted."""
    if data is None:
        return
    try:
        rows = open_raw_block(cast("bytes", data))
    except ROTTEN:  # told by whoever reads it to answer it
        return
    yield from rows
