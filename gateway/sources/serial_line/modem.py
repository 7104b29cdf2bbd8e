"""What one kind of modem is: how its bytes are cut, what its lines mean, and what is said to it.

A modem is pure: no port, no clock, no log. `Conversation` holds one and gives it time and bytes.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

from gateway.sources.serial_line.said import Packet, Piece, Report, Unreadable
from gateway.sources.serial_line.step import Step

SyncWord = Literal["public", "private"]

PAYLOAD_BYTES_MAX = 255
"""The length field of a LoRa packet is one byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioSetup:
    """Everything that a receiver must be told to hear a transmission."""

    frequency_hz: int
    spreading_factor: int
    bandwidth_hz: int
    coding_rate: str = "4/5"
    """As "4/5". A packet's header tells it again, so a receiver set to another one hears it all the same."""

    @property
    def coding_step(self) -> int:
        """Coding rate as modems number it: 4/5 is 1, 4/8 is 4."""
        return int(self.coding_rate[2]) - 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ModemSettings:
    """What the configuration says about a modem."""

    radio: RadioSetup | None = None
    """None: the modem's radio is left as it is."""
    sync_word: SyncWord | None = None
    preamble_symbols: int | None = None
    network_id: int | None = None
    address: int | None = None
    rssi_byte: Literal["absent", "appended"] = "absent"
    idle_gap_s: float = 0.05


class Framer(Protocol):
    """Cuts a stream into lines or records, in bounded memory."""

    deadline: float | None
    """When `wake` is due, on the clock of the `now` arguments; None: not at all."""

    @abstractmethod
    def feed(self, chunk: bytes, now: float) -> list[Piece]:
        """What is complete now. Independent of how the stream was cut into chunks."""

    def wake(self, now: float) -> list[Piece]:  # noqa: ARG002 - for framers that do not wait for time
        """What is complete because nothing more came."""
        return []


class Modem(Protocol):
    """One kind of modem. `read` is what every modem must have; the rest has a default."""

    baud: ClassVar[int]
    """Its speed as delivered."""
    options: ClassVar[frozenset[str]] = frozenset()
    """Keys of the configuration that only some modems know, and this one does."""
    settle_s: ClassVar[float] = 0.2
    """How long it is left alone after the port was opened or it has started anew."""
    framer: Framer

    @abstractmethod
    def __init__(self, settings: ModemSettings) -> None:
        """Prepare.

        Raises:
            ValueError: it cannot be set to that; the message says to what it can.
        """

    @abstractmethod
    def read(self, said: bytes) -> tuple[Report, ...] | None:
        """What a line or record reports; None when it is no report, but perhaps an answer."""

    def steps(self) -> tuple[Step, ...]:
        """What makes it listen, in order. Said again, without the stored ones, when it has been quiet."""
        return ()

    def booted(self, said: bytes) -> bool:  # noqa: ARG002 - for modems that say nothing then
        """Whether a line tells that it has started anew and has forgotten what it was told."""
        return False

    def asked(self) -> tuple[Report, ...]:
        """What was held back until the steps of its last `Ask` were through."""
        return ()


def hex_packet(
    said: bytes, digits: bytes, rssi_dbm: float | None, snr_db: float | None
) -> Packet | Unreadable:
    """A packet whose payload was told as hex digits, as it stands in the line `said`."""
    try:
        payload = bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return Unreadable(said, "the payload is not made of pairs of hex digits")
    if len(digits) != 2 * len(payload) or len(payload) > PAYLOAD_BYTES_MAX:
        return Unreadable(said, f"the payload is not 0..{PAYLOAD_BYTES_MAX} pairs of hex digits")
    return Packet(payload, rssi_dbm, snr_db)
