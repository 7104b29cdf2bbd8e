"""What goes over the air, and what one receiver makes of it: the value that every simulated gateway sends on.

A transmission has a channel and bytes. Each receiver in reach hears it as a hearing of its own, with its
own signal strength and its own microsecond counter.
"""

from dataclasses import dataclass
from typing import Literal

Crc = Literal["ok", "bad"]

COUNTER_MASK = 0xFFFF_FFFF
"""A concentrator's microsecond counter has 32 bits: it wraps each 71.6 minutes."""


@dataclass(frozen=True, slots=True)
class Channel:
    """Where and how a frame is sent. LoRa, coding rate 4/5."""

    index: int
    """The concentrator's IF channel, and the region's channel index."""
    frequency_hz: int
    spreading_factor: int = 7
    bandwidth_hz: int = 125_000


AS923_1 = tuple(Channel(i, 923_200_000 + 200_000 * i) for i in range(8))
"""Thailand's eight channels of 125 kHz: 923.2 to 924.6 MHz (RP002-1.0.3, plan AS_923_925)."""

EU868 = tuple(Channel(i, hz) for i, hz in enumerate((868_100_000, 868_300_000, 868_500_000)))
"""The three default channels of RP002-1.0.3."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """One reception of one transmission."""

    at: float
    """Unix time of the end of the frame."""
    phy: bytes
    channel: Channel
    receiver: str
    """Gateway EUI, 16 lower-case hex digits."""
    tmst: int
    """The receiver's microsecond counter."""
    rssi_dbm: int
    snr_db: float
    """In steps of 0.25 dB."""
    crc: Crc = "ok"


@dataclass(frozen=True, slots=True)
class Receiver:
    """A concentrator somewhere in the city."""

    eui: str
    started_at: float
    """Unix time at which its microsecond counter was 0."""

    def hear(
        self,
        at: float,
        phy: bytes,
        channel: Channel,
        *,
        rssi_dbm: int,
        snr_db: float,
        crc: Crc = "ok",
    ) -> Hearing:
        """What this receiver makes of a frame that ended at `at`."""
        tmst = int((at - self.started_at) * 1e6) & COUNTER_MASK
        return Hearing(at, phy, channel, self.eui, tmst, rssi_dbm, snr_db, crc)
