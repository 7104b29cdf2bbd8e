"""One transaction's worth of writing: plain rows, gathered in the event loop, written by the writer."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.store.blocks import FrameRow
from gateway.store.tables import NewEntries

RefusedRow = tuple[
    int, int | None, str, int | None, int | None, int, int, int, int, int, int | None, bytes, bytes, str
]  # fmt: skip
DeadRow = tuple[str, int, int, int, int, bytes, int, str, int]
"""(sink, seq, place, series, time, reading, status, text, wall)."""
ToldRow = tuple[int, str, int, int]
"""(status, text, wall, id) of a dead letter that was refused again."""


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
    taken_out: set[int] = field(default_factory=set)
    """Dead letters that something else has become of."""
    told: list[ToldRow] = field(default_factory=list)
    """Dead letters with newer words."""
    dead_unsure: bool = False
    """Some of `dead` may be on disk already: those are not written again."""
    gone: list[tuple[int, int]] = field(default_factory=list)
    """(row, place) of readings that are shown no more."""
    drop_chunk: int = 0
    """The oldest sealed chunk, when it ends at this seq, is deleted first, whoever has not had it."""
    drop_tail: int = 0
    """Tail rows up to this seq are deleted first, whoever has not had them."""
    number: int = 0
    """Of this transaction: is it found in the file, the transaction is on disk. 0 until it is tried."""

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return any((
            self.frames, self.refused, self.decided, self.released, self.sessions, self.snapshots,
            self.counters, self.sinks, self.dead, self.taken_out, self.told, self.gone,
            self.drop_chunk, self.drop_tail, self.new.names, self.new.series, self.new.types,
        ))  # fmt: skip

    def take_dead(self, waiting: Iterable["Batch"]) -> None:
        """Write what these say of dead letters: no position may be on disk before it."""
        for batch in waiting:
            self.dead += batch.dead
            self.taken_out |= batch.taken_out
            self.told += batch.told
            self.dead_unsure |= batch.dead_unsure

    def give_dead(self) -> None:
        """It was written ahead of this batch."""
        self.dead, self.taken_out, self.told, self.dead_unsure = [], set(), [], False
