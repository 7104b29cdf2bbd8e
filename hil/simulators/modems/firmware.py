"""What all simulated modems share: bytes from the host in, bytes to the host out.

A simulated modem is its firmware only. `terminal` connects it to a pseudo-terminal; a test may also call it
directly.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable

CRLF = b"\r\n"


class Firmware(ABC):
    """A modem between its UART and its antenna."""

    def __init__(self) -> None:
        self.commands: list[str] = []
        """What the host said, in order."""
        self.listening = False

    @abstractmethod
    def hear(self, chunk: bytes) -> bytes:
        """What the modem answers to bytes from the host."""

    @abstractmethod
    def hand_over(self, payload: bytes, rssi_dbm: int, snr_db: int) -> bytes:
        """What the modem writes for a packet that it hears."""

    def power_on(self) -> bytes:
        """Start anew, as after a reset: what was not saved is lost, and the boot lines are written."""
        self.listening = False
        return b""

    def receive(self, payload: bytes, rssi_dbm: int, snr_db: int) -> bytes:
        """A packet is on the air; b"" when the modem does not listen."""
        return self.hand_over(payload, rssi_dbm, snr_db) if self.listening else b""

    def mishear(self) -> bytes:
        """A packet with a wrong CRC is on the air; most modems say nothing."""
        return b""


class TextFirmware(Firmware):
    """A modem that is told lines of text."""

    def __init__(self) -> None:
        super().__init__()
        self.replies: dict[str, str] = {}
        """Answers that differ from this model's own, by command: other firmware, or a fault. "" is silence."""
        self._line = bytearray()

    def hear(self, chunk: bytes) -> bytes:
        """The answers to the lines that this chunk completes."""
        self._line += chunk
        answers = b""
        while b"\n" in self._line:
            line, _, rest = bytes(self._line).partition(b"\n")
            self._line[:] = rest
            command = line.decode("ascii").rstrip("\r")
            self.commands.append(command)
            answers += self._answer(command)
        return answers

    @abstractmethod
    def obey(self, command: str) -> Iterable[str]:
        """The lines that answer a command."""

    def _answer(self, command: str) -> bytes:
        given = self.replies.get(command)
        lines = self.obey(command) if given is None else [given] if given else []
        return b"".join(line.encode("ascii") + CRLF for line in lines)
