"""Cuts a stream into lines, as most modems write them: text, ended by CRLF or LF.

    garbage +EVT:RXP2P:-2 +EVT:RXP2P:-30:5:4142 CRLF
                          ^ the line is read from its last marker on; what is before it was cut short

A line that grows too long is given up and everything up to its end dropped, so a stream of garbage costs
one line of memory. Blanks, CR and the zero bytes that a starting modem leaves on the wire are stripped.
"""

from gateway.sources.serial_line.framing.limits import LINE_BYTES_MAX
from gateway.sources.serial_line.modem import Framer
from gateway.sources.serial_line.said import Dropped, Piece

_BLANKS = b"\r\t \0"


class Lines(Framer):
    """The lines of a stream, without their ends; empty ones are left out."""

    def __init__(self, *, marker: bytes = b"", bytes_max: int = LINE_BYTES_MAX) -> None:
        self.deadline: float | None = None
        self._marker = marker
        """What each report begins with and none contains; b"" when there is no such thing."""
        self._bytes_max = bytes_max
        self._rest = bytearray()
        self._skipping = False

    def feed(self, chunk: bytes, now: float) -> list[Piece]:  # noqa: ARG002 - lines need no time
        """The lines that end in this chunk."""
        pieces: list[Piece] = []
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            self._append(end, pieces)
            if not self._skipping:
                self._take_line(pieces)
            self._skipping = False
        self._append(rest, pieces)
        return pieces

    def _append(self, part: bytes, pieces: list[Piece]) -> None:
        if self._skipping:
            return
        if len(self._rest) + len(part) > self._bytes_max:
            self._rest.clear()
            self._skipping = True
            pieces.append(Dropped("lines_too_long"))
        else:
            self._rest += part

    def _take_line(self, pieces: list[Piece]) -> None:
        line = bytes(self._rest).strip(_BLANKS)
        self._rest.clear()
        at = line.rfind(self._marker) if self._marker else 0
        if at > 0:
            pieces.append(Dropped("lines_broken"))
            line = line[at:]
        if line:
            pieces.append(line)
