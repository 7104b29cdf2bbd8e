"""How big the file may become: what each part of it gets of the ceiling, and how much is used. No deciding here.

    size_max = database file | WAL | reserve file

The database file is limited by SQLite itself. The WAL is checkpointed above `wal_pages` and then written from
its start again; what it gets is three times that, for the commit that goes beyond and for a reader that pins
it. The reserve file is given back to a full disk, so that deleting and checkpointing are possible. A disk that
has less room than `size_max` is a lower ceiling: it is asked at each step of housekeeping.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import apsw

from gateway.store.connection import PAGE_BYTES

WAL_FRAME_BYTES = PAGE_BYTES + 24
"""A page in the WAL has a header of its own."""
WAL_PAGES = 4 * 2**20 // PAGE_BYTES
"""Pages in the WAL after which a commit checkpoints: 4 MiB, rewritten in place from then on."""
WAL_PAGES_LEAST = 64
WAL_TIMES = 3
RESERVE_BYTES = 1 << 20
RESERVE_BYTES_LEAST = 1 << 15
PAGES_LEAST = 64
ROWS_AT_ONCE = 2000
"""Rows sealed or dropped in one step under a large ceiling."""
ROWS_AT_ONCE_LEAST = 50
BYTES_PER_ROW_AT_ONCE = 1 << 16
ROOM_LEFT = 0.97
"""Share of the ceiling at which room is made: the rest takes the commits until then."""


@dataclass(frozen=True, slots=True)
class Shares:
    """The ceiling and its parts; of a small ceiling the WAL and the reserve are a sixteenth and less."""

    size_max: int

    @property
    def wal_pages(self) -> int:
        """Pages after which a commit checkpoints."""
        return min(max(self.size_max // 64 // PAGE_BYTES, WAL_PAGES_LEAST), WAL_PAGES)

    @property
    def wal_bytes(self) -> int:
        """What the WAL gets."""
        return WAL_TIMES * self.wal_pages * WAL_FRAME_BYTES

    @property
    def reserve_bytes(self) -> int:
        """Size of the reserve file: what a checkpoint of the WAL may add to the file, and some for deleting."""
        some = min(max(self.size_max // 64, RESERVE_BYTES_LEAST), RESERVE_BYTES)
        return self.wal_pages * WAL_FRAME_BYTES + some

    @property
    def pages_max(self) -> int:
        """Pages of the database file."""
        return max((self.size_max - self.wal_bytes - self.reserve_bytes) // PAGE_BYTES, PAGES_LEAST)

    @property
    def rows_at_once(self) -> int:
        """Rows that are sealed or dropped in one step: bounds the memory, the pause and the WAL."""
        rows = self.size_max // BYTES_PER_ROW_AT_ONCE
        return min(max(rows, ROWS_AT_ONCE_LEAST), ROWS_AT_ONCE)

    def apply(self, connection: apsw.Connection) -> None:
        """Make the writer's connection keep to them; SQLite forgets this with the connection."""
        connection.pragma("wal_autocheckpoint", self.wal_pages)
        connection.pragma("journal_size_limit", self.wal_pages * WAL_FRAME_BYTES)
        connection.pragma("max_page_count", self.pages_max)

    def used_bytes(self, connection: apsw.Connection) -> int:
        """Bytes in use: pages that are not free, and the shares of the WAL and the reserve file."""
        return database_bytes(connection) + self.wal_bytes + self.reserve_bytes

    def room_bytes(self, store: Path) -> int:
        """The ceiling, or less: what the store's files take and what is free on their disk."""
        try:
            disk = os.statvfs(store.parent)
            return min(self.size_max, disk.f_bavail * disk.f_frsize + files_bytes(store))
        except OSError:
            return self.size_max

    def over(self, connection: apsw.Connection, store: Path) -> bool:
        """Whether room is to be made: before the ceiling is reached, or the disk is full."""
        return self.used_bytes(connection) >= self.room_bytes(store) * ROOM_LEFT

    def wal_is_long(self, store: Path) -> bool:
        """Whether the WAL has grown so far beyond a checkpoint that it could leave its share."""
        try:
            size = store.with_name(store.name + "-wal").stat().st_size
        except FileNotFoundError:
            return False
        return size > self.wal_bytes * 2 // 3


def database_bytes(connection: apsw.Connection) -> int:
    """Bytes of the database's pages that are not free."""
    pages = connection.pragma("page_count") - connection.pragma("freelist_count")
    return int(pages) * PAGE_BYTES


def files_bytes(store: Path) -> int:
    """What the store's files take on the disk."""
    parts = (store.with_name(store.name + part) for part in ("", "-wal", ".reserve"))
    return sum(part.stat().st_size for part in parts if part.exists())


class Reserve:
    """The reserve file: there while all is well, given back when the disk is full."""

    def __init__(self, store: Path, size_bytes: int) -> None:
        self.path = store.with_name(store.name + ".reserve")
        self._size_bytes = size_bytes

    def take(self) -> bool:
        """Allocate it; False when the disk has no room for it."""
        try:
            if not self.path.exists() or self.path.stat().st_size < self._size_bytes:
                self.path.write_bytes(b"\0" * self._size_bytes)
        except OSError:
            self.give_back()
            return False
        return True

    def give_back(self) -> bool:
        """Free its bytes for deleting and checkpointing; False when there are none, or the disk is read-only."""
        try:
            self.path.unlink()
        except OSError:
            return False
        return True
