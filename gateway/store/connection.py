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
from gateway.store.schema import refuse_foreign, refuse_older

SQLITE_VERSION = apsw.sqlite_lib_version()
"""Of the library inside apsw; the system's own may be older, and is not used."""
PAGE_BYTES = 2048
"""Half of SQLite's default: a commit of 16 rows rewrites whole pages, and at 100 frames/s this saves a quarter
of what reaches the card (docs/decisions/0005-few-bytes-per-frame.md)."""
WRITER_CACHE_KIB = 500
READER_CACHE_KIB = 256
"""A sink reads each row once, in order: more would only be memory."""
BUSY_MS = 5000
"""How long a connection waits for another one's short lock."""
COPY_BYTES = 1 << 16
FILE_MODE = 0o660
"""The group reads while the daemon is down, which needs to write -shm."""


def open_writer(path: Path, vfs: str | None = None) -> apsw.Connection:
    """The one connection that writes; makes the file when it is not there.

    Raises:
        StoreDamaged, StoreFull, Unavailable: as `store_errors`.
        StoreForeign: newer than this program, or another program's; it was not written to.
    """
    with store_errors():
        connection = apsw.Connection(str(path), vfs=vfs)
        try:
            # Closing a file that turns out not to be ours must not checkpoint it either.
            connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            connection.set_busy_timeout(BUSY_MS)
            if vfs is not None:  # one without shared memory keeps the WAL's index on the heap
                connection.pragma("locking_mode", "EXCLUSIVE")
            refuse_foreign(connection)
            connection.pragma("page_size", PAGE_BYTES)
            if connection.pragma("journal_mode", "wal") != "wal":
                raise StoreDamaged(f"{path} cannot be put into WAL mode")
            connection.pragma("synchronous", "FULL")
            connection.pragma("cache_size", -WRITER_CACHE_KIB)
            connection.pragma("temp_store", "MEMORY")
            connection.pragma("trusted_schema", 0)
            connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)
        except BaseException:
            connection.close(True)
            raise
        return connection


def write_wal_again(path: Path, vfs: str | None = None) -> None:
    """Bring to the disk what the WAL shows; while nobody writes to it.

    An fsync that failed leaves what can be read and is not on the disk, and a later one that succeeds does not
    write it: the kernel counts it as clean. To SQLite it would be committed, and what follows it in the WAL
    would be lost with it at the next power cut.

    Raises:
        StoreFull, Unavailable: the disk refuses.
    """
    wal = path.with_name(path.name + "-wal")
    if not (wal.exists() and path.exists()):
        return
    with store_errors():
        file = apsw.VFSFile(
            vfs or "", str(wal), [apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_WAL, 0]
        )
        try:
            size = file.xFileSize()
            for offset in range(0, size, COPY_BYTES):
                file.xWrite(file.xRead(min(COPY_BYTES, size - offset), offset), offset)
            file.xSync(apsw.SQLITE_SYNC_FULL)
        finally:
            file.xClose()


def open_reader(path: Path) -> apsw.Connection:
    """A read-only connection, for any thread of its own.

    Raises:
        Unavailable: there is no file yet, or it cannot be read by this user.
        StoreDamaged: it is no store. StoreForeign: a newer program wrote it, or another one.
    """
    try:
        there = path.exists()
    except PermissionError as error:
        raise Unavailable(
            f"{path} may not be read by this user: become a member of its folder's group"
        ) from error
    except OSError as error:
        raise Unavailable(f"{str(path)[:200]} can be no store: {error.strerror}") from error
    if not there:
        raise Unavailable(f"there is no store at {path}: the daemon has not run with this path yet")
    with store_errors():
        # Read-write is not asked for, but SQLite needs to make -shm when the writer is away.
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            connection.set_busy_timeout(BUSY_MS)
            connection.pragma("query_only", 1)
            connection.pragma("wal_autocheckpoint", 0)
            connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            connection.pragma("cache_size", -READER_CACHE_KIB)
            version = refuse_foreign(connection)
            if not version:
                raise Unavailable(f"the store at {path} is empty: the daemon has not begun it yet")
            refuse_older(version)
        except BaseException:
            connection.close(True)
            raise
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
    except (apsw.CorruptError, apsw.NotADBError, UnicodeDecodeError) as error:
        raise StoreDamaged(str(error)) from error
    except (
        apsw.IOError, apsw.CantOpenError, apsw.ReadOnlyError, apsw.PermissionsError,
        apsw.BusyError, apsw.LockedError, apsw.ProtocolError, apsw.ConnectionClosedError,
    ) as error:  # fmt: skip
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
    """An flock on `<path>.lock`: one writer process for a store.

    It holds the writer's process id until that has closed the store in order, so that the next one knows
    of an end without order; `suspect` adds that the file was found damaged.
    """

    def __init__(self, path: Path) -> None:
        """Take it.

        Raises:
            StoreInUse: another process holds it. Unavailable: it cannot be made.
        """
        self.path = path.with_name(path.name + ".lock")
        self.was_there = self.path.exists()
        """A store of ours was at this place before."""
        try:
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        except OSError as error:
            raise Unavailable(f"{self.path} cannot be made: {error.strerror}") from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = self._text() or "unknown"
            os.close(self._fd)
            raise StoreInUse(
                f"{path} is in use by process {holder}: stop it, or name another [store] path"
            ) from None
        left = self._text()
        self.left_open = left != ""
        """The writer before this one ended without closing the store."""
        self.left_suspect = left.endswith(_SUSPECT)
        """It had found the file damaged."""
        self._write(str(os.getpid()))

    def suspect(self) -> None:
        """Tell the next writer to check the whole file."""
        self._write(f"{os.getpid()} {_SUSPECT}")

    def release(self, *, in_order: bool) -> None:
        """Let another process write. `in_order` says that the store was closed before."""
        if in_order:
            self._write("")
        os.close(self._fd)

    def _text(self) -> str:
        return os.pread(self._fd, 64, 0).decode("ascii", "replace").strip()

    def _write(self, text: str) -> None:
        # On a full disk the text may not fit: then the next start only does not check.
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, text.encode(), 0)


_SUSPECT = "suspect"
