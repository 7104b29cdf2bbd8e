"""What a modem can tell: the values that the bytes of a port become.

`Report` is what one line or record means, told by a modem's own file. `Event` is what leaves the
conversation with it: the same, and how the conversation itself goes.
"""

from msgspec import Struct

from gateway.model import Crc, Modulation
from gateway.sources.serial_line.step import Step


class Packet(Struct, frozen=True, gc=False):
    """One packet from the air, with what the modem says of it."""

    payload: bytes
    rssi_dbm: float | None = None
    snr_db: float | None = None
    address: int | None = None
    """The sender's address, where the modem's radio header has one."""
    crc: Crc = "ok"
    """"ok" for modems that keep packets with a wrong CRC to themselves, "none" where that is not known."""
    modulation: Modulation = "LORA"


class JsonLine(Struct, frozen=True, gc=False):
    """A line that holds frames as JSON, with radio settings of its own."""

    raw: bytes


class Unreadable(Struct, frozen=True, gc=False):
    """A report of a packet that cannot be read. It counts as heard, and its bytes are kept."""

    raw: bytes
    sentence: str


class Dropped(Struct, frozen=True, gc=False):
    """Something that is only counted."""

    counter: str
    by: int = 1


class Ask(Struct, frozen=True):
    """What has to be said to the modem now, so that it goes on listening."""

    steps: tuple[Step, ...]


class Ready(Struct, frozen=True, gc=False):
    """The modem did what it was told, and listens."""


class Refusal(Struct, frozen=True, gc=False):
    """The modem answers, but with an error. It may still deliver packets."""

    sentence: str


class Silence(Struct, frozen=True, gc=False):
    """The modem does not answer. It may still deliver packets."""

    sentence: str


Report = Packet | JsonLine | Unreadable | Dropped | Ask
Event = Packet | JsonLine | Unreadable | Dropped | Ready | Refusal | Silence
Piece = bytes | Unreadable | Dropped
"""What a framer makes of the stream: whole lines or records, and what could not become one."""
