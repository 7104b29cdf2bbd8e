"""Codecs' files: read when they are first needed, and again when they have changed."""

import stat
from dataclasses import dataclass
from pathlib import Path

from gateway.codec_worker.protocol import CODEC_BYTES_MAX


class Unreadable(Exception):
    """A codec's file cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Script:
    """A codec as it is in its file now."""

    number: int
    """Equal texts have equal numbers, whichever files they are in."""
    text: str


class CodecFiles:
    """The scripts by path."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[tuple[int, ...], Script]] = {}
        self._numbers: dict[str, int] = {}

    def script(self, path: Path) -> Script:
        """What is in the file now.

        Raises:
            Unreadable: it is missing, too long or no text.
        """
        try:
            found = path.stat()
            if not stat.S_ISREG(found.st_mode):
                raise Unreadable(f"{path} is no plain file")  # a pipe would hold up every codec
            mark = (found.st_mtime_ns, found.st_size, found.st_ino)
            known = self._known.get(path)
            if known is not None and known[0] == mark:
                return known[1]
            with path.open("rb") as file:
                raw = file.read(CODEC_BYTES_MAX + 1)
        except OSError as error:
            raise Unreadable(f"{path} cannot be read: {error.strerror}") from None
        if len(raw) > CODEC_BYTES_MAX:
            raise Unreadable(f"{path} is longer than {CODEC_BYTES_MAX // 1024} KiB")
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Unreadable(f"{path} is not UTF-8 text") from None
        script = Script(self._numbers.setdefault(text, len(self._numbers) + 1), text)
        self._known[path] = mark, script
        return script
