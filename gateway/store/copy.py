"""A copy of the store, made while its writer goes on: consistent, and no read longer than a moment.

One long read would give one view of the file, but pins the WAL (promise 9). So what is only ever appended
goes over in pages, each in a short transaction of its own: sealed chunks, rows of the tail, refused frames. The
last transaction finds nothing more of these, takes the small tables whole, and takes back what has changed or
gone in pages copied before:

    sealed meanwhile      rows up to the horizon leave the copy's tail; their chunks are in the copy
    pruned meanwhile      chunks and refused frames older than the oldest in the store leave the copy
    released, decided     rows that are not held, or not undecided, any more

Without history, settled chunks are left behind, and counted as pruned: the sums of the copy hold.
"""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import apsw

from gateway.errors import Unavailable
from gateway.store.blocks import counted
from gateway.store.connection import PAGE_BYTES, open_reader, reading, store_errors
from gateway.store.left_behind import settled_upto
from gateway.store.recovery import horizon
from gateway.store.schema import APPLICATION_ID

PAGE_S = 0.2
"""A read transaction of the copy is ended after this, so that the WAL can be written from its start again."""
PAUSE_S = 0.02
ROWS_AT_ONCE = 500
ATTEMPTS_MAX = 3
"""Copies begun before giving up: the store of a daemon older than this program may give ids twice."""

APPENDED = ("raw_block", "block", "frame", "refused")
"""Copied in pages; every other table is copied whole at the end."""

Step = Callable[[int, int], None]
"""Is told (done, of): rows of the store, roughly."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What the copy holds, and what was left behind."""

    schema: int
    rows: int
    """Hearings with a row in the copy: in the tail, sealed, or refused."""
    left_rows: int
    left_readings: int
    """Of settled history; 0 with history."""


def copy_store(
    source: Path, target: Path, *, history: bool, step: Step = lambda *_: None
) -> Copied:
    """Write a copy of the store into a file, which keeps its mode when it is there.

    Raises:
        Unavailable, StoreDamaged, StoreForeign: the store cannot be read, or the copy not be written.
        StoreFull: the disk of the copy is full.
    """
    reader = open_reader(source)
    try:
        behind = 0 if history else settled_upto(reader)
        for _ in range(ATTEMPTS_MAX):
            if target.exists():
                os.truncate(target, 0)
            copy = _Copy(reader, target, behind, step)
            try:
                return copy.made()
            except apsw.ConstraintError:
                continue
            finally:
                copy.close()
    finally:
        reader.close()
    raise Unavailable(f"{source} changes faster than it can be copied; try again")


def bytes_needed(source: Path, *, history: bool) -> int:
    """About how big the copy will be, or more.

    Raises:
        Unavailable, StoreDamaged, StoreForeign: the store cannot be read.
    """
    reader = open_reader(source)
    try:
        pages = reader.pragma("page_count") - reader.pragma("freelist_count")
        left = 0 if history else _bytes_up_to(reader, settled_upto(reader))
        return max(int(pages) * PAGE_BYTES - left, PAGE_BYTES)
    finally:
        reader.close()


def _bytes_up_to(reader: apsw.Connection, upto: int) -> int:
    with store_errors():
        raw = "SELECT sum(length(data)), max(block_high) FROM raw_block WHERE seq_high <= ?"
        row = cast("tuple[int | None, int | None]", reader.execute(raw, (upto,)).fetchone())
        blocks = "SELECT sum(length(data)) FROM block WHERE id <= ?"
        return int(row[0] or 0) + int(reader.execute(blocks, (row[1] or 0,)).get or 0)


class _Copy:
    """One attempt."""

    def __init__(self, reader: apsw.Connection, target: Path, behind: int, step: Step) -> None:
        self._reader = reader
        self._behind = behind
        self._step = step
        self._rows = 0
        self._reached = {"raw_block": behind, "frame": 0, "refused": 0}
        """The last key that is in the copy."""
        with store_errors():
            self._target = apsw.Connection(str(target))
            self._target.pragma("page_size", PAGE_BYTES)
            self._target.pragma("journal_mode", "off")  # half a copy is thrown away
            self._target.pragma("synchronous", "off")  # whoever moves it to its place syncs it

    def made(self) -> Copied:
        """Copy all of it."""
        with store_errors():
            later = self._begin()
            done = False
            while not done:
                with reading(self._reader):
                    done = self._page(time.monotonic() + PAGE_S)
                    if done:
                        left = self._finish()
                self._step(self._rows, max(self._rows, self._expected))
                time.sleep(0 if done else PAUSE_S)
            for statement in later:
                self._target.execute(statement)
            schema = int(self._target.pragma("user_version"))
            count = "SELECT (SELECT count(*) FROM frame) + (SELECT count(*) FROM refused)"
            rows = int(self._target.execute(count).get)
            rows += int(self._target.execute("SELECT sum(rows) FROM raw_block").get or 0)
            return Copied(schema, rows, *left)

    def close(self) -> None:
        """Let go of the file."""
        self._target.close(True)

    def _begin(self) -> list[str]:
        """Make the tables; gives the indexes, which are made at the end."""
        with reading(self._reader):
            made = self._reader.execute(
                "SELECT type = 'table', sql FROM sqlite_schema"
                " WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
            ).fetchall()
            version = self._reader.pragma("user_version")
            self._expected = sum(
                int(self._reader.execute(f"SELECT coalesce(max({key}) - min({key}), 0) FROM {table}").get)
                for table, key in (("raw_block", "seq_high"), ("frame", "seq"), ("refused", "seq"))
            )  # fmt: skip
        for _, statement in (row for row in made if row[0]):
            self._target.execute(str(statement))
        self._target.pragma("application_id", APPLICATION_ID)
        self._target.pragma("user_version", version)
        return [str(statement) for is_table, statement in made if not is_table]

    def _page(self, until: float) -> bool:
        """Copy of what is appended; True when this view of the store has no more of it."""
        return (
            self._chunks(until)
            and self._appended("frame", until, max(self._reached["frame"], horizon(self._reader)))
            and self._appended("refused", until, self._reached["refused"])
        )

    def _chunks(self, until: float) -> bool:
        query = "SELECT * FROM raw_block WHERE seq_low > ? ORDER BY seq_low LIMIT 1"
        blocks = "SELECT * FROM block WHERE id BETWEEN ? AND ?"
        while time.monotonic() < until:
            row = self._reader.execute(query, (self._reached["raw_block"],)).fetchone()
            if row is None:
                return True
            low, high, rows, first, last = (int(cast("int", row[at])) for at in (0, 1, 2, 6, 7))
            self._put("raw_block", [row])
            self._put("block", self._reader.execute(blocks, (first, last)).fetchall())
            self._reached["raw_block"] = max(low, high)
            self._rows += rows
        return False

    def _appended(self, table: str, until: float, after: int) -> bool:
        query = f"SELECT * FROM {table} WHERE seq > ? ORDER BY seq LIMIT {ROWS_AT_ONCE}"
        while time.monotonic() < until:
            rows = self._reader.execute(query, (after,)).fetchall()
            if not rows:
                return True
            self._put(table, rows)
            after = self._reached[table] = int(cast("int", rows[-1][0]))
            self._rows += len(rows)
        return False

    def _put(self, table: str, rows: Iterable[Sequence[object]]) -> None:
        rows = list(rows)
        if rows:
            places = ",".join("?" * len(rows[0]))
            with self._target:
                self._target.executemany(f"INSERT INTO {table} VALUES ({places})", rows)

    # -- the last view ----------------------------------------------------------------------------------

    def _finish(self) -> tuple[int, int]:
        """Take the small tables, and take back what has changed; (rows, readings) left behind."""
        names = self._target.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table'"
        ).fetchall()
        for (name,) in names:
            if name not in APPENDED and not str(name).startswith("sqlite_"):
                self._put(str(name), self._reader.execute(f"SELECT * FROM {name}").fetchall())
        self._take_back()
        return self._count_left_behind()

    def _take_back(self) -> None:
        read, target = self._reader.execute, self._target
        oldest_chunk = read("SELECT min(seq_low) FROM raw_block").get
        oldest_refused = read("SELECT min(seq) FROM refused").get
        held = {row[0] for row in read("SELECT seq FROM frame WHERE held = 1")}
        everything = 1 << 62
        with target:
            upto = everything if oldest_chunk is None else int(oldest_chunk) - 1
            last = target.execute(
                "SELECT max(block_high) FROM raw_block WHERE seq_low <= ?", (upto,)
            ).get
            target.execute("DELETE FROM block WHERE id <= ?", (last or 0,))
            target.execute("DELETE FROM raw_block WHERE seq_low <= ?", (upto,))
            target.execute("DELETE FROM frame WHERE seq <= ?", (horizon(self._reader),))
            upto = everything if oldest_refused is None else int(oldest_refused) - 1
            target.execute("DELETE FROM refused WHERE seq <= ?", (upto,))
            query = "SELECT seq FROM frame WHERE held = 1"
            changed = [row for row in target.execute(query).fetchall() if row[0] not in held]
            target.executemany("UPDATE frame SET held = 2 WHERE seq = ?", changed)
            count = "SELECT count(*) FROM refused"
            if target.execute(count).get != read(count).get:  # some have become something else
                kept = {row[0] for row in read("SELECT seq FROM refused")}
                query = "SELECT seq FROM refused"
                changed = [row for row in target.execute(query).fetchall() if row[0] not in kept]
                target.executemany("DELETE FROM refused WHERE seq = ?", changed)

    def _count_left_behind(self) -> tuple[int, int]:
        """Count what stayed in the store as pruned in the copy, as if it had been deleted there."""
        query = "SELECT outcomes, rows, readings FROM raw_block WHERE seq_high <= ?"
        rows = cast(
            "list[tuple[str, int, int]]", self._reader.execute(query, (self._behind,)).fetchall()
        )
        pruned = counted(outcomes for outcomes, _, _ in rows)
        add = "INSERT INTO counter VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value"
        with self._target:
            self._target.executemany(
                add, [(f"pruned.{name}", many) for name, many in pruned.items()]
            )
        return sum(rows for _, rows, _ in rows), sum(readings for _, _, readings in rows)
