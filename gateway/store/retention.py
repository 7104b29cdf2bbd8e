"""Deleting what may go: sealed history by chunk, refused frames, old dead letters, the oldest tail rows.

Nothing here decides that something must go; what goes is counted by outcome, so that the rows and the
counters still add up. Runs in the writer's thread, inside a transaction of the caller.
"""

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import cast

import apsw

from gateway.store import unanswered
from gateway.store.batch import DeadRow
from gateway.store.blocks import ROTTEN, counted, open_raw_block

REFUSED_BYTES_MAX = 64_000_000
"""Cap of the raw bytes of refused frames, so that a flood of garbage cannot push readings out."""
ROW_OVERHEAD_BYTES = 60
"""What a refused row costs beyond its blobs, roughly."""
DEAD_ROWS_MAX = 50_000
"""Cap of dead letters, about 15 MB: a schema that was changed must not fill the card."""

_ROW_BYTES = f"length(phy) + length(radio) + length(sentence) + {ROW_OVERHEAD_BYTES}"


def oldest_chunk(connection: apsw.Connection) -> tuple[int, int] | None:
    """(last seq, newest reception time) of the oldest sealed chunk; None when nothing is sealed."""
    query = "SELECT seq_high, wall_high FROM raw_block ORDER BY seq_low LIMIT 1"
    return cast("tuple[int, int] | None", connection.execute(query).fetchone())


def delete_chunk(connection: apsw.Connection, seq_high: int) -> None:
    """Delete the oldest sealed chunk, which ends here; nothing when it is gone already."""
    found = connection.execute(
        "SELECT seq_low, seq_high, block_high FROM raw_block ORDER BY seq_low LIMIT 1"
    ).fetchone()
    if found is None or found[1] != seq_high:
        return
    seq_low, _, block_high = cast("tuple[int, int, int]", found)
    _count_unanswered(connection, unanswered.in_chunk(connection, seq_high))
    _count_pruned(connection, outcomes(connection, seq_low))
    connection.execute("DELETE FROM block WHERE id <= ?", (block_high,))
    connection.execute("DELETE FROM raw_block WHERE seq_low = ?", (seq_low,))
    connection.execute("DELETE FROM gone WHERE seq <= ?", (seq_high,))


def outcomes(connection: apsw.Connection, seq_low: int) -> Counter[str]:
    """How many rows of each outcome a sealed chunk holds; from its rows when that text has rotted.

    Nothing when these have as well: the sum of frames says so from then on, and nothing else stops.
    """
    query = "SELECT CAST(outcomes AS BLOB), data FROM raw_block WHERE seq_low = ?"
    text, data = cast("tuple[bytes, bytes]", connection.execute(query, (seq_low,)).fetchone())
    with contextlib.suppress(*ROTTEN):
        return counted([text])
    with contextlib.suppress(*ROTTEN):
        return Counter(row[2] for row in open_raw_block(data))
    return Counter()


def oldest_tail_row(connection: apsw.Connection, rows_max: int) -> int:
    """The last seq of the oldest rows of the tail, 0 when it is empty."""
    query = "SELECT max(seq) FROM (SELECT seq FROM frame ORDER BY seq LIMIT ?)"
    return int(connection.execute(query, (rows_max,)).get or 0)


def oldest_row(connection: apsw.Connection) -> int | None:
    """The oldest seq of a row that is sealed or in the tail."""
    query = (
        "SELECT min(s) FROM (SELECT min(seq_low) s FROM raw_block UNION SELECT min(seq) FROM frame)"
    )
    return cast("int | None", connection.execute(query).get)


def delete_tail(connection: apsw.Connection, upto: int) -> None:
    """Delete tail rows, settled or not."""
    _count_unanswered(connection, unanswered.in_tail(connection, upto))
    outcomes = connection.execute(
        "SELECT outcome, count(*) FROM frame WHERE seq <= ? GROUP BY outcome", (upto,)
    ).fetchall()
    _count_pruned(connection, dict(cast("list[tuple[str, int]]", outcomes)))
    connection.execute("DELETE FROM frame WHERE seq <= ?", (upto,))
    connection.execute("DELETE FROM gone WHERE seq <= ?", (upto,))
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('horizon', ?)", (upto,))


def refused_bytes(connection: apsw.Connection) -> int:
    """What refused frames take. Reads all of them."""
    return int(connection.execute(f"SELECT sum({_ROW_BYTES}) FROM refused").get or 0)


def oldest_refused(connection: apsw.Connection) -> int | None:
    """Reception time of the oldest refused frame that is kept, among those with a trusted one."""
    query = "SELECT wall FROM refused WHERE clock_trusted ORDER BY seq LIMIT 1"
    return cast("int | None", connection.execute(query).get)


def delete_refused(connection: apsw.Connection, bytes_max: int, older_than_ns: int) -> int:
    """Delete the oldest refused frames while they are over their cap or too old; the bytes that are left.

    A frame without a trusted time is as old as the next one that has it.
    """
    left = after = refused_bytes(connection)
    last, seen, gone = 0, Counter[str](), Counter[str]()
    for seq, wall, trusted, outcome, size in connection.execute(
        f"SELECT seq, wall, clock_trusted, outcome, {_ROW_BYTES} FROM refused ORDER BY seq"
    ):
        too_much = after > bytes_max
        if not too_much and trusted and cast("int", wall) >= older_than_ns:
            break
        after -= cast("int", size)
        seen[str(outcome)] += 1
        if too_much or trusted:
            left, last = after, cast("int", seq)
            gone.update(seen)
            seen.clear()
    if last:
        connection.execute("DELETE FROM refused WHERE seq <= ?", (last,))
        _count_pruned(connection, gone)
    return left


def forget_dead(connection: apsw.Connection, rows_max: int) -> None:
    """Delete the oldest dead letters over their cap, counted by sink as `forgotten.<sink>`."""
    first = connection.execute(
        "SELECT id FROM dead ORDER BY id DESC LIMIT 1 OFFSET ?", (rows_max,)
    ).get
    if first is None:
        return
    gone = connection.execute(
        "SELECT sink, count(*) FROM dead WHERE id <= ? GROUP BY sink", (first,)
    ).fetchall()
    for sink, rows in gone:
        _add(connection, f"forgotten.{sink}", cast("int", rows))
    connection.execute("DELETE FROM dead WHERE id <= ?", (first,))


def not_buried(connection: apsw.Connection, dead: Sequence[DeadRow]) -> list[DeadRow]:
    """Those of these dead letters that are not among the newest in the file."""
    query = "SELECT sink, seq, place, wall FROM dead ORDER BY id DESC LIMIT ?"
    newest = set(connection.execute(query, (len(dead),)))
    return [row for row in dead if (row[0], row[1], row[2], row[8]) not in newest]


def _count_pruned(connection: apsw.Connection, gone: Mapping[str, int]) -> None:
    for outcome, rows in gone.items():
        _add(connection, f"pruned.{outcome}", rows)


def _count_unanswered(connection: apsw.Connection, payloads: int) -> None:
    if payloads:
        _add(connection, unanswered.DROPPED, payloads)


def _add(connection: apsw.Connection, name: str, by: int) -> None:
    connection.execute(
        "INSERT INTO counter VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value",
        (name, by),
    )
