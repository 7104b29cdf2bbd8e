"""Layouts of a payload, told apart by what some bytes say: the version of a payload, a channel, a first byte.

The first layout whose conditions hold is taken; its length must be the payload's. None holds: the layout is
unknown, or the payload is too short to tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from decoders.contract import Decoded, DecodeRefused, Quantity
from decoders.findings import Findings
from decoders.refusals import unknown_layout, wrong_length, wrong_port
from decoders.register_map.entries import Entry


@dataclass(frozen=True, slots=True)
class Condition:
    """A byte that must have a value, in the bits of a mask."""

    offset: int
    mask: int
    equals: int

    def holds(self, payload: bytes) -> bool:
        """Whether the payload has it; False when it is too short."""
        return self.offset < len(payload) and payload[self.offset] & self.mask == self.equals

    @property
    def sentence(self) -> str:
        """For refusals."""
        bits = "" if self.mask == 0xFF else f" & 0x{self.mask:02x}"
        return f"byte {self.offset}{bits} = 0x{self.equals:02x}"


@dataclass(frozen=True, slots=True)
class MapLayout:
    """One layout: when it is meant, how long it is, what it holds."""

    conditions: tuple[Condition, ...]
    size_bytes: int
    entries: tuple[Entry, ...]

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What it holds."""
        return tuple(entry.quantity for entry in self.entries)


class LayoutReader:
    """Reads payloads by a map's layouts."""

    __slots__ = ("_layouts", "_measurement", "_name", "_ports")

    def __init__(
        self, name: str, measurement: str, ports: frozenset[int], layouts: Sequence[MapLayout]
    ) -> None:
        self._name = name
        self._measurement = measurement
        self._ports = ports
        self._layouts = tuple(layouts)

    def decode(
        self,
        f_port: int,
        payload: bytes,
        received_at: datetime | None,  # noqa: ARG002 - a map has no times
    ) -> tuple[Decoded, ...]:
        """Read one reading.

        Raises:
            DecodeRefused: wrong_port, wrong_length or unknown_layout.
        """
        if f_port not in self._ports:
            raise wrong_port(self._name, f_port, self._ports)
        layout = self._layout(payload)
        if len(payload) != layout.size_bytes:
            raise wrong_length(self._name, len(payload), layout.size_bytes)
        findings = Findings()
        for entry in layout.entries:
            entry.take(entry.fetch(payload), findings)
        return (findings.reading(self._measurement),)

    def _layout(self, payload: bytes) -> MapLayout:
        for layout in self._layouts:
            if all(condition.holds(payload) for condition in layout.conditions):
                return layout
        raise self._refusal(payload)

    def _refusal(self, payload: bytes) -> DecodeRefused:
        conditions = [c for layout in self._layouts for c in layout.conditions]
        last = max(condition.offset for condition in conditions)
        if last >= len(payload):
            return wrong_length(self._name, len(payload), f"{last + 1} at least")
        known = "; ".join(
            " and ".join(condition.sentence for condition in layout.conditions)
            for layout in self._layouts
        )
        return unknown_layout(f"{self._name} has no layout for {payload.hex()}; it knows {known}")
