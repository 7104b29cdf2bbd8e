"""Cuts a stream where it pauses: for modems that hand packets over without any mark between them.

    48 65 6c 6c 6f d9 ......... pause ......... 48 69 d8
    \\_____ a packet _/                          \\_ the next

The pause is measured between chunks, so it must be longer than what the operating system and a USB adapter
put between bytes of one packet (16 ms for an FTDI). Two packets closer than that become one.
"""

from gateway.sources.serial_line.modem import Framer
from gateway.sources.serial_line.said import Dropped, Piece

RECORD_BYTES_MAX = 512
"""The largest packet has 240 bytes and one of RSSI; a longer run without a pause has lost its borders."""


class IdleGap(Framer):
    """The runs of bytes between pauses of at least `gap_s`."""

    def __init__(self, gap_s: float) -> None:
        self.deadline: float | None = None
        self._gap_s = gap_s
        self._rest = bytearray()
        self._skipping = False

    def feed(self, chunk: bytes, now: float) -> list[Piece]:
        """The run that had ended before this chunk came, if the timer was late."""
        pieces = self.wake(now)
        self.deadline = now + self._gap_s
        if self._skipping:
            return pieces
        if len(self._rest) + len(chunk) > RECORD_BYTES_MAX:
            self._rest.clear()
            self._skipping = True
            pieces.append(Dropped("records_too_long"))
        else:
            self._rest += chunk
        return pieces

    def wake(self, now: float) -> list[Piece]:
        """The run that the pause has ended."""
        if self.deadline is None or now < self.deadline:
            return []
        record = bytes(self._rest)
        self._rest.clear()
        self._skipping = False
        self.deadline = None
        return [record] if record else []
