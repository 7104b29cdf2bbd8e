"""Where a sink is in the store, and its side of promise 3. Pure; the deliver loop owns it.

Everything up to `high` has been considered. Rows that were held back then (their clock was not set) are the
ranges of `held`; a later row about one of them releases it. A sink that is new, or was away while rows were
sealed, first reads blocks; `block` is the last one it has settled.
"""

from dataclasses import asdict, dataclass, field
from typing import Self

import msgspec

HELD_RANGES_MAX = 4096
"""Bound of `held`; neighbours merge, so this is only reached by a pattern of trust and distrust."""


@dataclass(slots=True)
class Position:
    """A sink's place and sums; every reading it was ever to get is in exactly one of them."""

    high: int = 0
    block: int = 0
    held: list[list[int]] = field(default_factory=list)
    """[first seq, last seq] ranges of held rows, ascending."""
    baseline: int = 0
    """The store's count of readings that this sink will never get: older than itself."""
    delivered: int = 0
    dead: int = 0
    expired: int = 0
    superseded: int = 0
    dropped: int = 0
    version: str = ""
    """What a sink found out about its server, kept for the next start."""

    @classmethod
    def load(cls, text: str) -> Self:
        """From the sink row."""
        return cls(**msgspec.json.decode(text))

    def dump(self) -> str:
        """For the sink row."""
        return msgspec.json.encode(asdict(self)).decode()

    def settled(self) -> int:
        """How many readings are out of this sink's way."""
        return self.delivered + self.dead + self.expired + self.superseded + self.dropped

    def hold(self, seq: int) -> None:
        """Remember a row that cannot be offered yet. Called in ascending order."""
        if self.held and self.held[-1][1] >= seq - 1:
            self.held[-1][1] = max(seq, self.held[-1][1])
        else:
            self.held.append([seq, seq])

    def is_held(self, seq: int) -> bool:
        """Whether this row was held back."""
        return any(low <= seq <= high for low, high in self.held)

    def release(self, seq: int) -> bool:
        """Forget a held row, because a newer row replaces it; False when it was not held."""
        for place, (low, high) in enumerate(self.held):
            if low <= seq <= high:
                parts = [[low, seq - 1], [seq + 1, high]]
                self.held[place : place + 1] = [part for part in parts if part[0] <= part[1]]
                return True
        return False

    def pass_by(self, high: int, held: list[int], released: list[tuple[int, int]]) -> None:
        """Move on to a row; `released` are (held row, its readings) that newer rows replace."""
        for seq in held:
            if seq > self.high:
                self.hold(seq)
        for seq, readings in released:
            if self.release(seq):
                self.superseded += readings
        self.high = max(self.high, high)

    def lowest_open(self) -> int:
        """The lowest seq that this sink may still need as a frame row."""
        return self.held[0][0] if self.held else self.high + 1

    def drop(self, upto: int, readings: int) -> None:
        """Give up everything up to a row; `readings` of them had not been settled."""
        self.high = max(self.high, upto)
        self.held = [[max(low, upto + 1), high] for low, high in self.held if high > upto]
        self.dropped += readings
