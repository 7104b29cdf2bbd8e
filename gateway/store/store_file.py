"""The file on disk: its lock, its writer, its reserve, its modes; and what happens to a damaged one."""

import time
from pathlib import Path

from gateway.errors import StoreDamaged
from gateway.journal import Journal
from gateway.store import ceiling
from gateway.store import connection as files
from gateway.store.writer import Writer


class StoreFile:
    """An open store file. A damaged one is moved aside and a new one begun: never deleted, never a crash loop."""

    def __init__(self, path: Path, size_max: int, vfs: str | None = None) -> None:
        """Lock and open the file, making it when it is not there.

        Raises:
            StoreInUse: another process writes it. StoreForeign: newer, or not ours.
            StoreFull, Unavailable: the disk refuses.
        """
        self.path = path
        self.moved_aside: Path | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = files.WriterLock(path)
        try:
            self.writer = self._opened(vfs)
        except BaseException:
            self._lock.release()
            raise
        self._restrict_modes()
        ceiling.limit_pages(self.writer.connection, size_max)
        self.reserve = ceiling.Reserve(path)
        self.reserve.take()

    def release(self) -> None:
        """After the writer is closed: let another process write."""
        self.reserve.give_back()
        self._lock.release()

    def _opened(self, vfs: str | None) -> Writer:
        try:
            return Writer(self.path, vfs)
        except StoreDamaged as error:
            aside = self.path.with_name(f"{self.path.name}.damaged-{time.time_ns() // 10**9}")
            for suffix in ("", "-wal", "-shm"):
                part = self.path.with_name(self.path.name + suffix)
                if part.exists():
                    part.rename(aside.with_name(aside.name + suffix))
            self.moved_aside = aside
            Journal("store").error("damaged", file=self.path, moved_to=aside, why=error)
            return Writer(self.path, vfs)

    def _restrict_modes(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            part = self.path.with_name(self.path.name + suffix)
            if part.exists():
                part.chmod(files.FILE_MODE)
