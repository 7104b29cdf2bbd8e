"""Housekeeping between commits, in small steps: sealing, retention, the ceiling.

The tail's oldest rows are sealed when every sink has them, their hour is over, and the frame counters they carry
are flushed. What is over the ceiling or too old goes: settled history first, then by the configured rule.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

import apsw

from gateway.journal import Journal
from gateway.store import ceiling
from gateway.store.blocks import HOUR_NS
from gateway.store.history import unread_readings

if TYPE_CHECKING:
    from gateway.store.store import Store

REMEMBERED_ROWS = 8_192
"""Newest rows that stay unsealed: the ingest side remembers them at start (repeats, redeliveries)."""
SEAL_ROWS = 2000
"""Rows sealed in one step: bounds the memory and the pause."""
TAIL_ROWS_MAX = 100_000
"""Settled rows above which sealing does not wait for the hour to end: bounds the scan of a query."""
DROP_ROWS = 2000
"""Rows dropped at once under `drop_oldest`."""


class Upkeep:
    """Keeps one store in shape. Event loop only; what touches the file runs in the writer's thread."""

    def __init__(
        self,
        store: "Store",
        reserve: ceiling.Reserve,
        size_max: int,
        age_max_s: float,
        when_full: Literal["refuse", "drop_oldest"],
    ) -> None:
        self._store = store
        self._reserve = reserve
        self._size_max = size_max
        self._age_max_s = age_max_s
        self._when_full = when_full
        self._journal = Journal("store")

    async def step(self, wall_ns: int, sealable: Callable[[int], int]) -> bool:
        """One small step; True when there is more to do at once.

        `sealable` gives the newest seq whose session counters are on disk, told the seq that is wanted.
        """
        store = self._store
        await store.commit_due()
        more = await self._seal_some(wall_ns, sealable)
        if all(position.high >= store.horizon for position in store.positions.values()):
            # A new sink that is still reading blocks keeps them; the ceiling's rule then does the rest.
            older_than = wall_ns - int(self._age_max_s * 1e9)
            await store.read(ceiling.prune_history, self._size_max, older_than)
        await store.read(ceiling.prune_refused)
        await self.watch_ceiling()
        return more

    async def watch_ceiling(self) -> None:
        """Make room by the configured rule, or say that there is none, or that there is again."""
        store = self._store
        used = await store.read(ceiling.used_bytes)
        over = used >= self._size_max * ceiling.ROOM_LEFT
        if over and self._when_full == "drop_oldest":
            await self._drop_oldest()
        elif over and not store.full:
            store.full = True
            self._journal.error(
                "full", used_bytes=used, size_max=self._size_max, rule=self._when_full
            )
        elif store.full and not over and self._reserve.take():
            store.full = False
            self._journal.info("room_again", used_bytes=used)

    async def _seal_some(self, wall_ns: int, sealable: Callable[[int], int]) -> bool:
        store = self._store
        limit = store.next_seq - 1 - REMEMBERED_ROWS
        for position in store.positions.values():
            limit = min(limit, position.lowest_open() - 1)
        if store.hold_low is not None:
            limit = min(limit, store.hold_low - 1)
        if limit <= store.horizon:
            return False
        if store.next_seq - store.horizon < TAIL_ROWS_MAX and not store.full:
            this_hour_ns = wall_ns // HOUR_NS * HOUR_NS
            old = await store.read(_newest_before, store.horizon, limit, this_hour_ns)
            limit = min(limit, old)
        limit = min(limit, sealable(limit))
        if limit <= store.horizon:
            return False
        done = await store.seal(limit, SEAL_ROWS)
        return 0 < done < limit

    async def _drop_oldest(self) -> None:
        """Take the oldest rows from every sink that has not had them, and count them as dropped."""
        store = self._store
        async with store.settling:
            last = await store.read(ceiling.oldest_rows, DROP_ROWS)
            if not last:
                return
            dropped: dict[str, int] = {}
            for name, position in store.positions.items():
                dropped[name] = await store.read(unread_readings, position, last)
                position.drop(last, dropped[name])
            await store.drop_upto(last)
        self._journal.warning("dropped_oldest", rows_up_to=last, readings=_shown(dropped))


def _newest_before(connection: apsw.Connection, low: int, high: int, wall_ns: int) -> int:
    """The newest tail row in (low, high] that was received before this time; rows are in order of time."""
    query = "SELECT wall FROM frame WHERE seq >= ? ORDER BY seq LIMIT 1"
    while low < high:  # binary search by rowid: no index on time is kept
        middle = (low + high + 1) // 2
        wall = connection.execute(query, (middle,)).get
        if wall is not None and wall < wall_ns:
            low = middle
        else:
            high = middle - 1
    return low


def _shown(figures: Mapping[str, int]) -> str:
    return ",".join(f"{name}:{value}" for name, value in figures.items())
