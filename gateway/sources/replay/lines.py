"""A file's bytes as lines with their places in it. Pure.

    chunk   ...one line\\nanother li | ne\\na third\\n...
    Line    start, end (behind its \\n), text without \\n and \\r

A line longer than a megabyte is no JSON line of a radio frame but a file of another kind: its beginning is
kept, the rest is passed over without being held in memory.
"""

from collections.abc import Iterator

from msgspec import Struct

LINE_BYTES_MAX = 1024 * 1024
KEPT_BYTES = 4096
"""Of a line that is too long."""


class Line(Struct, frozen=True, gc=False):
    """One line of the file."""

    start: int
    """Byte offset of its first byte."""
    end: int
    """Byte offset behind its line feed, where the next line starts."""
    text: bytes
    is_whole: bool = True
    """False when `text` is only the beginning of a line that is too long."""


class LineCutter:
    """Cuts chunks into lines."""

    def __init__(self, offset: int) -> None:
        self._start = offset
        self._rest = b""
        self._passed_over = 0
        """Bytes of a line that is too long, beyond the beginning that is in `_rest`."""

    def feed(self, chunk: bytes) -> Iterator[Line]:
        """The lines that end in this chunk."""
        *ended, rest = chunk.split(b"\n")
        for text in ended:
            self._hold(text)
            yield self._cut(1)
        self._hold(rest)

    def end(self) -> Iterator[Line]:
        """The last line, where the file does not end with a line feed."""
        if self._rest:
            yield self._cut(0)

    def _hold(self, text: bytes) -> None:
        if self._passed_over:
            self._passed_over += len(text)
            return
        self._rest += text
        if len(self._rest) > LINE_BYTES_MAX:
            self._passed_over = len(self._rest) - KEPT_BYTES
            self._rest = self._rest[:KEPT_BYTES]

    def _cut(self, line_feed: int) -> Line:
        end = self._start + len(self._rest) + self._passed_over + line_feed
        line = Line(self._start, end, self._rest.rstrip(b"\r"), not self._passed_over)
        self._start, self._rest, self._passed_over = end, b"", 0
        return line
