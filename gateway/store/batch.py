"""One transaction's worth of writing: plain rows, gathered in the event loop, written by the writer."""

from dataclasses import dataclass, field
from typing import Self

from gateway.store.blocks import FrameRow
from gateway.store.tables import NewEntries

RefusedRow = tuple[
    int, int | None, str, int | None, int | None, int, int, int, int, int, int | None, bytes, bytes, str
]  # fmt: skip
DeadRow = tuple[str, int, int, int, int, bytes, int, str, int]
"""(sink, seq, place, series, time, reading, status, text, wall)."""


@dataclass(slots=True)
class Batch:
    """One transaction's worth of writing."""

    frames: list[FrameRow] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)
    decided: list[int] = field(default_factory=list)
    """Rows of `refused` that were undecided and have become something else in this batch."""
    released: list[int] = field(default_factory=list)
    """Held rows that a row of this batch replaces."""
    sessions: list[tuple[int, str, str, int, str, int]] = field(default_factory=list)
    """New ones: (id, dev_addr, fingerprint, epoch, device, flushed)."""
    snapshots: list[tuple[bytes, int, int]] = field(default_factory=list)
    """(state, flushed, id) of sessions whose counters are flushed."""
    new: NewEntries = field(default_factory=NewEntries)
    counters: dict[str, int] = field(default_factory=dict)
    """New values of those that changed."""
    sinks: dict[str, str] = field(default_factory=dict)
    """New positions, as text."""
    dead: list[DeadRow] = field(default_factory=list)
    drop_upto: int = 0
    """Tail rows up to this seq are deleted, whoever has not had them."""

    def followed_by(self, later: Self) -> Self:
        """This batch, which could not be written, with what has come since."""
        for name in ("frames", "refused", "decided", "released", "sessions", "snapshots", "dead"):
            getattr(self, name).extend(getattr(later, name))
        self.new.extend(later.new)
        self.counters |= later.counters
        self.sinks |= later.sinks
        self.drop_upto = max(self.drop_upto, later.drop_upto)
        return self
