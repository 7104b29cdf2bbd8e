"""The recording on disk: read in chunks, with the place reached kept in a small file beside it.

    capture.jsonl            read only
    capture.jsonl.position   {"offset": 123456, "fingerprint": "9f86d0..."}

The offset is where the next unread line starts. The fingerprint is a SHA-256 over the first and the last
4 KiB before the offset, so that another file under the same name, or one rewritten, starts from its own
beginning, while one that was only appended to, moved or copied along with its place goes on.

The place is written to a new file, flushed and renamed: after a power cut it is the old or the new one.
"""

import hashlib
import os
from pathlib import Path

import msgspec

CHUNK_BYTES = 256 * 1024
_FINGERPRINT_BYTES = 4096


class _Place(msgspec.Struct):
    offset: int
    fingerprint: str


class RecordingFile:
    """An open recording. All methods block, and none may run beside another."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            OSError: there is no such file, or it may not be read.
        """
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        told = os.fstat(self._descriptor)
        self.size = told.st_size
        """Bytes when it was opened; what is appended later is for the next run."""
        self.mark = f"{told.st_mtime_ns:x}"
        """Tells this recording from others, to tell equal lines of both apart."""
        self._place_path = path.with_name(path.name + ".position")

    def read(self, offset: int) -> bytes:
        """The next bytes; empty at the end.

        Raises:
            OSError: the disk does not give them.
        """
        return os.pread(self._descriptor, min(CHUNK_BYTES, self.size - offset), offset)

    def place(self) -> int:
        """Where the last run stopped; 0 when there was none, it was in another file, or is not readable.

        Raises:
            OSError: the recording cannot be read.
        """
        try:
            place = msgspec.json.decode(self._place_path.read_bytes(), type=_Place)
        except (OSError, ValueError):
            return 0
        usable = 0 <= place.offset <= self.size
        return (
            place.offset if usable and place.fingerprint == self._fingerprint(place.offset) else 0
        )

    def keep_place(self, offset: int) -> None:
        """Keep where the next run starts.

        Raises:
            OSError: the folder may not be written, or is full.
        """
        place = _Place(offset, self._fingerprint(offset))
        new = self._place_path.with_name(self._place_path.name + ".new")
        with new.open("wb") as file:
            file.write(msgspec.json.encode(place) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._place_path)
        folder = os.open(self._place_path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def close(self) -> None:
        """Close it; it is not used again."""
        os.close(self._descriptor)

    def _fingerprint(self, offset: int) -> str:
        first = os.pread(self._descriptor, min(_FINGERPRINT_BYTES, offset), 0)
        behind = max(0, offset - _FINGERPRINT_BYTES)
        last = os.pread(self._descriptor, offset - behind, behind)
        return hashlib.sha256(first + last).hexdigest()
