"""Cuts the stream of a Reyax module into lines and packet records.

    +RCV=50,5,HELLO,-99,40\\r\\n         address, length, data, RSSI, SNR
             |   |
             |   exactly this many bytes, whatever they are: commas, CR and LF too
             1..3 digits

So a record is cut by its length, and every other line by its end. A record whose bytes do not end as they
must has lost some: it is given up, with its text, up to the next line or `+RCV=`. One that does not go on
for a second is given up too, so that it cannot swallow the packets after it.

Source: REYAX RYLR998 and RYLR498 LoRa AT command guide, +RCV.
"""

import re

from gateway.sources.serial_line.framing.limits import LINE_BYTES_MAX
from gateway.sources.serial_line.modem import Framer
from gateway.sources.serial_line.said import Dropped, Piece, Unreadable

GIVE_UP_S = 1.0
"""The longest record takes 0.3 s at 9600 baud, and the module writes it in one go."""
DATA_BYTES_MAX = 240

_MARKER = b"+RCV="
_HEADER = re.compile(rb"\+RCV=(\d{1,5}),(\d{1,3}),", re.ASCII)
_HEADER_BYTES_MAX = len("+RCV=65535,240,")
_TAIL = re.compile(rb",-?\d{1,4},-?\d{1,4}\r?\n", re.ASCII)
_TAIL_BYTES_MAX = len(",-1234,-1234\r\n")
_TAIL_BYTES = frozenset(b",-0123456789\r")


class ReyaxRecords(Framer):
    """Records from `+RCV=` to the digits of the SNR, and lines, both without their ends."""

    def __init__(self) -> None:
        self.deadline: float | None = None
        self._buffer = bytearray()
        self._skipping = False

    def feed(self, chunk: bytes, now: float) -> list[Piece]:
        """What ends in this chunk."""
        self._buffer += chunk
        pieces: list[Piece] = []
        while self._cut(pieces):
            pass
        self.deadline = now + GIVE_UP_S if self._buffer.startswith(_MARKER) else None
        return pieces

    def wake(self, now: float) -> list[Piece]:
        """What is given up because its rest did not come."""
        pieces: list[Piece] = []
        if self.deadline is None or now < self.deadline:
            return pieces
        while self._buffer.startswith(_MARKER):
            self._give_up(self._next_start() or len(self._buffer), pieces)
            while self._cut(pieces):
                pass
        self.deadline = None
        return pieces

    def _cut(self, pieces: list[Piece]) -> bool:
        """Move one piece out of the buffer; False when more bytes are needed."""
        if self._skipping:
            return self._skip()
        if self._buffer.startswith(_MARKER):
            end = _record_end(self._buffer)
            if end > 0:
                pieces.append(bytes(self._buffer[:end]).rstrip(b"\r\n"))
                del self._buffer[:end]
                return True
            if end == _MORE:
                return False
        return self._cut_line(pieces)

    def _cut_line(self, pieces: list[Piece]) -> bool:
        end = self._next_start()
        if end > LINE_BYTES_MAX or (not end and len(self._buffer) > LINE_BYTES_MAX):
            pieces.append(Dropped("lines_too_long"))
            self._skipping = True
            return True
        if not end:
            return False
        if self._buffer.startswith(_MARKER):
            self._give_up(end, pieces)
            return True
        line = bytes(self._buffer[:end])
        del self._buffer[:end]
        if not line.endswith(b"\n"):
            pieces.append(Dropped("lines_broken"))
        elif text := line.strip(b"\r\n\t \0"):
            pieces.append(text)
        return True

    def _next_start(self) -> int:
        """Where the next line or record begins; 0 when that is not known yet."""
        line = self._buffer.find(b"\n") + 1
        record = self._buffer.find(_MARKER, 1, LINE_BYTES_MAX)
        if record > 0 and (not line or record < line):
            return record
        return line

    def _give_up(self, end: int, pieces: list[Piece]) -> None:
        raw = bytes(self._buffer[:end]).rstrip(b"\r\n")
        del self._buffer[:end]
        pieces.append(Unreadable(raw, "its length does not fit its data: bytes were lost"))

    def _skip(self) -> bool:
        end = self._buffer.find(b"\n") + 1
        self._skipping = not end
        del self._buffer[: end or len(self._buffer)]
        return bool(end)


_MORE = 0
_BROKEN = -1


def _record_end(buffer: bytearray) -> int:
    """Where the record at the start of the buffer ends; else whether it may still end, or cannot."""
    header = _HEADER.match(buffer)
    if header is None:
        cut_short = len(buffer) < _HEADER_BYTES_MAX and b"\n" not in buffer
        return _MORE if cut_short else _BROKEN
    length = int(header[2])
    if length > DATA_BYTES_MAX:
        return _BROKEN
    at = header.end() + length
    tail = bytes(buffer[at : at + _TAIL_BYTES_MAX])
    end = tail.find(b"\n") + 1
    if end:
        return at + end if _TAIL.fullmatch(tail, 0, end) else _BROKEN
    possible = len(tail) < _TAIL_BYTES_MAX and _TAIL_BYTES.issuperset(tail)
    return _MORE if possible else _BROKEN
