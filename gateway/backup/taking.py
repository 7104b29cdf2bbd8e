"""Taking a backup: the files that the configuration names, then a copy of the store, into one archive.

The files come first: the place in a recording must not be ahead of the store. The store's copy is made on the
disk of the archive, checked there, and goes into it; so for a moment it is there twice.
"""

import contextlib
import fcntl
import grp
import hashlib
import os
import pwd
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast

import apsw

from gateway import __version__
from gateway.backup.archive import PIECE_BYTES, create, new_file, pack
from gateway.backup.manifest import FORMAT, Kind, Manifest, Member, Owner, is_plain, member_name
from gateway.backup.named_files import NamedFile, named_files
from gateway.config import Config
from gateway.errors import StoreDamaged, Unavailable
from gateway.store.accounts import accounts
from gateway.store.connection import open_reader, store_errors
from gateway.store.copy import Copied, bytes_needed, copy_store

FILE_BYTES_MAX = 64 * 2**20
"""Of a file that the configuration names: the devices file may have 32 MiB."""
VOLATILE = Path("/run")
"""What is there is made anew at each start, from files of which a backup may hold the origin."""
SPARE_BYTES = 16 * 2**20
"""Left free on the disk of the archive, which may be the daemon's."""

Step = Callable[[int, int], None]
"""Is told (done, of): rows while the store is copied, then bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What was put into the archive, and what was not."""

    manifest: Manifest
    copied: Copied
    missing: tuple[Path, ...]
    """Files that the configuration names and that are not there, or only while it runs."""
    balanced: bool
    """Whether the sums of the copy hold, as those of the store should."""


def take(
    config: Config,
    out: Path | None,
    *,
    history: bool,
    step: Step,
    also: Sequence[Path] = (),
) -> Taken:
    """Back this gateway up into `out`, or to standard output; `also` are further files of it.

    Raises:
        Unavailable: something cannot be read or written, or the disk has no room; `out` is as it was.
        StoreDamaged, StoreForeign, StoreFull: as the store has it.
    """
    folder = out.absolute().parent if out is not None else Path(tempfile.gettempdir())
    name = out.name if out is not None else f"lora-gateway-{os.getpid()}"
    base = str(config.path.parent)
    members: list[Member] = []
    contents: dict[str, bytes] = {}
    missing = []
    for file in named_files(config, also):
        read = None if file.path.is_relative_to(VOLATILE) else _read(file, base)
        if read is None:
            missing.append(file.path)
        else:
            members.append(read[0])
            contents[read[0].name] = read[1]
    _check_room(config.store.path, folder, history, sum(map(len, contents.values())))
    copy = folder / f".{name}.store.part"
    with _alone(folder if out else None), _copied(config.store.path, copy, history, step) as copied:
        manifest = Manifest(
            format=FORMAT,
            program=__version__,
            schema=copied.schema,
            made_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            gateway=config.gateway.name,
            history=history,
            left_readings=copied.left_readings,
            members=(*members, _store_member(config.store.path, copy)),
        )
        with copy.open("rb") as store, _archive(out) as archive:
            pack(archive, manifest, contents, store, step)
        balanced = _adds_up(copy)
    return Taken(manifest=manifest, copied=copied, missing=tuple(missing), balanced=balanced)


def _adds_up(copy: Path) -> bool:
    connection = open_reader(copy)
    try:
        sums = accounts(connection)
    finally:
        connection.close()
    return sums.frames_balanced and all(sink.balanced for sink in sums.sinks.values())


def _read(file: NamedFile, base: str) -> tuple[Member, bytes] | None:
    """A file's description and bytes; None when it is not there."""
    path = file.path
    if not is_plain(str(path)[1:]):
        raise Unavailable(f"{str(path)!a} cannot be backed up: name it without control characters")
    try:
        # A pipe that nobody writes into is not waited for.
        with open(
            path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)
        ) as opened:
            told = os.fstat(opened.fileno())
            raw = opened.read(FILE_BYTES_MAX + 1) if stat.S_ISREG(told.st_mode) else b""
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unavailable(
            f"{path} cannot be read: {error.strerror}; run this as root or as the user of the daemon"
        ) from error
    if not stat.S_ISREG(told.st_mode) or len(raw) > FILE_BYTES_MAX:
        raise Unavailable(f"{path} is no file, or is larger than {FILE_BYTES_MAX:,} bytes")
    digest = hashlib.sha256(raw).hexdigest()
    name = member_name(str(path), base)
    return _member(name, path, file.kind, told, digest, len(raw)), raw


def _store_member(store: Path, copy: Path) -> Member:
    digest = hashlib.sha256()
    with copy.open("rb") as file:
        for piece in iter(lambda: file.read(PIECE_BYTES), b""):
            digest.update(piece)
        size = os.fstat(file.fileno()).st_size
    store = Path(os.path.normpath(store.absolute()))
    return _member(f"store/{store.name}", store, "store", store.stat(), digest.hexdigest(), size)


def _member(
    name: str, path: Path, kind: Kind, told: os.stat_result, sha256: str, size: int
) -> Member:
    owner = group = ""
    with contextlib.suppress(KeyError):
        owner = pwd.getpwuid(told.st_uid).pw_name
    with contextlib.suppress(KeyError):
        group = grp.getgrgid(told.st_gid).gr_name
    return Member(
        name=name,
        path=str(path),
        kind=kind,
        mode=stat.S_IMODE(told.st_mode) & 0o777,
        owner=_known(owner),
        group=_known(group),
        size=size,
        sha256=sha256,
    )


def _known(name: str) -> Owner:
    """Users that a new machine has as well."""
    return cast("Owner", name) if name in ("root", "lora-gateway") else ""


def _check_room(store: Path, folder: Path, history: bool, files_bytes: int) -> None:
    needed = 2 * bytes_needed(store, history=history) + files_bytes + SPARE_BYTES
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise Unavailable(f"{folder} cannot be written to: {error.strerror}") from error
    if free < needed:
        raise Unavailable(
            f"{folder} has {free / 1e6:,.0f} MB free, and the backup needs {needed / 1e6:,.0f} MB while it"
            " is made: name a place on another disk"
            + (", or leave --history out" if history else "")
        )


@contextmanager
def _alone(folder: Path | None) -> Generator[None, None, None]:
    """While a backup is written into this folder: two of one name would write into one another's files."""
    if folder is None:
        yield
        return
    try:
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise Unavailable(f"{folder} cannot be written to: {error.strerror}") from error
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Unavailable(
                f"another backup is being written into {folder}; try again when it is done"
            ) from error
        except OSError:
            pass  # a file system without locks
        yield
    finally:
        os.close(held)


@contextmanager
def _copied(store: Path, copy: Path, history: bool, step: Step) -> Generator[Copied, None, None]:
    """A copy of the store at this place, checked, which is gone at the end."""
    try:
        # One name for all runs: what a killed one has left is written over by the next.
        copy.unlink(missing_ok=True)
        create(copy).close()
    except OSError as error:
        raise Unavailable(f"{copy.parent} cannot be written to: {error.strerror}") from error
    try:
        copied = copy_store(store, copy, history=history, step=step)
        if not _adds_up(copy):  # rot was marked in a page that was copied before
            copied = copy_store(store, copy, history=history, step=step)
        _check(copy)
        yield copied
    finally:
        copy.unlink(missing_ok=True)


def _check(copy: Path) -> None:
    with store_errors():
        connection = apsw.Connection(str(copy), flags=apsw.SQLITE_OPEN_READONLY)
        found = connection.execute("PRAGMA quick_check(1)").get
        connection.close()
    if found != "ok":
        raise StoreDamaged(f"the copy of the store is not whole: {found}; is the disk?")


@contextmanager
def _archive(out: Path | None) -> Generator[IO[bytes], None, None]:
    if out is not None:
        with new_file(out) as file:
            yield file
        return
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except OSError as error:
        raise Unavailable(f"standard output cannot be written: {error.strerror}") from error
