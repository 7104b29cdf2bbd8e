"""One step of what is said to a modem: the bytes, and how its answer is known."""

from collections.abc import Callable
from dataclasses import dataclass

TIMEOUT_S = 2.0
"""The slowest answer of the modems here is a write to flash, under 1 s; a line at 9600 baud adds 0.1 s."""

Judge = Callable[[bytes], bool | None]
"""Of a line or record: True, what was hoped for; False, an error; None, no answer to this step at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Said once, and once more when no answer comes."""

    say: bytes
    judge: Judge
    name: str = ""
    """What sentences for people call it; the text of `say` when left out."""
    remedy: str = "compare its firmware with the README of serial_line"
    """What a person can do when the modem answers with an error."""
    timeout_s: float = TIMEOUT_S
    instead: "Step | None" = None
    """Said when this one is refused or not answered: other firmware has another word for it."""
    required: bool = True
    """False where an error or no answer is as good as a yes."""
    stored: bool = False
    """The modem writes it to its flash memory, which wears out: see `flash_budget`."""
    reboots: bool = False
    """The modem starts anew while it obeys: its boot lines belong to the answer."""

    @property
    def title(self) -> str:
        """The step in a sentence for a person."""
        return self.name or self.say.decode("ascii", "replace").strip()


def line(text: str) -> bytes:
    """A command as text modems take it: ASCII, ended by CRLF."""
    return text.encode("ascii") + b"\r\n"


def answer(*good: bytes, bad: tuple[bytes, ...]) -> Judge:
    """A judge of lines by how they begin."""

    def judge(said: bytes) -> bool | None:
        if said.startswith(good):
            return True
        return False if said.startswith(bad) else None

    return judge
