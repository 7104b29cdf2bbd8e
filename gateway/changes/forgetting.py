"""Points that databases are asked to forget, because what was decoded anew does not give them any more.

A database deletes whole points, no single fields. A point that only lost fields is deleted as well, and comes back
with those it has now: the row that replaces it is delivered after that. So every sink must have had all that was
there before, or it would bring the old one back later.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from gateway.changes.dead_letters import SinkMaker
from gateway.errors import Blocked, Unavailable
from gateway.pipeline.redecode import Difference
from gateway.ports import Sink
from gateway.store.history import unread_readings
from gateway.store.store import Store
from gateway.worker import Worker

BEHIND_S_MAX = 10.0
"""How long sinks may take to have had everything that is there now."""
LOOK_S = 0.1


class Forgetting:
    """The sinks, asked to delete points."""

    def __init__(self, names: Sequence[str], make_sink: SinkMaker) -> None:
        self._names = names
        self._make_sink = make_sink
        self._thread: Worker | None = None
        self._sinks: dict[str, Sink] = {}
        self._deleted: dict[str, int] = {}
        self._why: dict[str, str] = {}

    async def ready(self, store: Store) -> None:
        """Wait until every sink has had what there is.

        Raises:
            Unavailable: one has not.
        """
        newest, loop = store.newest_seq, asyncio.get_running_loop()
        deadline = loop.time() + BEHIND_S_MAX
        for name, position in store.positions.items():
            while await store.read(unread_readings, position, newest):
                if loop.time() > deadline:
                    raise Unavailable(
                        f"sink {name} has not had everything yet, and what is deleted would come back:"
                        " wait until nothing is pending in `status`, with the daemon running"
                    )
                await asyncio.sleep(LOOK_S)

    def begin(self) -> None:
        """Nothing was asked for yet in this run."""
        self._deleted, self._why = {}, {}

    async def forget(self, found: Sequence[Difference]) -> None:
        """Ask every sink to delete what has vanished.

        Raises:
            Unavailable: one is away; nothing of this page is written.
        """
        keys = [key for one in found for key in one.to_delete()]
        if not keys:
            return
        if self._thread is None:
            self._thread = Worker("redecode-delete")
        for name in self._names:
            if name in self._why:
                continue
            sink = self._sinks.get(name) or self._make_sink(name)
            if sink is None:
                continue
            self._sinks[name] = sink
            delete = getattr(sink, "delete", None)
            if delete is None:
                self._why[name] = "this kind of sink cannot delete"
                continue
            try:
                await self._thread.call(delete, keys)
            except Blocked as error:
                self._why[name] = str(error)
            else:
                self._deleted[name] = self._deleted.get(name, 0) + len(keys)

    def close(self) -> None:
        """Let go of the sinks."""
        for sink in self._sinks.values():
            sink.close()
        self._sinks.clear()
        if self._thread is not None:
            self._thread.stop()
            self._thread = None

    def document(self) -> dict[str, Any]:
        """How many points each sink was asked to delete, or why it was not."""
        return {"points": dict(self._deleted), "why_not": dict(self._why)}
