"""The store as the event loop sees it: one open batch and the sinks' positions, one writer behind a thread.

Everything here but `tables.series` and `horizon` belongs to the event loop. What must be on disk goes
through `commit`.
"""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeVar

import apsw

from gateway.errors import GatewayError, StoreDamaged, StoreFull, Unavailable
from gateway.journal import Journal
from gateway.model import Stamp
from gateway.store import retention
from gateway.store.batch import Batch, DeadRow
from gateway.store.ceiling import Reserve, Shares
from gateway.store.connection import store_errors
from gateway.store.draft import Draft
from gateway.store.history import unread_readings
from gateway.store.position import Position
from gateway.store.positions import Positions, come_back
from gateway.store.store_file import StoreFile
from gateway.store.upkeep import REMEMBERED_ROWS, Upkeep
from gateway.store.writer import Writer
from gateway.worker import Worker

Result = TypeVar("Result")
Rule = Literal["refuse", "drop_oldest"]


class Store(Draft):
    """The one writer of a store file. Open it before anything is acknowledged, close it last."""

    def __init__(
        self,
        path: Path,
        *,
        size_max: int = 1 << 30,
        age_max_s: float = 90 * 86400.0,
        when_full: Rule = "refuse",
        remembered_rows: int = REMEMBERED_ROWS,
        vfs: str | None = None,
    ) -> None:
        """Open or make the file.

        Raises:
            StoreInUse: another process writes it. StoreForeign: newer, or not ours.
            StoreFull, Unavailable: the disk refuses. A damaged file is moved aside, see `moved_aside`.
        """
        self.path = path
        self.shares = Shares(size_max)
        self.full = False
        """True while nothing more is taken: the ceiling or the disk is reached."""
        self.more: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done at the next commit of rows; a new one takes its place then."""
        self.settling = asyncio.Lock()
        """Held while positions change: a verdict is applied, or rows are dropped under it."""
        self._file = StoreFile(path, self.shares, vfs)
        self._writer = self._file.writer
        try:
            self._restore()
        except BaseException:
            self._writer.close()
            self._file.lock.release(in_order=False)
            raise
        self.reserve = Reserve(path, self.shares.reserve_bytes)
        self.reserve.take()
        self._unsure: Batch | None = None
        """Given to the writer and not known to be on disk."""
        self._committing = asyncio.Lock()
        self._journal = Journal("store")
        self._upkeep = Upkeep(self, age_max_s, when_full, remembered_rows)
        self._worker = Worker("store-writer")

    def _restore(self) -> None:
        """Read back what is kept in memory.

        Raises:
            StoreDamaged, Unavailable: it cannot be read.
        """
        connection = self._writer.connection
        try:
            with store_errors():
                super().__init__(connection)
                self.positions = Positions(dict(connection.execute("SELECT name, state FROM sink")))
                self.dead_rows: int = connection.execute("SELECT count(*) FROM dead").get or 0
        except StoreDamaged:
            self._file.lock.suspect()
            raise

    @property
    def moved_aside(self) -> Path | None:
        """Where a damaged file was put when this one was begun."""
        return self._file.moved_aside

    @property
    def connection(self) -> apsw.Connection:
        """The writer's connection, for reading at start before anything is committed."""
        return self._writer.connection

    async def read(self, function: Callable[..., Result], *args: object) -> Result:
        """What a reading function gives of the writer's connection, between two commits.

        Raises:
            StoreDamaged, Unavailable: the store cannot be read.
        """
        return await self.write(lambda writer: function(writer.connection, *args))

    async def write(self, function: Callable[..., Result], *args: object) -> Result:
        """Run a function of the writer in its thread.

        Raises:
            StoreFull, StoreDamaged, Unavailable: as SQLite has it.
        """

        def work() -> Result:
            with store_errors():
                return function(self._writer, *args)

        try:
            return await self._worker.call(work)
        except StoreDamaged:
            self._file.lock.suspect()
            raise

    def begin_boot(self, boot_id: str) -> None:
        """Say which boot of the machine the coming records belong to; called once at start."""
        self.this_boot = self._writer.boot(boot_id)

    # -- to the disk ------------------------------------------------------------------------------------

    async def commit(self) -> None:
        """Put the open batch on disk together with all that is due.

        Raises:
            StoreFull, StoreDamaged, Unavailable: nothing is known to be written; what was to be is kept
            and tried again with the next commit.
        """
        async with self._committing:
            if self._unsure is not None:
                await self._put(self._unsure, again=True)
            batch = self._close_batch(self.positions.take_due())
            if batch:
                await self._put(self._numbered(batch))

    async def drop(self, *, chunk: int = 0, tail: int = 0, sinks: dict[str, str]) -> None:
        """Delete what sinks have not had, in one transaction with their positions after it, `sinks`.

        Raises:
            StoreFull, Unavailable: nothing was deleted.
            StoreDamaged: nobody can tell; a new start reads what is true.
        """
        async with self._committing:
            waiting = [self._open]
            if self._unsure is not None and not await self.write(_has, self._unsure.number):
                waiting.append(self._unsure)
            # Positions must not be on disk before their dead letters.
            dead = [row for batch in waiting for row in batch.dead]
            dropping = Batch(dead=dead, sinks=sinks, drop_chunk=chunk, drop_tail=tail)
            try:
                await self.write(lambda writer: writer.commit(dropping))
            except Unavailable as error:
                await self._look_whether_dropped(max(chunk, tail), error)
            for batch in waiting:
                batch.dead = []
                batch.sinks |= sinks  # when it is written, it must not bring older ones back
            self.positions.are_on_disk(sinks)

    async def _commit_positions(self) -> None:
        """Put positions on disk ahead of a batch that does not fit, so that what they settle can make room."""
        async with self._committing:
            waiting = self._unsure
            if waiting is None or await self.write(_has, waiting.number):
                return
            sinks = {name: position.dump() for name, position in self.positions.items()}
            ahead = Batch(sinks=sinks, dead=waiting.dead + self._open.dead)
            await self.write(lambda writer: writer.commit(ahead))
            waiting.dead, self._open.dead = [], []
            waiting.sinks |= sinks  # when it fits, it must not bring older ones back
            self.positions.are_on_disk(sinks)

    async def _look_whether_dropped(self, upto: int, error: Unavailable) -> None:
        """An I/O error may come before or after the rows are gone."""
        try:
            await self.write(lambda writer: writer.reopen())
            kept = await self.read(retention.oldest_row)
        except Unavailable as again:
            raise StoreDamaged(f"rows were to be dropped, and then: {error}") from again
        if kept is not None and kept <= upto:
            raise error

    async def _put(self, batch: Batch, *, again: bool = False) -> None:
        self._unsure = batch
        await self.write(lambda writer: writer.commit(batch, again=again))
        self._unsure = None
        self._is_on_disk(batch)
        self.positions.are_on_disk(batch.sinks)
        if batch.frames:
            done, self.more = self.more, asyncio.get_running_loop().create_future()
            done.set_result(None)

    @property
    def unsure(self) -> bool:
        """Whether a batch could not be written yet."""
        return self._unsure is not None

    def needs_commit(self) -> bool:
        """Whether something waits that no commit of rows takes along soon."""
        return self.unsure or bool(self._open) or bool(self._changed) or self.positions.are_due()

    async def recover(self, error: GatewayError) -> None:
        """After a failed commit: make room, or throw the connection away and open the file anew."""
        if isinstance(error, StoreFull):
            self.full = True
            self.reserve.give_back()
            with contextlib.suppress(StoreFull, Unavailable):
                await asyncio.shield(asyncio.ensure_future(self._commit_positions()))
            await self._upkeep.make_room()
            return
        try:
            await self.write(lambda writer: writer.reopen())
        except Unavailable:
            return  # the next commit fails again, and comes here again

    async def maintain(self, now: Stamp, sealable: Callable[[int], int]) -> bool:
        """One small step of housekeeping; True when there is more to do at once.

        `sealable` gives the newest seq whose session counters are on disk, told the seq that is wanted.

        Raises:
            StoreDamaged: nothing else; a disk that refuses is tried again with the next step.
        """
        try:
            return await self._upkeep.step(now, sealable)
        except (StoreFull, Unavailable) as error:
            await self.recover(error)
            return False

    # -- what sinks ask ---------------------------------------------------------------------------------

    def position(self, sink: str, start: str) -> Position:
        """A sink's position; a new sink begins at all that is kept, or after it. Called at start."""
        readings = self.counters.get("readings", 0)

        def unread() -> int:
            return unread_readings(self._writer.connection, position)

        saved = self.positions.saved(sink)
        position = saved or Position()
        with store_errors():
            if saved is not None:
                if saved.away:
                    come_back(saved, readings, self.horizon, unread)
            elif start == "now":
                position.high, position.baseline = self.next_seq - 1, readings
            else:
                position.baseline = readings - unread()
        self.positions[sink] = position
        self.positions.moved(sink, now=True)
        return position

    def settled(self, sink: str) -> None:
        """The position moved: write it with a commit within a few seconds."""
        self.positions.moved(sink)

    async def bury(self, sink: str, dead: list[DeadRow]) -> None:
        """Put dead letters on disk together with the position that settles them.

        A disk that refuses keeps them in the batch that is tried again.
        """
        self._open.dead += dead
        self.dead_rows += len(dead)
        self.positions.moved(sink, now=True)
        with contextlib.suppress(StoreFull, Unavailable):
            await self.commit()

    async def close(self) -> None:
        """Write what is due, checkpoint, close and let another process write."""
        async with self.settling:
            self.positions.all_moved()
            in_order = False
            try:
                await self.commit()
                in_order = True
            except (StoreFull, Unavailable) as error:
                # None of it was acknowledged, and none of it is needed: it is heard or delivered again.
                self._journal.error("last_commit", why=error)
            finally:
                await self.write(lambda writer: writer.close())
                self._worker.stop()
                self.reserve.give_back()
                self._file.lock.release(in_order=in_order)


def _has(writer: Writer, number: int) -> bool:
    return writer.has(number)
