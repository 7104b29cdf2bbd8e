"""A sink's side of the store: it takes readings by its position and settles them. One per sink.

`take` runs in the sink's own thread with a reading connection of its own; the rest belongs to the event loop.
"""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

import apsw

from gateway.errors import Unavailable
from gateway.model import Reading, Verdict
from gateway.store.batch import DeadRow
from gateway.store.blocks import Rotted
from gateway.store.connection import open_reader, store_errors
from gateway.store.history import Taken, take_from_chunks, take_from_tail
from gateway.store.packing import pack_body
from gateway.store.store import Store
from gateway.worker import Worker

Result = TypeVar("Result")
ROT_S = 1.0
"""Until housekeeping has set aside what cannot be read."""


class Outlet:
    """Readings for one sink."""

    def __init__(self, store: Store, sink: str, start: str) -> None:
        self.position = store.position(sink, start)
        self._store = store
        self._sink = sink
        self._worker = Worker(f"sink-{sink}")
        self._connection: apsw.Connection | None = None

    def work(self, function: Callable[[], Result]) -> "asyncio.Future[Result]":
        """Run something in the sink's thread."""
        return self._worker.call(function)

    def more(self) -> "asyncio.Future[None]":
        """Done when readings were committed after this call."""
        return self._store.more

    def take(self, lines_max: int) -> Taken:
        """The next readings; the same again until they are settled. Not in the event loop.

        Raises:
            Unavailable: the store cannot be read now.
        """
        try:
            with store_errors():
                if self._connection is None:
                    self._connection = open_reader(self._store.path)
                position, series = self.position, self._store.tables.series
                if position.high < self._store.horizon:
                    taken = take_from_chunks(self._connection, position, series, lines_max)
                    if taken:
                        return taken
                return take_from_tail(self._connection, position, series, lines_max)
        except Unavailable:
            self._connection = None  # the next one begins with what is there then
            raise
        except Rotted as rot:
            self._store.rotted.append(rot)
            raise Unavailable(str(rot), ROT_S) from rot

    @property
    def behind(self) -> bool:
        """Whether readings of this run wait for the sink."""
        return self.position.high < self._store.newest_reading

    @property
    def pending(self) -> int:
        """How many readings the sink has still to settle, those that wait for the clock included."""
        position = self.position
        return self._store.counters.get("readings", 0) - position.baseline - position.settled()

    async def settle(self, taken: Taken, verdict: Verdict) -> None:
        """Move the position over what was taken, but for what the verdict keeps."""
        async with self._store.settling:
            position = self.position
            whole = taken.up_to(min(verdict.kept, default=len(taken.readings)))
            complete = whole == len(taken.readings)
            readings = taken.readings[:whole]
            # Rows that were dropped meanwhile are counted as that.
            new = sum(reading.seq > position.high for reading in readings)
            rejected = [
                (readings[rejection.index], rejection)
                for rejection in verdict.rejected
                if rejection.index < whole and readings[rejection.index].seq > position.high
            ]
            now_ns = time.time_ns()
            dead = [
                self._dead_row(reading, rejection.status, rejection.text, now_ns)
                for reading, rejection in rejected
                if not rejection.expired
            ]
            expired = len(rejected) - len(dead)
            position.delivered += new - len(dead) - expired
            position.dead += len(dead)
            position.expired += expired
            high = taken.high if complete else readings[-1].seq if readings else position.high
            position.pass_by(
                high,
                [held for held in taken.held if held[1] <= high],
                [gone for seq, gone in taken.released if seq <= high],
            )
            if dead:
                await self._store.bury(self._sink, dead)
            else:
                self._store.settled(self._sink)

    def _dead_row(self, reading: Reading, status: int, text: str, now_ns: int) -> DeadRow:
        series = self._store.tables.series_ids[reading.series]
        packed = pack_body([(series, reading.time_ns, *reading.values)])
        return (
            self._sink, reading.seq, reading.index, series, reading.time_ns, packed, status, text, now_ns,
        )  # fmt: skip

    def close(self) -> None:
        """End the thread after what it is doing; does not wait for it."""
        self._worker.stop()
