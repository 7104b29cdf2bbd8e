"""Everything that writes, as plain blocking functions of one connection. Runs in the writer's thread only.

A commit is one transaction: rows, what they point at, the counters that changed, and the sinks' positions
that are due. A power cut leaves all of it or nothing.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import apsw

from gateway.store import connection as files
from gateway.store.batch import Batch
from gateway.store.blocks import FRAME_COLUMNS, FrameRow, seal
from gateway.store.ceiling import drop_tail
from gateway.store.schema import migrate

_FRAME = f"INSERT INTO frame ({FRAME_COLUMNS}) VALUES ({','.join('?' * 17)})"
_REFUSED = f"INSERT INTO refused VALUES ({','.join('?' * 14)})"
_COUNTER = "INSERT INTO counter VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
_SINK = "INSERT INTO sink VALUES (?, ?) ON CONFLICT DO UPDATE SET state = excluded.state"
_SESSION = "UPDATE session SET state = ?, flushed = ? WHERE id = ?"


class Writer:
    """The writing connection."""

    def __init__(self, path: Path, vfs: str | None = None) -> None:
        self.path = path
        self._vfs = vfs
        self._connection = files.open_writer(path, vfs)
        with files.store_errors():
            migrate(self._connection)

    @property
    def connection(self) -> apsw.Connection:
        """For reading at start, before the writer's thread has begun."""
        return self._connection

    def reopen(self) -> None:
        """After an I/O error nothing the connection believes can be trusted: begin anew."""
        with contextlib.suppress(apsw.Error):
            self._connection.close(True)
        self._connection = files.open_writer(self.path, self._vfs)

    def commit(self, batch: Batch) -> None:
        """Put a batch on disk; returns after COMMIT with synchronous=FULL.

        Raises:
            StoreFull, StoreDamaged, Unavailable: nothing of the batch was written.
        """
        with self._transaction() as write:
            if batch.new.names:
                write.executemany("INSERT INTO name VALUES (?, ?)", batch.new.names)
            if batch.new.series:
                write.executemany("INSERT INTO series VALUES (?, ?, ?, ?, ?)", batch.new.series)
            if batch.new.types:
                write.executemany("INSERT INTO field_type VALUES (?, ?, ?)", batch.new.types)
            if batch.sessions:
                write.executemany(
                    "INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, NULL)", batch.sessions
                )
            if batch.frames:
                write.executemany(_FRAME, batch.frames)
            if batch.refused:
                write.executemany(_REFUSED, batch.refused)
            if batch.decided:
                write.executemany(
                    "DELETE FROM refused WHERE seq = ?", [(seq,) for seq in batch.decided]
                )
            if batch.released:
                write.executemany(
                    "UPDATE frame SET held = 2 WHERE seq = ?", [(seq,) for seq in batch.released]
                )
            if batch.snapshots:
                write.executemany(_SESSION, batch.snapshots)
            if batch.dead:
                write.executemany(
                    f"INSERT INTO dead VALUES (NULL, {','.join('?' * 9)})",
                    batch.dead,
                )
            if batch.sinks:
                write.executemany(_SINK, list(batch.sinks.items()))
            if batch.drop_upto:
                drop_tail(write, batch.drop_upto)
            if batch.counters:
                write.executemany(_COUNTER, list(batch.counters.items()))

    def boot(self, boot_id: str) -> int:
        """The row id of a boot, made when it is new."""
        with self._transaction() as write:
            write.execute("INSERT OR IGNORE INTO boot (boot_id) VALUES (?)", (boot_id,))
            return int(write.execute("SELECT id FROM boot WHERE boot_id = ?", (boot_id,)).get)

    def seal(
        self, upto: int, rows_max: int, place: dict[int, tuple[int, str]], names: dict[str, int]
    ) -> int:
        """Move the oldest rows of the tail into blocks; the seq up to which it is done, 0 for nothing.

        `names` gives the name ids of measurements.
        """
        read = f"SELECT {FRAME_COLUMNS} FROM frame WHERE seq <= ? ORDER BY seq LIMIT ?"
        with files.store_errors():
            rows = cast(
                "list[FrameRow]", self._connection.execute(read, (upto, rows_max)).fetchall()
            )
        if not rows:
            return 0
        sealed = seal(rows, place)
        horizon = rows[-1][0]
        with self._transaction() as write:
            write.executemany(
                "INSERT INTO block VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)",
                [(device, names[what], *rest) for device, what, *rest in sealed.blocks],
            )
            write.execute("INSERT INTO raw_block VALUES (?, ?, ?, ?, ?, ?, ?)", sealed.raw)
            write.execute("DELETE FROM frame WHERE seq <= ?", (horizon,))
            write.execute("INSERT OR REPLACE INTO meta VALUES ('horizon', ?)", (horizon,))
        return horizon

    def close(self, *, clean: bool = True) -> None:
        """Checkpoint everything and close."""
        with contextlib.suppress(apsw.Error):
            if clean:
                self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            self._connection.close()

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
