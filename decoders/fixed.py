"""Decoders of fixed layouts: a port, a length, and a record that begins at byte 0.

What is to be known of a payload is checked in this order: port, length, what its bytes say of the layout.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from decoders.contract import About, Decoded, Decoder, Quantity
from decoders.device_time import stored_time
from decoders.findings import Findings
from decoders.record import Record
from decoders.refusals import unknown_layout, wrong_length, wrong_port


@dataclass(frozen=True, slots=True)
class OneRecord:
    """One record, which is all of the payload."""

    measurement: str
    record: Record

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What the record gives."""
        return self.record.quantities

    def read(self, payload: bytes, name: str, received_at: datetime | None) -> tuple[Decoded, ...]:  # noqa: ARG002
        """Read the record as one reading."""
        if len(payload) != self.record.size_bytes:
            raise wrong_length(name, len(payload), self.record.size_bytes)
        findings = Findings()
        self.record.read(payload, 0, findings)
        return (findings.reading(self.measurement),)


@dataclass(frozen=True, slots=True)
class Choice:
    """Layouts of one length, told apart by what some byte says."""

    size_bytes: int
    what: str
    """For the refusal: "byte 2, the working mode"."""
    chosen_by: Callable[[bytes], int]
    layouts: Mapping[int, OneRecord]
    unsupported: Mapping[int, str] = field(default_factory=dict)
    """Layouts that are known and carry no measurement, and what they are."""

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What any of the layouts gives."""
        return tuple(chain.from_iterable(layout.quantities for layout in self.layouts.values()))

    def read(self, payload: bytes, name: str, received_at: datetime | None) -> tuple[Decoded, ...]:
        """Read the record of the layout that the payload names."""
        if len(payload) != self.size_bytes:
            raise wrong_length(name, len(payload), self.size_bytes)
        number = self.chosen_by(payload)
        layout = self.layouts.get(number)
        if layout is None:
            reason = self.unsupported.get(number)
            known = f"expected one of {sorted(self.layouts)}"
            raise unknown_layout(
                f"{self.what} is {number}, {reason or 'which is unknown'}; {known}"
            )
        return layout.read(payload, name, received_at)


@dataclass(frozen=True, slots=True)
class StoredRecords:
    """Stored records of one length, each with its time (u32, Unix, big-endian) at the same place."""

    measurement: str
    record: Record
    time_at: int
    variant: Record | None = None
    """The same bytes read otherwise, of records that `is_variant` says."""
    is_variant: Callable[[bytes], bool] = bool

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What a record gives."""
        return self.record.quantities

    def read(self, payload: bytes, name: str, received_at: datetime | None) -> tuple[Decoded, ...]:
        """Read each record as a reading with its own time."""
        size = self.record.size_bytes
        if not payload or len(payload) % size:
            raise wrong_length(name, len(payload), f"records of {size}, at least one")
        readings = []
        for at in range(0, len(payload), size):
            findings = Findings()
            record = self.record
            if self.variant is not None and self.is_variant(payload[at : at + size]):
                record = self.variant
            record.read(payload, at, findings)
            time_at = at + self.time_at
            unix_s = int.from_bytes(payload[time_at : time_at + 4], "big")
            time = stored_time(unix_s, received_at)
            readings.append(findings.reading(self.measurement, time=time))
        return tuple(readings)


PortLayout = OneRecord | Choice | StoredRecords


def decoder_of(name: str, ports: Mapping[int, PortLayout], about: About) -> Decoder:
    """A decoder of what comes on each port."""

    def decode(f_port: int, payload: bytes, received_at: datetime | None) -> tuple[Decoded, ...]:
        layout = ports.get(f_port)
        if layout is None:
            raise wrong_port(name, f_port, ports)
        return layout.read(payload, name, received_at)

    quantities = {q.name: q for layout in ports.values() for q in layout.quantities}
    return Decoder(
        name=name,
        f_ports=frozenset(ports),
        quantities=tuple(quantities.values()),
        decode=decode,
        clock_ports=frozenset(
            port for port, layout in ports.items() if isinstance(layout, StoredRecords)
        ),
        about=about,
    )
