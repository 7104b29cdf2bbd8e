"""Every change by the name under which other commands ask for it, and the workers of sinks that changes need."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any

from gateway import registry
from gateway.changes.dead_letters import DeadLetters
from gateway.config import SinkConfig
from gateway.ports import Clock, Sink
from gateway.store.store import Store

RETRY = "dead-letters retry"
DROP = "dead-letters drop"

Change = Callable[[Mapping[str, Any]], AsyncGenerator[dict[str, Any], None]]


class Desk:
    """What may be asked for, for one store."""

    def __init__(self, store: Store, sinks: Sequence[SinkConfig], clock: Clock) -> None:
        self._store = store
        self._sinks = {sink.name: sink for sink in sinks}
        self._clock = clock
        letters = DeadLetters(store, self._worker)
        self.changes: dict[str, Change] = {RETRY: letters.retry, DROP: letters.drop}

    def _worker(self, name: str) -> Sink | None:
        """A worker for one change, beside the one that delivers; None when no such sink is configured."""
        sink = self._sinks.get(name)
        if sink is None:
            return None
        position = self._store.positions.known(name)
        known = (position.version if position is not None else "") or None
        make = registry.SINKS[sink.kind].load_worker()
        worker: Sink = make(sink.section, f"{name}.change", known, self._clock)
        return worker
