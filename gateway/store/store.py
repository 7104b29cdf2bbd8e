"""The store as the event loop sees it: one open batch and the sinks' positions, one writer behind a thread.

Everything here but `tables.series` and `horizon` belongs to the event loop. What must be on disk goes
through `commit`.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, TypeVar

import apsw

from gateway.errors import GatewayError, StoreDamaged, StoreFull, Unavailable
from gateway.journal import Journal
from gateway.model import Stamp
from gateway.store import retention
from gateway.store.batch import Batch, DeadRow
from gateway.store.blocks import ROTTEN, Rotted
from gateway.store.ceiling import Reserve, Shares
from gateway.store.connection import store_errors
from gateway.store.draft import Draft
from gateway.store.history import unread_readings
from gateway.store.position import Position
from gateway.store.positions import Positions
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
        self.reserve = Reserve(path, self.shares.reserve_bytes)
        self._file = self._taken_into_use(vfs)
        try:
            try:
                self._restore()
            except StoreDamaged as error:
                self._file.begin_anew(error)
                self._restore()
        except BaseException:
            self._writer.close()
            self._file.lock.release(in_order=False)
            raise
        self.reserve.take()
        self._unsure: Batch | None = None
        """Given to the writer and not known to be on disk."""
        self._committing = asyncio.Lock()
        self.rotted: list[Rotted] = []
        """Met in any thread, and not yet set aside."""
        self._journal = Journal("store")
        self._upkeep = Upkeep(self, age_max_s, when_full, remembered_rows)
        self._worker = Worker("store-writer")

    def _taken_into_use(self, vfs: str | None) -> StoreFile:
        """Open the file; a full disk gets the reserve file's bytes for that."""
        try:
            return StoreFile(self.path, self.shares, vfs)
        except (StoreFull, Unavailable):
            if not self.reserve.give_back():
                raise
            return StoreFile(self.path, self.shares, vfs)

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
        except (*ROTTEN, TypeError) as error:
            raise StoreDamaged(f"its small tables cannot be read: {error}") from error

    @property
    def _writer(self) -> Writer:
        return self._file.writer

    @contextlib.contextmanager
    def restoring(self) -> Iterator[None]:
        """While the file is read at start: damage that is met makes the next start check all of it.

        Raises:
            StoreDamaged, Unavailable: it cannot be read.
        """
        try:
            with store_errors():
                yield
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
        try:
            self.this_boot = self._writer.boot(boot_id)
        except StoreFull:
            self.reserve.give_back()
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
            dropping = _positions_of(waiting, sinks)
            dropping.drop_chunk, dropping.drop_tail = chunk, tail
            try:
                await self.write(lambda writer: writer.commit(dropping))
            except Unavailable as error:
                await self._look_whether_dropped(max(chunk, tail), error)
            self._are_ahead(waiting, sinks)

    async def _commit_positions(self) -> None:
        """Put positions on disk ahead of a batch that does not fit, so that what they settle can make room."""
        async with self._committing:
            if self._unsure is None or await self.write(_has, self._unsure.number):
                return
            waiting = [self._unsure, self._open]
            sinks = {name: position.dump() for name, position in self.positions.items()}
            ahead = _positions_of(waiting, sinks)
            try:
                await self.write(lambda writer: writer.commit(ahead))
            except Unavailable:  # before or after it was on disk: nobody knows
                for batch in waiting:
                    batch.dead_unsure = True
                raise
            self._are_ahead(waiting, sinks)

    def _are_ahead(self, waiting: list[Batch], sinks: dict[str, str]) -> None:
        """Positions, and the dead letters before them, are on disk ahead of these batches."""
        for batch in waiting:
            self._letters_are_out(batch)
            batch.give_dead()
            batch.sinks |= sinks  # when it is written, it must not bring older ones back
        self.positions.are_on_disk(sinks)

    async def set_aside(self, rot: Rotted) -> None:
        """Keep what cannot be read away from every sink, and count what it costs them as dropped.

        Raises:
            StoreFull, Unavailable: it is to be tried again.
        """
        async with self.settling:
            await self.commit()  # positions must not be on disk before their dead letters
            async with self._committing:
                known = {name: position.copy() for name, position in self.positions.items()}
                costs = await self.write(lambda writer: writer.set_aside(rot, known))
                for name, cost in costs.items():
                    self.positions[name].dropped += cost
                self.positions.all_moved()
        self._journal.error("rotted", what=rot.what, row=rot.row, readings_lost=costs, why=rot)

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
        except (StoreFull, Unavailable):
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
        with self.restoring():
            return self.positions.begun(
                sink, start, readings, self.next_seq - 1, self.horizon,
                lambda position: unread_readings(self._writer.connection, position),
            )  # fmt: skip

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

    def take_out(self, sink: str, letters: set[int]) -> None:
        """Dead letters leave with the next commit, and the sink's position with them."""
        self._open.taken_out |= letters
        self.leaving |= letters
        self.dead_rows -= len(letters)
        position = self.positions.known(sink)
        if sink in self.positions:
            self.positions.moved(sink, now=True)
        elif position is not None:
            self.note_sinks({sink: position.dump()})

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


def _positions_of(waiting: list[Batch], sinks: dict[str, str]) -> Batch:
    """Positions for a transaction of their own; they must not be on disk before their dead letters."""
    ahead = Batch(sinks=sinks)
    ahead.take_dead(waiting)
    return ahead


def _has(writer: Writer, number: int) -> bool:
    return writer.has(number)
