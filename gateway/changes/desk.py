"""Every change by the name under which other commands ask for it, and the workers of sinks that changes need."""

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from gateway import registry
from gateway.changes.codecs import AnyDecoder
from gateway.changes.dead_letters import DeadLetters
from gateway.changes.forgetting import Forgetting
from gateway.changes.redecode import Redecode
from gateway.changes.shadow import Parts
from gateway.config import Config
from gateway.lorawan.region import region
from gateway.pipeline.codec_readings import CodecReadings
from gateway.pipeline.interpret import Interpreter
from gateway.pipeline.payloads import Payloads
from gateway.ports import Clock, Sink
from gateway.store.store import Store

RETRY = "dead-letters retry"
DROP = "dead-letters drop"
REDECODE = "redecode"

Change = Callable[[Mapping[str, Any]], AsyncGenerator[dict[str, Any], None]]


class Desk:
    """What may be asked for, for one store."""

    def __init__(
        self,
        store: Store,
        config: Config,
        clock: Clock,
        interpreter: Interpreter,
        payloads: Payloads,
    ) -> None:
        """`interpreter` and `payloads` are the running gateway's."""
        self._store = store
        self._sinks = {sink.name: sink for sink in config.sinks}
        self._clock = clock
        letters = DeadLetters(store, self._worker)
        gateway = config.gateway
        parts = Parts(
            fleet=lambda: interpreter.fleet,
            lorawan=lambda: interpreter.lorawan,
            region=region(gateway.region) if gateway.region else None,
            host=gateway.name,
            tags=dict(gateway.tags),
            backfill_max_s=gateway.backfill_max,
            payloads=payloads,
            decoder=AnyDecoder(payloads, CodecReadings(store.tables.types)),
        )
        again = Redecode(store, parts, Forgetting(tuple(self._sinks), self._worker))
        self.changes: dict[str, Change] = {
            RETRY: letters.retry,
            DROP: letters.drop,
            REDECODE: again.run,
        }

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
