"""Keeping the file under its ceiling in bytes and age: what may go, and in which order.

Settled history goes first, oldest first. Only when none is left does the configured rule concern readings that
a sink has not had yet: `refuse` takes nothing more, `drop_oldest` drops and counts. Refused frames have a cap
of their own. Runs in the writer's thread.
"""

from pathlib import Path
from typing import cast

import apsw

from gateway.store import connection as files
from gateway.store.blocks import counted

REFUSED_BYTES_MAX = 64_000_000
"""Cap of the raw bytes of refused frames, so that a flood of garbage cannot push readings out."""
ROW_OVERHEAD_BYTES = 60
"""What a refused row costs beyond its blobs, roughly."""
RESERVE_BYTES = 1 << 20
"""A file beside the store that is given back to the disk when it is full, so that deleting is possible."""
ROOM_LEFT = 0.97
"""Share of the ceiling at which room is made: the rest takes the commits until then."""


def used_bytes(connection: apsw.Connection) -> int:
    """Bytes of the file in use, with the WAL at its usual most and the reserve file."""
    pages = connection.pragma("page_count") - connection.pragma("freelist_count")
    return int(pages) * files.PAGE_BYTES + files.WAL_PAGES * files.PAGE_BYTES + RESERVE_BYTES


def limit_pages(connection: apsw.Connection, size_max: int) -> None:
    """Make SQLite itself refuse to grow the file beyond its share of the ceiling."""
    pages = (size_max - RESERVE_BYTES) // files.PAGE_BYTES - files.WAL_PAGES
    connection.pragma("max_page_count", max(pages, 64))


def prune_history(connection: apsw.Connection, size_max: int, older_than_ns: int) -> int:
    """Delete the oldest sealed chunks while the file is too big or they are too old; rows deleted."""
    deleted = 0
    while True:
        oldest = connection.execute(
            "SELECT seq_high, wall_high, outcomes FROM raw_block ORDER BY seq_low LIMIT 1"
        ).fetchone()
        if oldest is None:
            return deleted
        seq_high, wall_high, outcomes = oldest
        if wall_high >= older_than_ns and used_bytes(connection) < size_max * ROOM_LEFT:
            return deleted
        with connection:
            connection.execute("DELETE FROM block WHERE seq_high <= ?", (seq_high,))
            connection.execute("DELETE FROM raw_block WHERE seq_high <= ?", (seq_high,))
            for outcome, rows in counted([outcomes]).items():
                _add(connection, f"pruned.{outcome}", rows)
                deleted += rows


def prune_refused(
    connection: apsw.Connection, bytes_max: int = REFUSED_BYTES_MAX
) -> dict[str, int]:
    """Delete the oldest refused frames over their cap; how many by outcome."""
    size = "sum(length(phy) + length(radio) + length(sentence) + ?)"
    total = connection.execute(f"SELECT {size} FROM refused", (ROW_OVERHEAD_BYTES,)).get or 0
    gone: dict[str, int] = {}
    excess = total - bytes_max
    if excess <= 0:
        return gone
    freed = 0
    last = 0
    for seq, outcome, length in connection.execute(
        "SELECT seq, outcome, length(phy) + length(radio) + length(sentence) FROM refused ORDER BY seq"
    ):
        gone[outcome] = gone.get(outcome, 0) + 1
        freed += length + ROW_OVERHEAD_BYTES
        last = seq
        if freed >= excess:
            break
    with connection:
        connection.execute("DELETE FROM refused WHERE seq <= ?", (last,))
        for outcome, rows in gone.items():
            _add(connection, f"pruned.{outcome}", rows)
    return gone


def oldest_rows(connection: apsw.Connection, rows_max: int) -> int:
    """The last seq of the oldest rows of the tail, 0 when it is empty."""
    query = "SELECT max(seq) FROM (SELECT seq FROM frame ORDER BY seq LIMIT ?)"
    return int(connection.execute(query, (rows_max,)).get or 0)


def drop_tail(connection: apsw.Connection, upto: int) -> None:
    """Delete tail rows, settled or not. Inside the transaction of the caller."""
    outcomes = connection.execute(
        "SELECT outcome, count(*) FROM frame WHERE seq <= ? GROUP BY outcome", (upto,)
    ).fetchall()
    for outcome, rows in outcomes:
        _add(connection, f"pruned.{outcome}", cast("int", rows))
    connection.execute("DELETE FROM frame WHERE seq <= ?", (upto,))
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('horizon', ?)", (upto,))


class Reserve:
    """The reserve file: there while all is well, given back when the disk is full."""

    def __init__(self, store: Path) -> None:
        self.path = store.with_name(store.name + ".reserve")

    def take(self) -> bool:
        """Allocate it; False when the disk has no room for it."""
        try:
            if not self.path.exists() or self.path.stat().st_size < RESERVE_BYTES:
                self.path.write_bytes(b"\0" * RESERVE_BYTES)
        except OSError:
            self.give_back()
            return False
        return True

    def give_back(self) -> None:
        """Free its bytes for deleting and checkpointing."""
        self.path.unlink(missing_ok=True)


def _add(connection: apsw.Connection, name: str, by: int) -> None:
    connection.execute(
        "INSERT INTO counter VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value",
        (name, by),
    )
