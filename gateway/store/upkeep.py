"""Housekeeping of the store, in small steps between commits: seal what is settled, and keep to the ceiling.

    settled rows of the tail -> sealed chunks -> deleted, oldest first, when they are too many or too old
    over the ceiling and nothing settled is left -> the configured rule: take nothing more, or drop and count

What is sealed or deleted must not be needed after a power cut either. So sinks' positions and frame counters
go to the disk first, and only then what they have settled.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import apsw

from gateway.errors import StoreFull, Unavailable
from gateway.journal import Journal
from gateway.model import Stamp
from gateway.store import retention, unanswered
from gateway.store.blocks import HOUR_NS, Rotted
from gateway.store.history import unread_readings

if TYPE_CHECKING:
    from gateway.store.store import Store

REMEMBERED_ROWS = 4_096
"""Newest rows that stay unsealed: the ingest side remembers them at start (repeats, redeliveries)."""
TAIL_ROWS_MAX = 100_000
"""Settled rows above which sealing does not wait for the hour to end: bounds the scan of a query."""


class Upkeep:
    """The store's housekeeping; one step at a time."""

    def __init__(
        self,
        store: "Store",
        age_max_s: float,
        when_full: Literal["refuse", "drop_oldest"],
        remembered_rows: int,
    ) -> None:
        self._store = store
        self._age_max_ns = int(age_max_s * 1e9)
        self._when_full = when_full
        self._remembered_rows = remembered_rows
        self._refused_bytes_max = min(retention.REFUSED_BYTES_MAX, store.shares.size_max // 8)
        self._flushed: Callable[[int], int] = lambda _: 0
        self._drops = 0
        self._one_at_a_time = asyncio.Lock()
        self._journal = Journal("store")

    async def step(self, now: Stamp, sealable: Callable[[int], int]) -> bool:
        """Seal, delete and look at the ceiling once; True when there is more to do at once.

        Raises:
            StoreFull, StoreDamaged, Unavailable: the disk refuses; nothing is half done.
        """
        async with self._one_at_a_time:
            store = self._store
            self._flushed = sealable
            if store.rotted:
                await store.set_aside(store.rotted[0])
                del store.rotted[0]
            store.note_sinks(store.positions.absent())
            if store.full:
                store.positions.all_moved()
            if store.needs_commit():
                await store.commit()
            # A clock that may be years off deletes nothing.
            older_than_ns = now.wall_ns - self._age_max_ns if now.trusted else 0
            limit = await self._old_enough(now.wall_ns, older_than_ns)
            more = await self._seal(limit)
            more = await self._prune(older_than_ns) or more
            await self._prune_unread(older_than_ns)
            return await self._watch(made=more) or more

    async def make_room(self) -> None:
        """After the disk or the ceiling refused a commit: what settled history and the rule allow.

        Nothing can be flushed now, so only what the file itself shows as settled counts.
        """
        async with self._one_at_a_time:
            store = self._store
            try:
                await store.write(lambda writer: writer.checkpoint())
                made = await self._prune(0, needed=True) or await self._seal(store.newest_seq)
                while made and await self._needs_room():
                    made = await self._prune(0, needed=True) or await self._seal(store.newest_seq)
                if not made and self._when_full == "drop_oldest":
                    await self._drop_oldest()
            except (StoreFull, Unavailable) as error:
                self._journal.warning("no_room_made", why=error)

    # -- sealing ----------------------------------------------------------------------------------------

    async def _old_enough(self, wall_ns: int, older_than_ns: int) -> int:
        """The newest row that need not stay: not remembered, of a past hour, or too old in any case."""
        store = self._store
        newest, horizon = store.newest_seq, store.horizon
        if store.full:
            return newest
        limit = newest - self._remembered_rows
        if limit > horizon and newest - horizon < TAIL_ROWS_MAX:
            hour_ns = wall_ns // HOUR_NS * HOUR_NS
            limit = await store.read(_newest_before, hour_ns, horizon, limit)
        if older_than_ns:
            low = max(limit, horizon)
            limit = max(limit, await store.read(_newest_before, older_than_ns, low, newest))
        return limit

    async def _seal(self, limit: int) -> bool:
        """Seal some rows up to the limit, as far as the file shows them as settled."""
        store = self._store
        limit = min(limit, store.positions.lowest_open() - 1)
        if store.hold_low is not None:
            limit = min(limit, store.hold_low - 1)
        if limit <= store.horizon:
            return False
        tables = store.tables
        place = {
            row_id: (tables.series_device[row_id], tables.names[series.measurement])
            for row_id, series in tables.series.items()
        }
        rows = store.shares.rows_at_once
        try:
            done = await store.write(lambda writer: writer.seal(limit, rows, place))
        except Rotted as rot:
            store.rotted.append(rot)
            return True
        store.horizon = max(store.horizon, done)
        return bool(done)

    # -- deleting ---------------------------------------------------------------------------------------

    async def _prune(self, older_than_ns: int, *, needed: bool = False) -> bool:
        """Delete the oldest sealed chunk, too old or in the way, when every sink and codec has had it."""
        store = self._store
        oldest = await store.read(retention.oldest_chunk)
        if oldest is None:
            return False
        seq_high, wall_high = oldest
        if not needed and wall_high >= older_than_ns and not await self._needs_room():
            return False
        if seq_high > store.positions.floor() or seq_high > self._flushed(seq_high):
            return False
        if await store.read(unanswered.in_chunk, seq_high):
            return False
        await store.write(lambda writer: writer.prune_chunk(seq_high))
        return True

    async def _prune_unread(self, older_than_ns: int) -> None:
        """What no sink reads: refused frames over their cap or too old, dead letters over theirs."""
        store = self._store
        oldest_ns = await store.read(retention.oldest_refused)
        too_old = oldest_ns is not None and oldest_ns < older_than_ns
        over = too_old or store.refused_bytes > self._refused_bytes_max
        if over and not store.deciding:
            async with store.settling:  # nobody decides refused rows meanwhile
                store.refused_bytes = await store.write(
                    lambda writer: writer.prune_refused(self._refused_bytes_max, older_than_ns)
                )
        if store.dead_rows > retention.DEAD_ROWS_MAX and not store.leaving:
            async with store.settling:  # nobody takes letters out meanwhile
                await store.write(lambda writer: writer.forget_dead())
                store.dead_rows = retention.DEAD_ROWS_MAX

    # -- the ceiling ------------------------------------------------------------------------------------

    async def _watch(self, *, made: bool) -> bool:
        """Set and clear `full`, or drop; True when more is to be dropped.

        While room is `made` in good order, the rule is not needed.
        """
        store = self._store
        long = store.shares.wal_is_long(store.path)
        if long:
            await store.write(lambda writer: writer.shorten_wal())
            long = store.shares.wal_is_long(store.path)
        over = await self._needs_room() and not (made and not store.full)
        dropped = over and self._when_full == "drop_oldest" and await self._drop_oldest()
        if dropped:
            over = await self._needs_room()
        if (over or long) and not store.full:
            store.full = True
            used = await store.read(store.shares.used_bytes)
            room = store.shares.room_bytes(store.path)
            why = "a reader holds the WAL" if long else self._when_full
            self._journal.error(
                "full", used=used, size_max=store.shares.size_max, disk_allows=room, why=why
            )
        elif store.full and not over and not long and not store.unsure and store.reserve.take():
            store.full = False
            self._journal.info("room_again")
        return dropped and over

    async def _needs_room(self) -> bool:
        """Whether the ceiling is reached, that of the configuration or that of the disk."""
        return await self._store.read(self._store.shares.over, self._store.path)

    async def _drop_oldest(self) -> bool:
        """Take the oldest rows from every sink that has not had them, and count them as dropped.

        Once begun it is not cancelled: the file and the positions in memory change together.
        """
        return bool(await asyncio.shield(asyncio.ensure_future(self._drop())))

    async def _drop(self) -> bool:
        store = self._store
        async with store.settling:
            rows = store.shares.rows_at_once
            oldest = await store.read(retention.oldest_chunk)
            chunk = oldest[0] if oldest else 0
            tail = 0 if oldest else await store.read(retention.oldest_tail_row, rows)
            upto = chunk or tail
            if not upto:
                return False
            dropped: dict[str, int] = {}
            sinks = store.positions.absent()
            for name, position in store.positions.items():
                rotten: list[int] = []
                dropped[name] = await store.read(unread_readings, position, upto, rotten)
                if rotten:  # how much of it the sink has had is only known once it is set aside
                    store.rotted.append(Rotted("block", rotten[0]))
                    return True
                after = position.copy()
                after.drop(upto, dropped[name])
                sinks[name] = after.dump()
            await store.drop(chunk=chunk, tail=tail, sinks=sinks)
            for name, position in store.positions.items():
                position.drop(upto, dropped[name])
            store.forget_rows(upto)
            payloads = await store.read(unanswered.dropped)
            store.counters[unanswered.DROPPED] = payloads
        self._drops += 1
        if self._drops & (self._drops - 1) == 0:  # at the first and at each doubling
            lost = ",".join(f"{name}:{one.dropped}" for name, one in store.positions.items())
            self._journal.warning(
                "dropped_oldest", rows_up_to=upto, in_all=lost, undecoded_payloads=payloads
            )
        return True


def _newest_before(connection: apsw.Connection, wall_ns: int, low: int, high: int) -> int:
    """The newest tail row in (low, high] that is older than this time, else `low`.

    Rows are mostly in order of time, so it is searched for by halves: no index on time is kept.
    """
    query = "SELECT wall FROM frame WHERE seq >= ? ORDER BY seq LIMIT 1"
    while low < high:
        middle = (low + high + 1) // 2
        wall = connection.execute(query, (middle,)).get
        if wall is not None and wall < wall_ns:
            low = middle
        else:
            high = middle - 1
    return low
