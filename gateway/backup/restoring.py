"""Putting a backup back: every member beside its place first, checked, and only then all of them into place.

A fault before that leaves everything as it was. What is in the way is moved aside under --force, never deleted,
and a store that a daemon has open is not touched.
"""

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from typing import IO

import apsw

from gateway.backup import owners
from gateway.backup.archive import create, sync_folder, unpack
from gateway.backup.manifest import BadBackup, Manifest, Member
from gateway.backup.places import Place, in_the_way, places, refuse_outside, refuse_overwriting
from gateway.backup.rewiring import rewired, with_store_path
from gateway.errors import StoreDamaged, Unavailable
from gateway.store.connection import WriterLock, store_errors
from gateway.store.schema import refuse_foreign

SPARE_BYTES = 16 * 2**20
"""Left free on the disk of the store."""

Step = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What is where now."""

    manifest: Manifest
    files: tuple[Path, ...]
    """In the order of the manifest's members."""
    aside: tuple[tuple[Path, Path], ...]
    """(what was in the way, where it is now)."""

    @property
    def config(self) -> Path:
        """The gateway's file."""
        return self.files[0]

    @property
    def store(self) -> Path:
        """The store."""
        return self.files[-1]


def restore(file: IO[bytes], *, into: Path | None, force: bool, step: Step) -> Restored:
    """Put a backup back, at its old places or below a folder.

    Raises:
        BadBackup: the backup is damaged, foreign or not as its manifest says; nothing was changed.
        Unavailable: something is in the way, or the disk refuses; nothing was changed.
        StoreInUse: a daemon runs on the store. StoreForeign: a newer program made the backup.
    """
    staging = _Staging(into, force)
    with contextlib.ExitStack() as undo:
        undo.callback(staging.undo)
        try:
            manifest = unpack(file, staging.accept, step)
            staging.check()
            if into is not None:
                staging.rewire()
            staging.put_in_place()
        except OSError as error:
            raise Unavailable(
                f"{error.filename or 'the disk'}: {error.strerror or error}"
            ) from error
        undo.pop_all()
        staging.unlock()
    files = tuple(place.path for place in staging.places)
    return Restored(manifest=manifest, files=files, aside=tuple(staging.aside))


@dataclass(slots=True)
class _Staging:
    """The members on their way to their places."""

    into: Path | None
    force: bool
    places: list[Place] = field(default_factory=list)
    aside: list[tuple[Path, Path]] = field(default_factory=list)
    """(what was in the way, where it is now)."""
    _in_place: list[Path] = field(default_factory=list)
    _made: list[Path] = field(default_factory=list)
    """Folders that were not there."""
    _lock: WriterLock | None = None

    def accept(self, manifest: Manifest) -> Callable[[Member, Iterator[bytes]], None]:
        """Decide about a backup by its manifest, before anything is written."""
        self.places = places(manifest, self.into)
        if not self.force:
            refuse_overwriting(in_the_way(self.places))
        for place in self.places:
            self._made += owners.make_folder(place.path.parent, place.member)
        if self.into is not None:
            refuse_outside(self.places, self.into)
        store = self.places[-1]
        free = shutil.disk_usage(store.path.parent).free
        if free < store.member.size + SPARE_BYTES:
            raise Unavailable(
                f"{store.path.parent} has {free / 1e6:,.0f} MB free,"
                f" the store takes {store.member.size / 1e6:,.0f} MB"
            )
        self._lock = WriterLock(store.path)
        by_name = {place.member.name: place for place in self.places}
        return lambda member, pieces: _stage(by_name[member.name], pieces)

    def check(self) -> None:
        """See that the store is one that this program can go on with."""
        staged = self.places[-1].staged
        try:
            with store_errors():
                flags = apsw.SQLITE_OPEN_READONLY
                connection = apsw.Connection(str(staged), flags=flags)
                try:
                    refuse_foreign(connection)
                    found = connection.execute("PRAGMA quick_check(1)").get
                finally:
                    connection.close()
        except StoreDamaged as error:
            found = str(error)
        if found != "ok":
            raise BadBackup(f"holds a store that is damaged: {found}")

    def rewire(self) -> None:
        """Let the configuration name the new places of what was outside of its folder."""
        config, store = self.places[0], self.places[-1]
        base = str(Path(config.member.path).parent)
        moves = {
            place.member.path: str(place.path)
            for place in self.places
            if not Path(place.member.path).is_relative_to(base)
        }
        for place in self.places:
            if place.member.kind in ("config", "devices") and moves:
                text = place.staged.read_text(encoding="utf-8")
                new = rewired(text, moves, str(Path(place.member.path).parent))
                if place is config and store.member.path in moves:
                    new = with_store_path(new, str(store.path))
                if new != text:
                    place.staged.write_text(new, encoding="utf-8")

    def put_in_place(self) -> None:
        """Move aside what is in the way, and give every file its name."""
        taken = in_the_way(self.places)
        ending = _unused_ending(taken)
        for path in taken:
            moved = path.with_name(path.name + ending)
            path.rename(moved)
            self.aside.append((path, moved))
        for place in self.places:
            place.staged.rename(place.path)
            self._in_place.append(place.path)
        for folder in {place.path.parent for place in self.places}:
            sync_folder(folder)

    def undo(self) -> None:
        """Leave everything as it was."""
        for path in self._in_place:
            with contextlib.suppress(OSError):
                path.unlink()
        for path, moved in self.aside:
            with contextlib.suppress(OSError):
                moved.rename(path)
        for place in self.places:
            with contextlib.suppress(OSError):
                place.staged.unlink(missing_ok=True)
        self.unlock()
        for folder in reversed(self._made):
            with contextlib.suppress(OSError):
                folder.rmdir()

    def unlock(self) -> None:
        """Let a daemon have the store; the next one makes its own lock file, with its own owner."""
        if self._lock is not None:
            self._lock.release(in_order=True)
            if not self._lock.was_there:
                self._lock.path.unlink(missing_ok=True)
            self._lock = None


def _unused_ending(taken: list[Path]) -> str:
    """What is moved aside gets this behind its name; another one than what an earlier restore has moved aside."""
    now = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    endings = (
        f".before-restore-{now}{again}" for again in chain([""], (f"-{n}" for n in count(2)))
    )
    return next(
        ending
        for ending in endings
        if not any(os.path.lexists(path.with_name(path.name + ending)) for path in taken)
    )


def _stage(place: Place, pieces: Iterator[bytes]) -> None:
    """Write a member beside its place, with its mode and owner, and see it on disk."""
    place.staged.unlink(missing_ok=True)
    with create(place.staged) as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        user, group = owners.numbers(place.member)
        os.fchown(file.fileno(), user, group)
        os.fchmod(file.fileno(), place.member.mode)
        os.fsync(file.fileno())
