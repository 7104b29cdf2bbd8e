"""A disk whose power can be cut at any moment: what SQLite writes to it is recorded, and a cut is played after.

It is an SQLite VFS over the real one. Each write, truncation, sync and deletion is noted in its order. A cut after
the first n of them leaves

    what was synced        whole: a sync makes all earlier operations on its file durable
    what was not           each 512-byte sector of each write there or not, each truncation or deletion done or
                           not, by the cut's own dice; so writes are dropped, torn and reordered

A sync can be told to fail, as on a card that gives up, and to be slow. What was to be synced then stays readable,
as from the page cache, and is not on the disk: the kernel counts it as clean, and a later sync that succeeds
does not write it.

The first sync of a new file also syncs the folder, as SQLite does on Unix: deletions before it are durable then.
Connections must use `PRAGMA locking_mode = EXCLUSIVE`: the VFS has no shared memory for the WAL's index.
What it does not model: a card that acknowledges a sync and has not done it, and bits that rot.

Sources: PostgreSQL wiki, "Fsync Errors" (Linux counts as clean what it could not write); SQLite, "Atomic Commit In
SQLite", 2 (sectors, flushing) and "Write-Ahead Logging", 2.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Literal, Self

import apsw

SECTOR_BYTES = 512

Kind = Literal["write", "truncate", "delete", "sync", "lost"]
Loss = Literal["nothing", "everything", "dice"]
"""What of the unsynced operations a cut takes."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that was asked of the disk."""

    kind: Kind
    file: str
    """The name, without its folder."""
    offset: int = 0
    """Of a write, where; of a truncation, the size."""
    data: bytes = b""


class RecordingDisk:
    """A VFS under a name of its own; a context, at whose end the name is free again."""

    def __init__(self, name: str = "power-cut") -> None:
        self.name = name
        self.operations: list[Operation] = []
        self.before: dict[str, bytes] = {}
        """Files that were there before the first operation on them."""
        self.syncs_that_fail = 0
        """So many of the next syncs fail."""
        self.before_sync: Callable[[], None] = lambda: None
        """Called in the thread that syncs; may take its time."""
        self._vfs: _RecordingVfs | None = None

    def __enter__(self) -> Self:
        self._vfs = _RecordingVfs(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._vfs is not None:
            self._vfs.unregister()
            self._vfs = None

    def __len__(self) -> int:
        """How many operations there were: a place for a cut."""
        return len(self.operations)

    def note(self, operation: Operation) -> None:
        """It was asked for."""
        self.operations.append(operation)

    def first_seen(self, path: Path) -> None:
        """A file is opened: what it held before counts as synced."""
        if path.name not in self.before:
            self.before[path.name] = path.read_bytes() if path.exists() else b""

    def cuts(self) -> "Cuts":
        """Plays cuts, one after the other, at ascending places."""
        return Cuts(self.operations, self.before)


class Cuts:
    """The disk after a cut, at places that only go up: what is synced by then is applied once."""

    def __init__(self, operations: list[Operation], before: dict[str, bytes]) -> None:
        self._operations = operations
        self._durable: dict[str, bytearray] = {
            name: bytearray(data) for name, data in before.items() if data
        }
        self._entered = set(self._durable)
        """Files whose names are durable."""
        self._pending: dict[str, list[Operation]] = {}
        self._at = 0

    def play(self, at: int, folder: Path, loss: Loss, dice: Random) -> None:
        """Leave in an empty folder what a cut after the first `at` operations leaves.

        Raises:
            ValueError: an earlier place than that of the cut before.
        """
        if at < self._at:
            raise ValueError("cuts are played in ascending order")
        for operation in self._operations[self._at : at]:
            if operation.kind == "sync":
                self._sync(operation.file)
            elif operation.kind == "lost":
                self._pending.pop(operation.file, None)
            else:
                self._pending.setdefault(operation.file, []).append(operation)
        self._at = at
        files = {name: bytearray(data) for name, data in self._durable.items()}
        if loss != "everything":
            survives = (lambda: True) if loss == "nothing" else lambda: dice.random() < 0.5
            for pending in self._pending.values():
                for operation in pending:
                    _apply(files, operation, survives)
        for name, data in files.items():
            (folder / name).write_bytes(data)

    def _sync(self, name: str) -> None:
        for file, pending in self._pending.items():
            if file == name or (name not in self._entered and _is_deleted(pending)):
                for operation in pending:
                    _apply(self._durable, operation, lambda: True)
                pending.clear()
        self._entered &= set(self._durable)
        self._entered.add(name)


def _is_deleted(pending: list[Operation]) -> bool:
    return any(operation.kind == "delete" for operation in pending)


def _apply(files: dict[str, bytearray], operation: Operation, survives: Any) -> None:
    name = operation.file
    if operation.kind == "write":
        for start, sector in _sectors(operation):
            if survives():
                content = files.setdefault(name, bytearray())
                if len(content) < start:
                    content.extend(bytes(start - len(content)))
                content[start : start + len(sector)] = sector
    elif survives():
        if operation.kind == "delete":
            files.pop(name, None)
        else:
            del files.setdefault(name, bytearray())[operation.offset :]


def _sectors(operation: Operation) -> Iterator[tuple[int, bytes]]:
    """The parts of a write that lie in one sector each."""
    start = operation.offset
    end = start + len(operation.data)
    while start < end:
        stop = min(end, (start // SECTOR_BYTES + 1) * SECTOR_BYTES)
        yield start, operation.data[start - operation.offset : stop - operation.offset]
        start = stop


class _RecordingVfs(apsw.VFS):
    def __init__(self, disk: RecordingDisk) -> None:
        self._disk = disk
        super().__init__(disk.name, "")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        return _RecordingFile(self._disk, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 - as above
        super().xDelete(filename, syncdir)
        self._disk.note(Operation("delete", Path(filename).name))
        if syncdir:
            self._disk.note(Operation("sync", Path(filename).name))


class _RecordingFile(apsw.VFSFile):
    def __init__(self, disk: RecordingDisk, name: Any, flags: list[int]) -> None:
        path = Path(name.filename() if isinstance(name, apsw.URIFilename) else name)
        disk.first_seen(path)
        self._disk = disk
        self._name = path.name
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        super().xWrite(data, offset)
        self._disk.note(Operation("write", self._name, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - as above
        super().xTruncate(newsize)
        self._disk.note(Operation("truncate", self._name, newsize))

    def xSync(self, flags: int) -> None:  # noqa: N802, ARG002 - as above
        # The real sync is left out: the power of this machine is not cut.
        self._disk.before_sync()
        if self._disk.syncs_that_fail > 0:
            self._disk.syncs_that_fail -= 1
            self._disk.note(Operation("lost", self._name))
            raise apsw.exception_for(apsw.SQLITE_IOERR_FSYNC)
        self._disk.note(Operation("sync", self._name))
