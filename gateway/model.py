"""The nouns of the flow: frozen values without behaviour, in the order in which the flow makes them.

They are msgspec structs, not dataclasses: making one costs about 0.1 µs, and several are made per frame
(docs/decisions/0003-structs-on-the-hot-path.md).
"""

from typing import Literal

from msgspec import Struct

from decoders.contract import FieldValue

Crc = Literal["ok", "bad", "none"]
"""What the receiver says of the radio CRC; "none" when the frame had none or the receiver does not tell."""

Modulation = Literal["LORA", "FSK", "LR_FHSS"]

REFUSALS = frozenset({
    "malformed", "not_lorawan", "bad_crc", "unknown_device", "no_session", "bad_mic", "replayed",
    "f_cnt_conflict", "no_decoder", "wrong_port", "wrong_length", "unknown_layout", "clock_not_set",
    "f_cnt_reset", "codec_error", "codec_timeout", "type_conflict", "store_full",
})  # fmt: skip
"""Reason codes of frames that became no reading. Users filter and alert on them."""

OUTCOMES = frozenset({
    "uplink", "late", "repeated", "redelivered", "join", "mac_only", "undecoded", "undecided",
})  # fmt: skip
"""Outcomes that refuse nothing."""

BECAME = ">"
"""In the outcome of a row that amends another one: "undecoded>uplink" is what that was, and is now."""


class Stamp(Struct, frozen=True, gc=False):
    """When this machine received something, by both of its clocks."""

    wall_ns: int
    """Unix time in ns by this machine's wall clock."""
    boot_ns: int
    """CLOCK_BOOTTIME in ns: counts through suspend, never jumps."""
    trusted: bool
    """Whether the wall clock was known to be right at that moment."""


class Radio(Struct, frozen=True, gc=False, array_like=True):
    """How a frame was modulated. The same for all of its receptions."""

    frequency_hz: int | None = None
    modulation: Modulation = "LORA"
    spreading_factor: int | None = None
    """5..12, LoRa only."""
    bandwidth_hz: int | None = None
    """LoRa bandwidth or LR-FHSS operating channel width."""
    bit_rate: int | None = None
    """FSK only, bits/s."""
    coding_rate: str | None = None
    """As "4/5"."""


class Reception(Struct, frozen=True, gc=False, array_like=True):
    """One hearing of a frame: which receiver, how well, and the receiver's own stamp of it."""

    receiver: str
    """Gateway EUI in 16 lower-case hex digits; for a serial modem its source's name."""
    antenna: int = 0
    rssi_dbm: float | None = None
    snr_db: float | None = None
    channel: int | None = None
    stamp: str = ""
    """What makes this hearing unlike any other of this receiver: tmst, context or uplink id, else "". """


class Frame(Struct, frozen=True, gc=False):
    """A PHYPayload, or a plain LoRa payload, as one receiver heard it."""

    source: str
    """The configured name of the source it came through."""
    phy: bytes
    radio: Radio
    receptions: tuple[Reception, ...]
    """At least one. More than one when the message tells several antennas of the receiver apart."""
    received: Stamp
    crc: Crc = "ok"
    gateway_time_ns: int | None = None
    """The gateway's own wall time of the frame, Unix ns; None when it gives none."""
    gps_time_ns: int | None = None
    """The concentrator's GPS time of the frame as Unix ns, leap seconds taken off."""
    address: int | None = None
    """The sender's address where a modem reports one (plain LoRa)."""
    live: bool = True
    """False when the frame may have waited in a queue on its way here (a broker, a file)."""
    recorded: bool = False
    """True when it comes from a recording: its times are kept without bounds."""


class ApplicationUplink(Struct, frozen=True, gc=False):
    """An uplink that a network server has authenticated and decrypted already."""

    source: str
    server: Literal["chirpstack", "the_things_stack"]
    event_id: str
    """The server's own id of the event; equal ids are one event delivered twice. "" when it gives none."""
    session_id: str
    """The server's id of the session; "" when it gives none."""
    dev_eui: str
    """16 lower-case hex digits."""
    dev_addr: str
    """8 lower-case hex digits; "" when the event does not carry it."""
    f_cnt: int
    f_port: int | None
    payload: bytes
    """The decrypted FRMPayload."""
    object_json: bytes | None
    """What the server's codec made of it, as JSON text; None when it has none."""
    radio: Radio
    receptions: tuple[Reception, ...]
    received: Stamp
    gateway_time_ns: int | None = None
    """The gateway's, else the server's, time of the uplink, Unix ns."""
    gps_time_ns: int | None = None
    live: bool = False
    recorded: bool = False


class Malformed(Struct, frozen=True, gc=False):
    """A message that holds no frame that could be read."""

    source: str
    raw: bytes
    sentence: str
    """What is wrong with it, for a person."""
    received: Stamp


Heard = Frame | ApplicationUplink | Malformed
"""What a source hands over. Every one is counted as heard, and ends in exactly one outcome."""


class ReceiverReport(Struct, frozen=True, gc=False):
    """What a gateway says of itself now and then (`stat`, `stats`): no frame, counted and shown in status."""

    source: str
    receiver: str
    received: Stamp
    figures: dict[str, float | str]


class Series(Struct, frozen=True):
    """What an InfluxDB series and its fields are: everything of a reading but its time and values."""

    measurement: str
    tags: tuple[tuple[str, str], ...]
    """Sorted by name, none empty."""
    fields: tuple[str, ...]
    """Names, in the order of `Reading.values`."""


class Reading(Struct, frozen=True):
    """One InfluxDB point to be. `Reading.series` is shared between readings of one shape."""

    series: Series
    time_ns: int
    """Unix ns, a whole number of milliseconds."""
    values: tuple[FieldValue, ...]
    seq: int = 0
    """The frame row it came from; 0 before it is committed."""
    index: int = 0
    """Its place among the readings of that row."""


class Record(Struct, frozen=True, gc=False):
    """What the store keeps of one hearing: what was heard, what it turned out to be, what it gave."""

    heard: Heard
    outcome: str
    """One of OUTCOMES or REFUSALS."""
    device: str | None = None
    """The device's configured name, as far as it is known."""
    readings: tuple[Reading, ...] = ()
    sentence: str | None = None
    """Why it was refused, for a person."""
    session: int | None = None
    """The store's id of the session."""
    f_cnt: int | None = None
    """The whole 32-bit counter."""
    about: int | None = None
    """The seq of the row that this one adds to."""
    held: bool = False
    """Its readings' times wait for a trusted clock: no sink gets them yet."""


class Undecoded(Struct, frozen=True, gc=False):
    """A kept hearing whose payload waits for a codec."""

    seq: int
    """The row that brings it up: its own, or the one that gave it its time when it was held for the clock."""
    about: int
    """Its own row."""
    record: Record
    """As it was heard; of a sealed row without its readings."""
    received: Stamp
    """When it was received, as far as that is known now."""
    time_ns: int | None
    """The uplink's time; None when no link reading tells it."""
    held: bool
    """It had waited for the clock; `received.trusted` says whether that was set then."""


class SessionState(Struct, frozen=True, gc=False):
    """A session as the store keeps it. No keys: only their fingerprint."""

    id: int
    dev_addr: str
    fingerprint: str
    epoch: int
    device: str
    flushed: int
    """The newest row that `state` knows of."""
    state: bytes | None


class Rejection(Struct, frozen=True, gc=False):
    """One reading that a sink refused for good."""

    index: int
    """Its place in the batch."""
    status: int
    """The HTTP status, 0 when the sink itself refused it before sending."""
    text: str
    """The server's own words, shortened to 500 characters."""
    expired: bool = False
    """True when it is only older than the server keeps: counted, not a dead letter."""


class Verdict(Struct, frozen=True, gc=False):
    """What came of each reading of a batch: named in `rejected`, named in `kept`, or else accepted."""

    rejected: tuple[Rejection, ...] = ()
    kept: tuple[int, ...] = ()
    """Places in the batch that were not taken yet and shall be offered again."""
