"""Everything that writes, as plain blocking functions of one connection. Runs in the writer's thread only.

A commit is one transaction: rows, what they point at, the counters that changed, and the sinks' positions
that are due. A power cut leaves all of it or nothing.
"""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import apsw

from gateway.store import connection as files
from gateway.store import retention
from gateway.store.batch import Batch
from gateway.store.blocks import FRAME_COLUMNS, FrameRow, Rotted, seal
from gateway.store.ceiling import Shares
from gateway.store.dead_letters import numbered
from gateway.store.draft import COMMITS
from gateway.store.outlook import CEILING
from gateway.store.position import Position
from gateway.store.rot import lost, set_aside
from gateway.store.schema import migrate

_FRAME = f"INSERT INTO frame ({FRAME_COLUMNS}) VALUES ({','.join('?' * 17)})"
_REFUSED = f"INSERT INTO refused VALUES ({','.join('?' * 14)})"
_COUNTER = "INSERT INTO counter VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
_SINK = "INSERT INTO sink VALUES (?, ?) ON CONFLICT DO UPDATE SET state = excluded.state"
_SESSION = "UPDATE session SET state = ?, flushed = ? WHERE id = ?"
_NEW_SESSION = "INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, NULL)"
_DEAD = f"INSERT INTO dead VALUES ({','.join('?' * 10)})"
_TAKEN_OUT = "DELETE FROM dead WHERE id = ?"
_TOLD = "UPDATE dead SET status = ?, text = ?, wall = ? WHERE id = ?"
_BLOCK = "INSERT INTO block VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_RAW_BLOCK = f"INSERT INTO raw_block VALUES ({','.join('?' * 10)})"
NEWEST_BLOCK = "newest_block"
"""The key of `meta` that keeps a block's id from being given twice when all blocks are pruned: a copy that is
being made, and marks of rot, know blocks by it."""


class Writer:
    """The writing connection."""

    def __init__(self, path: Path, shares: Shares, vfs: str | None = None) -> None:
        """Open or make the file, and bring it to this program's version.

        Raises:
            StoreForeign, StoreDamaged, StoreFull, Unavailable: as `connection.open_writer`.
        """
        self._path = path
        self._shares = shares
        self._vfs = vfs
        self._connection = files.open_writer(path, vfs)
        with files.store_errors():
            try:
                migrate(self._connection)
                shares.apply(self._connection)
            except BaseException:
                self._connection.close(True)
                raise

    @property
    def connection(self) -> apsw.Connection:
        """For reading in the writer's thread, and at start before that has begun."""
        return self._connection

    def reopen(self) -> None:
        """After an I/O error nothing the connection believes can be trusted: begin anew.

        Raises:
            StoreFull, Unavailable, StoreDamaged: it cannot be opened now.
        """
        with contextlib.suppress(apsw.Error):
            self._connection.close(True)
        files.write_wal_again(self._path, self._vfs)
        self._connection = files.open_writer(self._path, self._vfs)
        self._shares.apply(self._connection)

    def commit(self, batch: Batch, *, again: bool = False) -> None:
        """Put a batch on disk; returns after COMMIT with synchronous=FULL.

        `again` is for a batch of which nobody knows whether it is on disk: it is looked for first.

        Raises:
            StoreFull, StoreDamaged, Unavailable: nothing is known to be written.
        """
        if again and self.has(batch.number):
            return
        with self._transaction() as write:
            dead = retention.not_buried(write, batch.dead) if batch.dead_unsure else batch.dead
            if batch.drop_chunk:  # first: it makes the room for what follows
                retention.delete_chunk(write, batch.drop_chunk)
            if batch.drop_tail:
                retention.delete_tail(write, batch.drop_tail)
            for statement, rows in (
                ("INSERT INTO name VALUES (?, ?)", batch.new.names),
                ("INSERT INTO series VALUES (?, ?, ?, ?, ?)", batch.new.series),
                ("INSERT INTO field_type VALUES (?, ?, ?)", batch.new.types),
                (_NEW_SESSION, batch.sessions),
                (_FRAME, batch.frames),
                (_REFUSED, batch.refused),
                ("DELETE FROM refused WHERE seq = ?", [(seq,) for seq in batch.decided]),
                ("UPDATE frame SET held = 2 WHERE seq = ?", [(seq,) for seq in batch.released]),
                (_SESSION, batch.snapshots),
                (_DEAD, list(numbered(write, dead)) if dead else ()),
                (_TAKEN_OUT, [(letter,) for letter in batch.taken_out]),
                (_TOLD, batch.told),
                ("INSERT OR IGNORE INTO gone VALUES (?, ?)", batch.gone),
                (_SINK, list(batch.sinks.items())),
                (_COUNTER, list(batch.counters.items())),
            ):
                if rows:
                    write.executemany(statement, rows)

    def set_aside(self, rot: Rotted, positions: Mapping[str, Position]) -> dict[str, int]:
        """Keep what cannot be read away from everybody; by sink, how many readings that costs it.

        `positions` are written with the loss counted as dropped. To do it twice changes nothing.
        """
        with self._transaction() as write:
            set_aside(write, rot.what, rot.row)
            costs = lost(write, positions)
            for name, position in positions.items():
                after = position.copy()
                after.dropped += costs[name]
                write.execute(_SINK, (name, after.dump()))
        return costs

    def boot(self, boot_id: str) -> int:
        """The row id of a boot, made when it is new."""
        with self._transaction() as write:
            write.execute("INSERT OR IGNORE INTO boot (boot_id) VALUES (?)", (boot_id,))
            # For who reads the file without the configuration.
            ceiling = (CEILING, self._shares.size_max)
            write.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", ceiling)
            return int(write.execute("SELECT id FROM boot WHERE boot_id = ?", (boot_id,)).get)

    def seal(self, upto: int, rows_max: int, place: Mapping[int, tuple[int, int]]) -> int:
        """Move the oldest rows of the tail into blocks; the seq up to which it is done, 0 for nothing.

        `place` gives the name ids of device and measurement of a series id.

        Raises:
            Rotted: a row cannot be read; it is to be set aside first.
        """
        read = f"SELECT {FRAME_COLUMNS} FROM frame WHERE seq <= ? ORDER BY seq LIMIT ?"
        with files.store_errors():
            rows = cast(
                "list[FrameRow]", self._connection.execute(read, (upto, rows_max)).fetchall()
            )
        if not rows:
            return 0
        sealed = seal(rows, place)
        horizon = sealed.seq_high
        with self._transaction() as write:
            # First: what is freed takes the blocks, also when the file may not grow any more.
            write.execute("DELETE FROM frame WHERE seq <= ?", (horizon,))
            first = 1 + _newest_block(write)
            write.executemany(
                _BLOCK,
                [(row_id, *block) for row_id, block in enumerate(sealed.blocks, first)],
            )
            write.execute(
                _RAW_BLOCK,
                (sealed.seq_low, horizon, sealed.rows, sealed.readings, sealed.wall_low,
                 sealed.wall_high, first, first + len(sealed.blocks) - 1, sealed.outcomes, sealed.data),
            )  # fmt: skip
            meta = [("horizon", horizon), (NEWEST_BLOCK, first + len(sealed.blocks) - 1)]
            write.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", meta)
        return horizon

    def prune_chunk(self, seq_high: int) -> None:
        """Delete the oldest sealed chunk, which ends here."""
        with self._transaction() as write:
            retention.delete_chunk(write, seq_high)

    def prune_refused(self, bytes_max: int, older_than_ns: int) -> int:
        """Delete refused frames over their cap or too old; the bytes that are left."""
        with self._transaction() as write:
            return retention.delete_refused(write, bytes_max, older_than_ns)

    def forget_dead(self) -> None:
        """Delete the oldest dead letters over their cap."""
        with self._transaction() as write:
            retention.forget_dead(write, retention.DEAD_ROWS_MAX)

    def checkpoint(self) -> None:
        """Move what the WAL holds into the file, so that it is written from its start again."""
        with files.store_errors():
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)

    def shorten_wal(self) -> None:
        """Checkpoint and cut the WAL, when no reader holds it."""
        with files.store_errors():
            self._connection.set_busy_timeout(0)
            try:
                with contextlib.suppress(apsw.BusyError):
                    self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            finally:
                self._connection.set_busy_timeout(files.BUSY_MS)

    def close(self) -> None:
        """Checkpoint everything and close; a reader may keep the WAL from being emptied."""
        with contextlib.suppress(apsw.Error):
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        with contextlib.suppress(apsw.Error):
            self._connection.close(True)

    def has(self, number: int) -> bool:
        """Whether the transaction of this number is on disk."""
        with files.store_errors():
            query = "SELECT value FROM counter WHERE name = ?"
            return int(self._connection.execute(query, (COMMITS,)).get or 0) >= number

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[apsw.Connection]:
        with files.store_errors():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    with contextlib.suppress(apsw.Error):
                        self._connection.execute("ROLLBACK")
                raise


def _newest_block(write: apsw.Connection) -> int:
    """The newest id that a block ever had; a store of an older program knows only what it still has."""
    known = int(write.execute("SELECT value FROM meta WHERE key = ?", (NEWEST_BLOCK,)).get or 0)
    return max(known, int(write.execute("SELECT max(id) FROM block").get or 0))
