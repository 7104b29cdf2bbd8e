"""Cuts a stream into KISS frames, and writes them.

    C0 | command | data ... | C0          FEND around each frame, shared or doubled between neighbours
    in command and data:  C0 is written DB DC,  DB is written DB DD

Source: KISS as by Chepponis and Karn, 1987. An escape of anything else, or one cut short, marks a frame in
which bytes were lost: it is dropped.
"""

from gateway.sources.serial_line.framing.limits import KISS_BYTES_MAX
from gateway.sources.serial_line.modem import Framer
from gateway.sources.serial_line.said import Dropped, Piece

FEND = b"\xc0"
FESC = b"\xdb"
_ESCAPES = {0xDC: FEND, 0xDD: FESC}


def kiss_frame(command: int, data: bytes) -> bytes:
    """A frame as it goes over the line."""
    content = bytes([command]) + data
    escaped = content.replace(FESC, FESC + b"\xdd").replace(FEND, FESC + b"\xdc")
    return FEND + escaped + FEND


class Kiss(Framer):
    """The frames of a stream: command byte and data, unescaped."""

    def __init__(self) -> None:
        self.deadline: float | None = None
        self._rest = bytearray()
        self._skipping = False

    def feed(self, chunk: bytes, now: float) -> list[Piece]:  # noqa: ARG002 - frames need no time
        """The frames that end in this chunk."""
        pieces: list[Piece] = []
        *ends, rest = chunk.split(FEND)
        for end in ends:
            self._append(end, pieces)
            if self._rest:
                pieces.append(_unescaped(bytes(self._rest)))
            self._rest.clear()
            self._skipping = False
        self._append(rest, pieces)
        return pieces

    def _append(self, part: bytes, pieces: list[Piece]) -> None:
        if self._skipping:
            return
        if len(self._rest) + len(part) > KISS_BYTES_MAX:
            self._rest.clear()
            self._skipping = True
            pieces.append(Dropped("frames_too_long"))
        else:
            self._rest += part


def _unescaped(escaped: bytes) -> Piece:
    first, *others = escaped.split(FESC)
    frame = bytearray(first)
    for part in others:
        if not part or part[0] not in _ESCAPES:
            return Dropped("frames_broken")
        frame += _ESCAPES[part[0]]
        frame += part[1:]
    return bytes(frame)
