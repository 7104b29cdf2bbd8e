"""Milesight's payloads: items of channel, type and value, one after the other.

    byte    0         1      2...
            channel   type   value      then the next item

    03 67 34 01     channel 03, type 67: temperature, int16, 0.1 °C          -> 30.8 °C
    20 ce           a stored record: Unix time (u32), then the model's values in a fixed layout
    ff xx           what the device says of itself: versions, serial number, start
    fe xx, ff xx    the answer to a setting that was sent to the device

Integers are little-endian. There is no length byte: what an item means, and so where the next begins,
depends on channel, type and model. Hence a table per model, and an item that is not in it refuses the
payload, because nothing after it could be told.

The FPort is 85 unless someone set another in the device ("application port"): every application port is
taken. Source: Milesight's user guides, and its codecs in TheThingsNetwork/lorawan-devices (Apache-2.0).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from decoders.contract import About, Decoded, Decoder, Quantity
from decoders.device_time import stored_time
from decoders.findings import Findings
from decoders.record import Record
from decoders.refusals import APPLICATION_PORTS, unknown_layout, wrong_length, wrong_port
from decoders.vendors.milesight.attributes import ANSWER, ATTRIBUTES, DEVICE, Answer

TAG_BYTES = 2
STORED_TYPE = 0xCE
ANSWER_CHANNELS = (0xFE, 0xFF)


class Gathered:
    """What the items of one payload said so far."""

    __slots__ = ("device", "live", "received_at", "stored")

    def __init__(self, received_at: datetime | None) -> None:
        self.received_at = received_at
        self.live = Findings()
        self.device = Findings()
        self.stored: list[tuple[Findings, datetime]] = []


class Entry(Protocol):
    """An item of a table: knows where its value ends."""

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What it can give."""
        ...

    def read(self, payload: bytes, at: int, gathered: Gathered) -> int:
        """Read the value that begins at `at`; gives where it ends, maybe beyond the payload's end."""
        ...


@dataclass(frozen=True, slots=True)
class Live:
    """An item of the moment: one record of fixed length."""

    record: Record

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What the record gives."""
        return self.record.quantities

    def read(self, payload: bytes, at: int, gathered: Gathered) -> int:
        """Note what the record says."""
        end = at + self.record.size_bytes
        if end <= len(payload):
            self.record.read(payload, at, gathered.live)
        return end


@dataclass(frozen=True, slots=True)
class Stored:
    """A record that the device kept: its time (u32, Unix), then its values."""

    record: Record

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What the record gives."""
        return self.record.quantities

    def read(self, payload: bytes, at: int, gathered: Gathered) -> int:
        """Note a reading of its own, with its time."""
        end = at + 4 + self.record.size_bytes
        if end <= len(payload):
            unix_s = int.from_bytes(payload[at : at + 4], "little")
            findings = Findings()
            self.record.read(payload, at + 4, findings)
            gathered.stored.append((findings, stored_time(unix_s, gathered.received_at)))
        return end


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One family of models."""

    models: tuple[str, ...]
    """As Milesight calls them; `milesight_<model>` is the decoder's name."""
    measurement: str
    entries: Mapping[str, Record | Entry]
    """By channel and type, such as "03 67"."""
    answers: Mapping[int, int] = field(default_factory=dict)
    """Bytes after fe xx or ff xx, by xx, of the settings that these models answer."""
    source: str


def decoders_of(table: Table) -> tuple[Decoder, ...]:
    """A decoder for each model of the table."""
    reader = TlvReader(table)
    return tuple(
        Decoder(
            name=name,
            f_ports=APPLICATION_PORTS,
            quantities=reader.quantities,
            decode=reader.named(name),
            clock_ports=APPLICATION_PORTS if reader.stores else frozenset(),
            about=About(
                vendor="Milesight",
                models=(model,),
                measurements=(table.measurement, DEVICE),
                source=table.source,
            ),
        )
        for model, name in ((model, decoder_name(model)) for model in table.models)
    )


def decoder_name(model: str) -> str:
    """`milesight_am307` of AM307, `milesight_em300_th` of EM300-TH."""
    return "milesight_" + model.lower().replace("-", "_")


class TlvReader:
    """Reads the payloads of one table. It keeps nothing of them."""

    __slots__ = ("_entries", "_measurement", "_singles", "stores")

    def __init__(self, table: Table) -> None:
        self._measurement = table.measurement
        self._entries: dict[bytes, Entry] = dict(ATTRIBUTES)
        for code, size_bytes in table.answers.items():
            for channel in ANSWER_CHANNELS:
                self._entries[bytes((channel, code))] = Answer(code, size_bytes)
        for key, entry in table.entries.items():
            made: Entry = Live(entry) if isinstance(entry, Record) else entry
            self._entries[bytes.fromhex(key)] = made
        self._singles = {
            tag: (entry.record.size_bytes, *entry.record.single)
            for tag, entry in self._entries.items()
            if isinstance(entry, Live) and entry.record.single
        }
        """Most items are one number: (bytes, unpack, take), read without further calls."""
        self.stores = any(tag[1] == STORED_TYPE for tag in self._entries)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Everything that a payload can give: what is measured, then what the device says of itself."""
        in_order = sorted(self._entries.items(), key=lambda item: item[0][0] >= ANSWER_CHANNELS[0])
        found = {q.name: q for _, entry in in_order for q in entry.quantities}
        found[ANSWER.name] = ANSWER
        return tuple(found.values())

    def named(self, name: str) -> "Reading":
        """The decode function of one model."""
        return Reading(name, self)

    def read(self, payload: bytes, received_at: datetime | None, name: str) -> Gathered:
        """Read all items.

        Raises:
            DecodeRefused: unknown_layout, wrong_length or clock_not_set.
        """
        gathered = Gathered(received_at)
        live, singles, at, end = gathered.live, self._singles, 0, len(payload)
        if not end:
            raise wrong_length(name, 0, "an item of channel, type and value")
        while at < end:
            tag = payload[at : at + TAG_BYTES]
            single = singles.get(tag)
            if single is not None:
                size_bytes, unpack, take = single
                after = at + TAG_BYTES + size_bytes
                if after <= end:
                    take(unpack(payload, at + TAG_BYTES)[0], live)
            else:
                entry = self._entries.get(tag)
                if entry is None:
                    raise _unknown(name, tag, at)
                after = entry.read(payload, at + TAG_BYTES, gathered)
            if after > end:
                raise wrong_length(
                    f"item {tag.hex()} at byte {at}", end - at, f"{after - at}: it is cut short"
                )
            at = after
        return gathered

    def readings(self, gathered: Gathered) -> tuple[Decoded, ...]:
        """The reading of the moment, that of the device itself, and what it kept, in this order."""
        made = []
        if gathered.live.fields or gathered.live.unread:
            made.append(gathered.live.reading(self._measurement))
        if gathered.device.fields:
            made.append(gathered.device.reading(DEVICE))
        for findings, time in gathered.stored:
            made.append(findings.reading(self._measurement, time=time))
        return tuple(made)


@dataclass(frozen=True, slots=True)
class Reading:
    """The decode function of one model: the table's reader under the model's name."""

    name: str
    reader: TlvReader

    def __call__(
        self, f_port: int, payload: bytes, received_at: datetime | None
    ) -> tuple[Decoded, ...]:
        """Read a payload.

        Raises:
            DecodeRefused: wrong_port, wrong_length, unknown_layout or clock_not_set.
        """
        if f_port not in APPLICATION_PORTS:
            raise wrong_port(self.name, f_port, APPLICATION_PORTS)
        return self.reader.readings(self.reader.read(payload, received_at, self.name))


def _unknown(name: str, tag: bytes, at: int) -> Exception:
    if len(tag) < TAG_BYTES:
        return wrong_length(f"the item at byte {at}", len(tag), "a channel, a type and a value")
    return unknown_layout(f"byte {at}: {name} has no channel 0x{tag[0]:02x} of type 0x{tag[1]:02x}")
