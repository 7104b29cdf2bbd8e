"""All sinks' positions: those of this run in memory, written to the file now and then. Event loop only."""

import time
from collections.abc import Callable, Iterator

from gateway.store.position import Position

EVERYTHING = 1 << 62
"""Beyond every seq: what holds when there are no sinks."""
FLUSH_S = 5.0
"""How old a position on disk may get; after a kill so much is sent again."""


class Positions(dict[str, Position]):
    """The positions of the configured sinks by name, and which of them the file does not have yet."""

    def __init__(self, saved: dict[str, str]) -> None:
        """`saved` are the sink rows: names and texts."""
        super().__init__()
        self._absent = {name: Position.load(text) for name, text in saved.items()}
        """Of sinks that nobody has asked for yet in this run."""
        self._on_disk: dict[str, Position] = {}
        """Of this run's sinks, as the file has them."""
        self._due: dict[str, float] = {}

    def begun(
        self,
        name: str,
        start: str,
        readings: int,
        newest_seq: int,
        horizon: int,
        unread: Callable[[Position], int],
    ) -> Position:
        """The position of a sink of this run; a new one begins at all that is kept, or, at "now", after it.

        `readings` is the store's count of all, `horizon` the newest sealed row; `unread` counts what waits.
        """
        saved = self._absent.pop(name, None)
        position = saved or Position()
        if saved is not None:
            if saved.away:
                _come_back(saved, readings, horizon, unread)
        elif start == "now":
            position.high = position.born = newest_seq
            position.baseline = readings
        else:
            position.baseline = readings - unread(position)
        self[name] = position
        self.moved(name, now=True)
        return position

    def known(self, name: str) -> Position | None:
        """The position of any sink that ever was, also of one that nobody has asked for."""
        return self.get(name) or self._absent.get(name)

    def moved(self, name: str, *, now: bool = False) -> None:
        """It is to be written: within `FLUSH_S`, or with the next commit."""
        due = 0.0 if now else time.monotonic() + FLUSH_S
        self._due[name] = min(due, self._due.get(name, due))

    def all_moved(self) -> None:
        """Every one is to be written with the next commit."""
        self._due = dict.fromkeys(self, 0.0)

    def are_due(self) -> bool:
        """Whether a commit should be made for them."""
        now = time.monotonic()
        return any(due <= now for due in self._due.values())

    def take_due(self) -> dict[str, str]:
        """The texts to write with this commit."""
        if not self._due:
            return {}
        now = time.monotonic()
        names = [name for name, due in self._due.items() if due <= now]
        for name in names:
            del self._due[name]
        return {name: self[name].dump() for name in names}

    def absent(self) -> dict[str, str]:
        """Texts of those that no sink of this run has asked for, marked as away, until the file has them so."""
        texts = {}
        for name, position in self._absent.items():
            if not position.away:
                marked = position.copy()
                marked.away = True
                texts[name] = marked.dump()
        return texts

    def are_on_disk(self, texts: dict[str, str]) -> None:
        """These were written."""
        for name, text in texts.items():
            written = Position.load(text)
            if name in self:
                self._on_disk[name] = written
            else:
                self._absent[name] = written

    def floor(self) -> int:
        """Up to this seq every sink has considered every row, also after a power cut now."""
        return min((position.high for position in self._as_on_disk()), default=EVERYTHING)

    def lowest_open(self) -> int:
        """The lowest seq that some sink may need as a row of the tail, also after a power cut now."""
        return min((position.lowest_open() for position in self._as_on_disk()), default=EVERYTHING)

    def _as_on_disk(self) -> Iterator[Position]:
        nothing = Position()
        for name in self:
            yield self._on_disk.get(name, nothing)
        for position in self._absent.values():
            if not position.away:
                yield position


def _come_back(
    position: Position, readings: int, horizon: int, unread: Callable[[Position], int]
) -> None:
    """A sink is configured again: what it missed meanwhile counts as dropped."""
    position.away = False
    position.held = [[max(low, horizon + 1), high] for low, high in position.held if high > horizon]
    missed = readings - position.baseline - position.settled() - unread(position)
    position.dropped += max(missed, 0)
