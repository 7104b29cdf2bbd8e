"""The tar of a backup: written to its end before it gets its name, read with nothing of it believed.

Written: a new file of mode 0600 beside the place, flushed, and renamed; a power cut leaves the old one or the new
one. Read: only plain files, exactly those of the manifest, in its order, each with its size and SHA-256. A member
is given in pieces to a function of the caller, who puts nothing into its place before all have been read.
"""

import contextlib
import hashlib
import io
import os
import tarfile
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Self

from gateway.backup import manifest as description
from gateway.backup.manifest import MANIFEST, MANIFEST_BYTES_MAX, BadBackup, Manifest, Member
from gateway.errors import Unavailable

MODE = 0o600
PIECE_BYTES = 1 << 20
EXTENDED_BYTES_MAX = 64 * 1024
"""Of a header that extends another one, which tarfile reads whole: ours hold a long name."""

_EXTENDING = (
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
)  # fmt: skip

Step = Callable[[int, int], None]
"""Is told (done, of), in bytes."""
Take = Callable[[Member, Iterator[bytes]], None]


@contextmanager
def new_file(path: Path) -> Generator[IO[bytes], None, None]:
    """A file that has its name once it is whole and on disk; nothing is left of it otherwise.

    Raises:
        Unavailable: the disk refuses.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        with create(part) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def create(path: Path) -> IO[bytes]:
    """A new file for this user alone; what is there already, and be it a link, is an error.

    Raises:
        OSError: it is there, or cannot be made.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, MODE), "wb")


def sync_folder(folder: Path) -> None:
    """Put a folder's names on disk."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def pack(
    file: IO[bytes], manifest: Manifest, contents: Mapping[str, bytes], store: IO[bytes], step: Step
) -> None:
    """Write the manifest, the members of these contents, and the store.

    Raises:
        OSError: the archive cannot be written.
    """
    of = sum(member.size for member in manifest.members)
    with tarfile.open(
        fileobj=file, mode="w|", format=tarfile.PAX_FORMAT, bufsize=PIECE_BYTES
    ) as tar:
        raw = description.write(manifest)
        header = _header(MANIFEST, len(raw), MODE)
        header.pax_headers = {"comment": hashlib.sha256(raw).hexdigest()}
        tar.addfile(header, io.BytesIO(raw))
        for member in manifest.members[:-1]:
            header = _header(member.name, member.size, member.mode)
            tar.addfile(header, io.BytesIO(contents[member.name]))
        last = manifest.store
        watched = _Watched(store, lambda done: step(done, of))
        tar.addfile(_header(last.name, last.size, last.mode), watched)  # type: ignore[arg-type]


def _header(name: str, size: int, mode: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size = size
    header.mode = mode & 0o777
    return header


class _Watched:
    """A file that says how much of it was read."""

    def __init__(self, file: IO[bytes], tell: Callable[[int], None]) -> None:
        self._file = file
        self._tell = tell
        self._done = 0

    def read(self, size: int) -> bytes:
        """The next bytes."""
        piece = self._file.read(size)
        self._done += len(piece)
        self._tell(self._done)
        return piece


def unpack(file: IO[bytes], accept: Callable[[Manifest], Take], step: Step) -> Manifest:
    """Read a backup from its start to its end; `accept` sees the manifest first and may refuse.

    Raises:
        BadBackup: damaged, cut short, foreign, or not as its manifest says.
        Unavailable: it cannot be read.
    """
    try:
        with tarfile.open(fileobj=file, mode="r|", errorlevel=0, tarinfo=_Header) as tar:
            return _unpacked(tar, accept, step)
    except tarfile.TarError as error:
        raise BadBackup(f"is cut short, damaged, or no backup at all: {error}") from error
    except (UnicodeError, ValueError, OverflowError, EOFError) as error:
        raise BadBackup(f"is damaged: {error}") from error
    except (
        RecursionError
    ) as error:  # tarfile calls itself for each header that extends the next one
        raise BadBackup("is no backup of lora-gateway: its headers have no end") from error


class _Header(tarfile.TarInfo):
    """A header of which not more is read than one of ours can have."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Read the 512 bytes."""
        found = super().frombuf(buf, encoding, errors)
        if found.type in _EXTENDING and found.size > EXTENDED_BYTES_MAX:
            raise BadBackup("is no backup of lora-gateway: its headers are too long")
        return found


def _unpacked(tar: tarfile.TarFile, accept: Callable[[Manifest], Take], step: Step) -> Manifest:
    first = _next(tar)
    if first.name != MANIFEST or first.size > MANIFEST_BYTES_MAX:
        raise BadBackup("is no backup of lora-gateway: it does not begin with a manifest")
    raw = b"".join(_pieces(tar, first, "manifest.json"))
    as_made = first.pax_headers.get("comment")  # the first versions of this program wrote none
    if as_made is not None and as_made != hashlib.sha256(raw).hexdigest():
        raise BadBackup("is damaged: its manifest is not as it was when the backup was made")
    manifest = description.read(raw)
    take = accept(manifest)
    of = sum(member.size for member in manifest.members)
    done = 0
    for member in manifest.members:
        found = _next(tar)
        if found.name != member.name or found.size != member.size:
            raise BadBackup(f"holds {found.name[:80]!r} where its manifest says {member.name!r}")
        digest = hashlib.sha256()
        take(member, _hashed(_pieces(tar, found, member.name), digest.update))
        if digest.hexdigest() != member.sha256:
            raise BadBackup(f"is damaged: {member.name} is not as it was when the backup was made")
        done += member.size
        step(done, of)
    if tar.next() is not None:
        raise BadBackup("holds more than its manifest says")
    return manifest


def _next(tar: tarfile.TarFile) -> tarfile.TarInfo:
    found = tar.next()
    if found is None:
        raise BadBackup("is cut short")
    if not found.isreg() or found.issparse():
        raise BadBackup(f"holds {found.name[:80]!r}, which is no plain file")
    return found


def _pieces(tar: tarfile.TarFile, header: tarfile.TarInfo, name: str) -> Iterator[bytes]:
    opened = tar.extractfile(header)
    left = header.size
    while left:
        piece = opened.read(min(PIECE_BYTES, left)) if opened else b""
        if not piece:
            raise BadBackup(f"is cut short within {name}")
        left -= len(piece)
        yield piece


def _hashed(pieces: Iterator[bytes], update: Callable[[bytes], None]) -> Iterator[bytes]:
    for piece in pieces:
        update(piece)
        yield piece
