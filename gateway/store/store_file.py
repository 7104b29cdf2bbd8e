"""Taking a store file into use: its lock, its modes, and what happens when it is damaged.

A file that was closed in order is opened as it is. After any other end the tables that ingest needs are
checked, and all of it when damage was met before. A damaged file is moved aside with its WAL, never deleted,
and a new one is begun.
"""

import contextlib
import os
import time
from pathlib import Path

import apsw

from gateway.errors import StoreDamaged, StoreForeign, Unavailable
from gateway.journal import Journal
from gateway.store import connection as files
from gateway.store.ceiling import Shares
from gateway.store.schema import APPLICATION_ID
from gateway.store.writer import Writer

PARTS = ("", "-wal", "-shm")
SQLITE_MARK = b"SQLite format 3\0"
CHECKED = (
    "meta", "counter", "boot", "name", "series", "field_type", "session", "frame", "refused", "sink", "dead",
    "gone",
)  # fmt: skip
"""All but the sealed history, which may be a GB: damage there shows when it is read."""


class StoreFile:
    """A store file with its lock and its writer."""

    def __init__(self, path: Path, shares: Shares, vfs: str | None = None) -> None:
        """Open or make it.

        Raises:
            StoreInUse, StoreForeign, StoreFull, Unavailable: it cannot be used; it is as it was.
        """
        self.moved_aside: Path | None = None
        self._path, self._shares, self._vfs = path, shares, vfs
        if path.is_dir():
            raise StoreForeign(f"{path} is a folder; write the name of a file in [store] path")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"{path.parent} cannot be made: {error.strerror}") from error
        self.lock = files.WriterLock(path)
        try:
            self.writer = self._open(path, shares, vfs)
            _open_to_group(path)
        except BaseException:
            self.lock.release(in_order=False)
            raise

    def begin_anew(self, error: StoreDamaged) -> None:
        """Move a file aside whose damage showed when it was read, and begin a new one.

        Raises:
            StoreFull, Unavailable: the disk refuses.
        """
        _close_untouched(self.writer)
        self.moved_aside = _move_aside(self._path)
        Journal("store").error("damaged", file=self._path, moved_to=self.moved_aside, why=error)
        self.writer = Writer(self._path, self._shares, self._vfs)
        _open_to_group(self._path)

    def _open(self, path: Path, shares: Shares, vfs: str | None) -> Writer:
        wal = path.with_name(path.name + "-wal")
        in_order = not self.lock.left_open and not (wal.exists() and wal.stat().st_size)
        try:
            if in_order:
                _refuse_cut_short(path)
            elif self.lock.left_open:
                files.write_wal_again(path, vfs)
            writer = Writer(path, shares, vfs)
            if not in_order:
                _check(writer, whole=self.lock.left_suspect)
        except StoreDamaged as error:
            if not self.lock.was_there and not _has_our_mark(path):
                # Nothing says that this was ever a store: a slip in the path must not cost a file.
                self.lock.path.unlink(missing_ok=True)
                raise StoreForeign(
                    f"{path} is no store of lora-gateway; it was not touched, name another path"
                ) from error
            self.moved_aside = _move_aside(path)
            Journal("store").error("damaged", file=path, moved_to=self.moved_aside, why=error)
            return Writer(path, shares, vfs)
        return writer


def _has_our_mark(path: Path) -> bool:
    """Whether the header, as far as it can be read, says that a store of ours is, or was, in this file."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        header = file.read(100)
        return header[:16] == SQLITE_MARK or header[68:72] == APPLICATION_ID.to_bytes(4, "big")
    return False


def _refuse_cut_short(path: Path) -> None:
    """Without a WAL the file has all the pages that its header counts.

    Source: SQLite, Database File Format, 1.3: page size at 16, page count at 28, valid when 24 equals 92.
    """
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        header = file.read(100)
        if header[:16] != SQLITE_MARK:
            return  # empty or none of ours: SQLite says so itself
        page_bytes = int.from_bytes(header[16:18], "big")
        pages = int.from_bytes(header[28:32], "big")
        counted = header[24:28] == header[92:96]
        if counted and os.fstat(file.fileno()).st_size < page_bytes * pages:
            raise StoreDamaged("the file is shorter than its header says")


def _check(writer: Writer, *, whole: bool) -> None:
    """Raises: StoreDamaged: SQLite finds fault with the file. It is closed then."""
    checks = ("PRAGMA quick_check(1)",) if whole else [f"PRAGMA quick_check({t})" for t in CHECKED]
    try:
        with files.store_errors():
            for check in checks:
                found = writer.connection.execute(check).get
                if found != "ok":
                    raise StoreDamaged(str(found).splitlines()[-1])
            for table in CHECKED if whole else ():  # SQLite does not look at the texts
                for _ in writer.connection.execute(f"SELECT * FROM {table}"):
                    pass
    except BaseException:
        _close_untouched(writer)
        raise


def _close_untouched(writer: Writer) -> None:
    """Not by `Writer.close`: what is moved aside stays as it was found."""
    with contextlib.suppress(apsw.Error):
        writer.connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        writer.connection.close(True)


def _move_aside(path: Path) -> Path:
    """Give the file and its WAL a name of their own, one that is not taken."""
    stem = f"{path.name}.damaged-{time.time_ns() // 10**9}"
    taken = 0
    aside = path.with_name(stem)
    while aside.exists():
        taken += 1
        aside = path.with_name(f"{stem}-{taken}")
    for part in PARTS:
        found = path.with_name(path.name + part)
        if found.exists():
            found.rename(aside.with_name(aside.name + part))
    return aside


def _open_to_group(path: Path) -> None:
    """A reader of the group may have left a -shm of its own, whose mode only that user may change."""
    for part in PARTS:
        found = path.with_name(path.name + part)
        with contextlib.suppress(FileNotFoundError, PermissionError):
            if found.stat().st_mode & 0o777 != files.FILE_MODE:
                found.chmod(files.FILE_MODE)
