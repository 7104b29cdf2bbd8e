"""The store as the event loop sees it: ids, counters and positions in memory, one writer behind a thread.

Everything here but `place_of` and `tables.series` belongs to the event loop. What must be on disk goes
through `commit`; maintenance (sealing, retention, ceiling) is done in small steps between commits.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeVar

import apsw

from gateway.errors import GatewayError, StoreFull
from gateway.model import REFUSALS, Malformed, Record
from gateway.store import recovery
from gateway.store.batch import Batch, DeadRow
from gateway.store.history import unread_readings
from gateway.store.packing import pack_body, pack_heard
from gateway.store.position import Position
from gateway.store.store_file import StoreFile
from gateway.store.tables import Tables
from gateway.store.upkeep import Upkeep
from gateway.worker import Worker

SINK_FLUSH_S = 5.0
"""How old a position on disk may get; after a kill so much is sent again."""
Result = TypeVar("Result")


class Store:
    """The one writer of a store file. Open it before anything is acknowledged, close it last."""

    def __init__(
        self,
        path: Path,
        *,
        size_max: int = 1 << 30,
        age_max_s: float = 90 * 86400.0,
        when_full: Literal["refuse", "drop_oldest"] = "refuse",
        vfs: str | None = None,
    ) -> None:
        """Open or make the file.

        Raises:
            StoreInUse: another process writes it. StoreForeign: newer, or not ours.
            StoreFull, Unavailable: the disk refuses. A damaged file is moved aside, see `moved_aside`.
        """
        self.path = path
        self.full = False
        """True while nothing more is taken: the ceiling or the disk is reached."""
        self.more: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done at the next commit of rows; a new one takes its place then."""
        self._file = StoreFile(path, size_max, vfs)
        self._writer = self._file.writer
        connection = self._writer.connection
        self.tables = Tables(connection)
        self.counters: dict[str, int] = dict(
            connection.execute("SELECT name, value FROM counter WHERE name NOT LIKE 'pruned.%'")
        )
        self._changed: set[str] = set()
        self.horizon: int = (
            connection.execute("SELECT value FROM meta WHERE key = 'horizon'").get or 0
        )
        self.next_seq = 1 + max(
            _newest(connection, "frame"), _newest(connection, "refused"), self.horizon
        )
        self.positions: dict[str, Position] = {}
        self.settling = asyncio.Lock()
        """Held while positions change: a verdict is applied, or rows are dropped under it."""
        self._due: dict[str, float] = {}
        self._open = Batch()
        self._committing = asyncio.Lock()
        self.this_boot = 0
        self._sessions: dict[tuple[str, str, int], int] = {
            (row.dev_addr, row.fingerprint, row.epoch): row.id
            for row in recovery.sessions(connection)
        }
        self.newest_reading = 0
        """The newest row of this run that has readings."""
        self._waiting_for_clock = set(recovery.held_rows(connection))
        self.hold_low: int | None = min(self._waiting_for_clock, default=None)
        """The lowest held row that nothing has released yet; it and what follows is not sealed."""
        self.worker = Worker("store-writer")
        self._upkeep = Upkeep(self, self._file.reserve, size_max, age_max_s, when_full)

    @property
    def connection(self) -> apsw.Connection:
        """The writer's connection, for reading at start before anything is committed."""
        return self._writer.connection

    def read(self, function: Callable[..., Result], *args: object) -> "asyncio.Future[Result]":
        """Run a reading function of the writer's connection between two commits."""
        return self.worker.call(lambda: function(self._writer.connection, *args))

    def begin_boot(self, boot_id: str) -> None:
        """Say which boot of the machine the coming records belong to; called once at start."""
        self.this_boot = self._writer.boot(boot_id)

    @property
    def newest_seq(self) -> int:
        """The seq of the newest record added."""
        return self.next_seq - 1

    def count(self, name: str, by: int = 1) -> None:
        """Add to a counter; it is written with the next commit."""
        self.counters[name] = self.counters.get(name, 0) + by
        self._changed.add(name)

    def add(self, record: Record) -> int:
        """Put a record into the open batch; its seq."""
        seq = self.next_seq
        self.next_seq = seq + 1
        heard = record.heard
        stamp = heard.received
        name_id = self.tables.name_id
        device = None if record.device is None else name_id(record.device)
        receiver = (
            None if isinstance(heard, Malformed) or not heard.receptions
            else name_id(heard.receptions[0].receiver)
        )  # fmt: skip
        phy, radio = pack_heard(heard)
        when = (stamp.wall_ns, stamp.boot_ns, self.this_boot, stamp.trusted)
        where = (name_id(heard.source) or 0, receiver)
        if not record.readings and (record.outcome in REFUSALS or _capped(record)):
            self._open.refused.append(
                (seq, device, record.outcome, record.session, record.f_cnt, *when, *where, phy, radio,
                 record.sentence or "")
            )  # fmt: skip
            return seq
        series_id = self.tables.series_id
        packed = [
            (
                series_id(reading.series, record.device or "", reading.values),
                reading.time_ns,
                *reading.values,
            )
            for reading in record.readings
        ]
        self._open.frames.append(
            (seq, device, len(packed), record.held, record.outcome, record.about, record.session,
             record.f_cnt, *when, *where, phy, radio, pack_body(packed, record.sentence))
        )  # fmt: skip
        if packed:
            self.count("readings", len(packed))
            self.newest_reading = seq
        if record.held:
            self._waiting_for_clock.add(seq)
            self.hold_low = min(self.hold_low or seq, seq)
        return seq

    def released(self, seq: int) -> None:
        """A held row was replaced by another record of the open batch."""
        self._open.released.append(seq)
        self._waiting_for_clock.discard(seq)
        self.hold_low = min(self._waiting_for_clock, default=None)

    def decided(self, seq: int) -> None:
        """An undecided row has become another record of the open batch: its bytes live on there."""
        self._open.decided.append(seq)

    def session_id(self, dev_addr: str, fingerprint: str, epoch: int, device: str) -> int:
        """The id of a session, made in the open batch when it is new."""
        key = (dev_addr, fingerprint, epoch)
        found = self._sessions.get(key)
        if found is None:
            found = len(self._sessions) + 1
            self._sessions[key] = found
            self._open.sessions.append((found, *key, device, self.next_seq - 1))
        return found

    def snapshot(self, session: int, state: bytes) -> None:
        """Put the state of a session, as of the newest record added, into the open batch."""
        self._open.snapshots.append((state, self.next_seq - 1, session))

    async def commit(self) -> None:
        """Put the open batch on disk together with all that is due.

        Raises:
            StoreFull, StoreDamaged, Unavailable: nothing was written; the batch stays open.
        """
        async with self._committing:
            batch, self._open = self._open, Batch()
            self._add_due(batch)
            try:
                await self.worker.call(self._writer.commit, batch)
            except StoreFull:
                self._file.reserve.give_back()
                self._open = batch.followed_by(self._open)
                raise
            except GatewayError:
                self._open = batch.followed_by(self._open)
                raise
            if batch.frames:
                done, self.more = self.more, asyncio.get_running_loop().create_future()
                done.set_result(None)

    def _add_due(self, batch: Batch) -> None:
        """Counters as absolute values, so that a batch tried again carries the newest."""
        if self._changed:
            for name in self._changed:
                batch.counters[name] = self.counters[name]
            self._changed.clear()
        batch.new.extend(self.tables.take_new())
        if self._due:
            now = time.monotonic()
            for name in [name for name, due in self._due.items() if due <= now]:
                del self._due[name]
                batch.sinks[name] = self.positions[name].dump()

    async def recover(self, error: GatewayError) -> None:
        """After a failed commit: make room, or throw the connection away and open the file anew."""
        if isinstance(error, StoreFull):
            self.full = True
            await self._upkeep.watch_ceiling()
        else:
            await self.worker.call(self._writer.reopen)

    def position(self, sink: str, start: str) -> Position:
        """A sink's position; a new sink begins at all that is kept, or after it. Called at start."""
        connection = self._writer.connection
        saved = connection.execute("SELECT state FROM sink WHERE name = ?", (sink,)).get
        if saved is not None:
            position = Position.load(str(saved))
        elif start == "now":
            position = Position(high=self.next_seq - 1, baseline=self.counters.get("readings", 0))
            position.block = connection.execute("SELECT max(id) FROM block").get or 0
        else:
            position = Position()
            kept = unread_readings(connection, position)
            position.baseline = self.counters.get("readings", 0) - kept
        self.positions[sink] = position
        self._due[sink] = 0.0
        return position

    def settled(self, sink: str) -> None:
        """The position moved: write it with a commit within `SINK_FLUSH_S`."""
        self._due.setdefault(sink, time.monotonic() + SINK_FLUSH_S)

    async def bury(self, sink: str, dead: list[DeadRow]) -> None:
        """Put dead letters on disk together with the position that settles them."""
        self._open.dead += dead
        self._due[sink] = 0.0
        await self.commit()

    async def maintain(self, wall_ns: int, sealable: Callable[[int], int]) -> bool:
        """One small step of housekeeping, see `upkeep`; True when there is more to do at once."""
        return await self._upkeep.step(wall_ns, sealable)

    async def commit_due(self) -> None:
        """Write counters and positions that are due, when there are any."""
        now = time.monotonic()
        if self._changed or any(due <= now for due in self._due.values()):
            await self.commit()

    async def drop_upto(self, seq: int) -> None:
        """Delete tail rows, with every sink's position, in one transaction."""
        self._open.drop_upto = seq
        self._due = dict.fromkeys(self.positions, 0.0)
        await self.commit()
        self.horizon = max(self.horizon, seq)

    async def seal(self, limit: int, rows_max: int) -> int:
        """Move the oldest rows up to `limit` into blocks; the seq up to which it is done, 0 for nothing."""
        place = {
            row_id: (self.tables.series_device[row_id], series.measurement)
            for row_id, series in self.tables.series.items()
        }
        for measurement in {measurement for _, measurement in place.values()}:
            self.tables.name_id(measurement)
        if self.tables.new.names:
            await self.commit()
        done = await self.worker.call(self._writer.seal, limit, rows_max, place, self.tables.names)
        self.horizon = max(self.horizon, done)
        return done

    @property
    def moved_aside(self) -> Path | None:
        """Where a damaged file was moved at this start."""
        return self._file.moved_aside

    async def close(self) -> None:
        """Write what is due, checkpoint, close and let another process write."""
        self._due = dict.fromkeys(self.positions, 0.0)
        try:
            await self.commit()
        finally:
            await self.worker.call(self._writer.close)
            self.worker.stop()
            self._file.release()


def _capped(record: Record) -> bool:
    """Whether a record that is no refusal is kept under the cap of refused ones: anyone can make many."""
    if record.outcome == "join":
        return record.device is None
    return record.outcome in ("undecided", "repeated")


def _newest(connection: apsw.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT max(seq) FROM {table}").get or 0)
