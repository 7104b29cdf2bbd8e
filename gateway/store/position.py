"""Where a sink is in the store, and its side of promise 3. Pure; the deliver loop owns it.

Everything up to `high` has been considered, sealed rows and rows of the tail alike. Rows that were held back
then, because their clock was not set, are the ranges of `held`; a later row about one of them releases it.
"""

from dataclasses import asdict, dataclass, field
from typing import NamedTuple, Self

import msgspec

HELD_RANGES_MAX = 4096
"""Ranges of `held` above which a sink waits before the next held row: only a recording that is replayed
among frames without a clock makes more than a few."""


class Released(NamedTuple):
    """A held row that a newer row replaces."""

    seq: int
    readings: int
    before: int
    """The held row before it; one outside of its range when it is the first there."""
    after: int
    """The held row after it; one outside of its range when it is the last there."""


@dataclass(slots=True)
class Position:
    """A sink's place and sums; every reading it was ever to get is in exactly one of them."""

    high: int = 0
    held: list[list[int]] = field(default_factory=list)
    """[first, last] held row of ranges, ascending, in which every row with readings is held."""
    baseline: int = 0
    """The store's count of readings that this sink will never get: older than itself."""
    delivered: int = 0
    dead: int = 0
    expired: int = 0
    superseded: int = 0
    dropped: int = 0
    version: str = ""
    """What a sink found out about its server, kept for the next start."""
    born: int = 0
    """The newest row when this sink began at "now": it is given none up to that."""
    away: bool = False
    """It is not configured at present: nothing is kept for it, and its sums are not watched."""

    @classmethod
    def load(cls, text: str) -> Self:
        """From the sink row."""
        return cls(**msgspec.json.decode(text))

    def dump(self) -> str:
        """For the sink row."""
        return msgspec.json.encode(asdict(self)).decode()

    def copy(self) -> Self:
        """An equal one of its own."""
        return self.load(self.dump())

    def settled(self) -> int:
        """How many readings are out of this sink's way."""
        return self.delivered + self.dead + self.expired + self.superseded + self.dropped

    def has_passed(self, seq: int) -> bool:
        """Whether the readings of this row were given to the sink, or given up for it."""
        held = any(low <= seq <= high for low, high in self.held)
        return self.born < seq <= self.high and not held

    def release(self, gone: "Released") -> None:
        """Forget a held row, because a newer row replaces it; nothing when it was not held."""
        for place, (low, high) in enumerate(self.held):
            if low <= gone.seq <= high:
                parts = [[low, gone.before], [gone.after, high]]
                self.held[place : place + 1] = [part for part in parts if part[0] <= part[1]]
                self.superseded += gone.readings
                return

    def pass_by(self, high: int, held: list[list[int]], released: list["Released"]) -> None:
        """Move on to a row; `held` are the ranges of held rows after the old place, in order."""
        for first, last in held:
            first = max(first, self.high + 1)
            if first > last:
                continue
            if self.held and self.held[-1][1] >= first - 1:
                self.held[-1][1] = last
            else:
                self.held.append([first, last])
        for gone in released:
            self.release(gone)
        self.high = max(self.high, high)

    def lowest_open(self) -> int:
        """The lowest seq that this sink may still need as a row of the tail."""
        return self.held[0][0] if self.held else self.high + 1

    def drop(self, upto: int, readings: int) -> None:
        """Give up everything up to a row; `readings` of them had not been settled."""
        self.high = max(self.high, upto)
        self.held = [[max(low, upto + 1), high] for low, high in self.held if high > upto]
        self.dropped += readings
