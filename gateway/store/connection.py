"""Opening the file for the one writer and for readers, and what SQLite's errors mean for us.

The writer: WAL, synchronous=FULL (WAL with NORMAL loses acknowledged rows at a power cut), checkpoints only
by itself. Readers are read-only and never checkpoint.
"""

import contextlib
import fcntl
import os
from collections.abc import Generator
from pathlib import Path

import apsw

from gateway.errors import StoreDamaged, StoreFull, StoreInUse, Unavailable

PAGE_BYTES = 2048
"""Half of SQLite's default: a commit of 16 rows rewrites whole pages, and at 100 frames/s this saves a quarter
of what reaches the card (docs/decisions/0005-few-bytes-per-frame.md)."""
WAL_PAGES = 4 * 2**20 // PAGE_BYTES
"""Pages in the WAL after which a commit checkpoints: 4 MiB, rewritten in place from then on."""
WRITER_CACHE_KIB = 1000
READER_CACHE_KIB = 256
"""A sink reads each row once, in order: more would only be memory."""
BUSY_MS = 5000
"""How long a connection waits for another one's short lock."""
FILE_MODE = 0o660
"""The group reads while the daemon is down, which needs to write -shm."""


def open_writer(path: Path, vfs: str | None = None) -> apsw.Connection:
    """The one connection that writes; makes the file when it is not there.

    Raises:
        StoreDamaged, StoreFull, Unavailable: as `store_errors`.
    """
    with store_errors():
        connection = apsw.Connection(str(path), vfs=vfs)
        connection.set_busy_timeout(BUSY_MS)
        connection.pragma("page_size", PAGE_BYTES)
        if connection.pragma("journal_mode", "wal") != "wal":
            raise StoreDamaged(f"{path} cannot be put into WAL mode")
        connection.pragma("synchronous", "FULL")
        connection.pragma("wal_autocheckpoint", WAL_PAGES)
        connection.pragma("journal_size_limit", WAL_PAGES * PAGE_BYTES)
        connection.pragma("cache_size", -WRITER_CACHE_KIB)
        connection.pragma("temp_store", "MEMORY")
        connection.pragma("trusted_schema", 0)
        return connection


def open_reader(path: Path) -> apsw.Connection:
    """A read-only connection, for any thread of its own.

    Raises:
        Unavailable: there is no file yet, or it cannot be read by this user.
        StoreDamaged: it is no store.
    """
    if not path.exists():
        raise Unavailable(f"there is no store at {path}: the daemon has not run with this path yet")
    with store_errors():
        # Read-write is not asked for, but SQLite needs to make -shm when the writer is away.
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        connection.set_busy_timeout(BUSY_MS)
        connection.pragma("query_only", 1)
        connection.pragma("wal_autocheckpoint", 0)
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        connection.pragma("cache_size", -READER_CACHE_KIB)
        return connection


@contextlib.contextmanager
def store_errors() -> Generator[None, None, None]:
    """Turn SQLite's errors into ours, by who must act.

    Raises:
        StoreFull: disk or page limit reached. StoreDamaged: not a database, or corrupt.
        Unavailable: anything the disk may recover from (read-only, I/O error, locked).
    """
    try:
        yield
    except apsw.FullError as error:
        raise StoreFull(f"the disk or the store's ceiling is reached: {error}") from error
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise StoreDamaged(str(error)) from error
    except (apsw.IOError, apsw.CantOpenError, apsw.ReadOnlyError, apsw.BusyError) as error:
        raise Unavailable(f"the store cannot be used: {error}") from error


@contextlib.contextmanager
def reading(connection: apsw.Connection) -> Generator[None, None, None]:
    """One consistent view of the store for several reads; keep it short, it pins the WAL."""
    with store_errors():
        connection.execute("BEGIN")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")


class WriterLock:
    """An flock on `<path>.lock`: one writer process for a store."""

    def __init__(self, path: Path) -> None:
        self.path = path.with_name(path.name + ".lock")
        self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._fd)
            raise StoreInUse(
                f"{path} is in use by process {holder}: stop it, or name another [store] path"
            ) from None
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let another process write."""
        os.close(self._fd)
