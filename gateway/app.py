"""The composition root: a configuration becomes objects, the objects become one TaskGroup.

start   store opened, sessions and memory restored, sources and sinks started, READY
stop    sources stop receiving, what they gave is committed and acknowledged, sinks get a last moment,
        counters are flushed, the store is closed; within 10 s
"""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from decoders.registry import DECODERS
from gateway import registry
from gateway.changes.desk import Desk
from gateway.codec_worker.worker import CodecWorker
from gateway.config import Config
from gateway.errors import GatewayError, StoreDamaged, StoreFull, Unavailable
from gateway.host.clock import SystemClock
from gateway.host.control import ControlSocket
from gateway.host.loop_lag import LoopLag
from gateway.host.power_supply import PowerSupply
from gateway.host.systemd import ServiceManager
from gateway.journal import Journal
from gateway.lorawan.region import region
from gateway.pipeline.codec_readings import CodecReadings
from gateway.pipeline.decode import Decode
from gateway.pipeline.deliver import Deliver
from gateway.pipeline.fleet import Fleet
from gateway.pipeline.ingest import Ingest, retry_undecided
from gateway.pipeline.interpret import Interpreter
from gateway.pipeline.payloads import Payloads
from gateway.pipeline.readings import ReadingMaker
from gateway.pipeline.release import Release
from gateway.pipeline.server_object import ServerObjects
from gateway.pipeline.sessions import SessionBook
from gateway.pipeline.times import GatewayClocks
from gateway.pipeline.untimed import TimedOnly
from gateway.ports import Returning, Sink, Source
from gateway.reload import Reload
from gateway.store import recovery
from gateway.store.connection import SQLITE_VERSION
from gateway.store.outlet import Outlet
from gateway.store.store import Store
from gateway.store.undecoded import Backlog
from gateway.store.upkeep import REMEMBERED_ROWS

LAST_COMMIT_S = 4.0
"""Time at the end for what sources gave to reach the disk."""
LAST_DELIVERY_S = 3.0
"""Time at the end for sinks to take what is left; the rest waits in the store."""
FIRST_LOOK_S = 2.0
"""For who vouches for the clock to answer before sources start."""
HOUSEKEEPING_S = 1.0
STATUS_LINE_S = 10.0
WRITER_SILENT_S_MAX = 60.0
"""Above any fsync of a bad card; housekeeping asks the writer each second."""
UNDECIDED_AT_ONCE = 20
"""Searches made in one idle moment, each some hundred checks."""


class Gateway:
    """One configured gateway. Made and run in one event loop."""

    def __init__(self, config: Config, clock: SystemClock) -> None:
        """Open the store and restore what was known.

        Raises:
            StoreInUse, StoreForeign, StoreFull, Unavailable: the store cannot be used; nothing runs.
        """
        self.config = config
        self.clock = clock
        self.journal = Journal("gateway")
        store = config.store
        self.store = Store(
            Path(store.path),
            size_max=store.size_max,
            age_max_s=store.age_max,
            when_full=store.when_full,
        )
        self.store.begin_boot(clock.boot_id)
        fleet = Fleet(
            config.devices, region(config.gateway.region) if config.gateway.region else None
        )
        lorawan = fleet.lorawan()
        self.book = SessionBook(lorawan, self.store)
        maker = ReadingMaker(config.gateway.name, dict(config.gateway.tags))
        types = self.store.tables.types
        payloads = Payloads(DECODERS, ServerObjects(types))
        self.interpreter = Interpreter(
            fleet,
            lorawan,
            self.store,
            maker,
            GatewayClocks(config.gateway.backfill_max),
            payloads,
        )
        with self.store.restoring():
            last_heard = self._recall()
        self.release = Release(
            self.store,
            self.interpreter,
            config.gateway.clock_wait,
            partial(self.store.read, recovery.held, self.store.tables),
        )
        self.decode = Decode(
            self.store, Backlog(self.store), CodecWorker(), self.interpreter, maker, payloads,
            CodecReadings(types),
        )  # fmt: skip
        self.ingest = Ingest(self.interpreter, self.store, self.book, store.commit_interval)
        self.sources = self._make_sources(last_heard)
        self.sinks: dict[str, tuple[Sink, Outlet]] = {}
        self.delivers: dict[str, Deliver] = {}
        self._make_sinks()
        self.reload = Reload(config, self.interpreter, self.book, maker, self.store)
        self.power = PowerSupply()
        self._kept_house_at = time.monotonic()
        clock.on_trusted = self._clock_is_set
        self.desk = Desk(self.store, config, clock, self.interpreter, payloads)

    def _make_sources(self, last_heard: Mapping[str, int]) -> list[Source]:
        """Each told when it was heard last, where that matters to it; nothing is connected."""
        sources: list[Source] = [
            registry.SOURCES[source.kind].load_worker()(source.section, source.name)
            for source in self.config.sources
        ]
        for source in sources:
            self.ingest.expect_window(source.window)
            if isinstance(source, Returning) and source.name in last_heard:
                source.heard_before(last_heard[source.name])
        return sources

    def _make_sinks(self) -> None:
        """Each with its position in the store and its loop."""
        timed_only = self.config.gateway.clock_never == "dead_letter"
        for config in self.config.sinks:
            outlet = Outlet(self.store, config.name, config.section.start)
            make = registry.SINKS[config.kind].load_worker()
            known = outlet.position.version or None
            sink = make(config.section, config.name, known, self.clock)
            self.sinks[config.name] = (sink, outlet)
            self.delivers[config.name] = Deliver(
                TimedOnly(sink) if timed_only else sink,
                outlet,
                probe_s=config.section.probe_interval,
            )

    def _recall(self) -> dict[str, int]:
        """Restore sessions and the memory of what was heard lately; when each source last heard, Unix ns."""
        connection = self.store.connection
        states = recovery.sessions(connection)
        self.book.restore(states, partial(recovery.counters_after, connection))
        epochs = {state.id: state.epoch for state in states}
        last_heard: dict[str, int] = {}
        for seq, record in recovery.newest_records(connection, self.store.tables, REMEMBERED_ROWS):
            self.interpreter.recall(seq, record, epochs.get(record.session or 0, 0))
            last_heard[record.heard.source] = record.heard.received.wall_ns
        return last_heard

    # -- running --------------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set, then end in order."""
        systemd = ServiceManager()
        lag = LoopLag()
        control = ControlSocket(self.config.store.path, {"status": self.status}, self.desk.changes)
        with contextlib.suppress(TimeoutError):  # a silent bus does not delay READY
            async with asyncio.timeout(FIRST_LOOK_S):
                await self.clock.look()
        ingest = asyncio.create_task(self.ingest.run(), name="ingest")
        async with asyncio.TaskGroup() as group:
            ways_in = [
                group.create_task(source.run(self.ingest, self.clock), name=f"source {source.name}")
                for source in self.sources
            ]
            ways_out = [
                group.create_task(deliver.run(), name="deliver")
                for deliver in self.delivers.values()
            ]
            others = [
                group.create_task(self.clock.watch(), name="clock"),
                group.create_task(self._keep_house(), name="housekeeping"),
                group.create_task(self.reload.watch(), name="reload"),
                group.create_task(self.decode.run(), name="decode"),
                group.create_task(control.serve(), name="control"),
                group.create_task(lag.watch(), name="loop lag"),
                group.create_task(self.power.watch(), name="power supply"),
                group.create_task(systemd.watchdog(self._alive, lag), name="watchdog"),
                group.create_task(self._tell(systemd), name="status line"),
                group.create_task(_fail_with(ingest), name="ingest watch"),
            ]
            systemd.ready(self._line())
            self.journal.info(
                "running", store=self.config.store.path, clock=self.clock.how, sqlite=SQLITE_VERSION
            )
            await stop.wait()
            systemd.stopping()
            await self._end(ways_in, ways_out, others, ingest)
        await self._close(control)

    async def _end(
        self,
        ways_in: list[asyncio.Task[None]],
        ways_out: list[asyncio.Task[None]],
        others: list[asyncio.Task[None]],
        ingest: asyncio.Task[None],
    ) -> None:
        for task in (*ways_in, *others):
            task.cancel()
        await asyncio.gather(*ways_in, *others, return_exceptions=True)
        self.ingest.finish()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_COMMIT_S):
                await ingest
        for source in self.sources:
            await source.close()
        await self._last_delivery()
        for deliver in self.delivers.values():
            deliver.stop()
        for sink, _ in self.sinks.values():
            sink.close()
        _, late = await asyncio.wait(ways_out, timeout=1.0) if ways_out else (set(), set())
        for task in late:
            task.cancel()

    async def _last_delivery(self) -> None:
        """Let sinks that work take what is committed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_DELIVERY_S):
                while any(
                    sink.health.state == "up" and outlet.behind
                    for sink, outlet in self.sinks.values()
                ):
                    await asyncio.sleep(0.05)

    async def close_unused(self) -> None:
        """End one that was never run: a command has changed the store while no daemon ran."""
        self.decode.close()
        for sink, outlet in self.sinks.values():
            sink.close()
            outlet.close()
        await self.store.close()

    async def _close(self, control: ControlSocket) -> None:
        control.close()
        self.decode.close()
        for name, (sink, outlet) in self.sinks.items():
            outlet.position.version = getattr(sink, "detected_version", None) or ""
            self.store.settled(name)
            outlet.close()
        self.book.flush_all()
        try:
            await self.store.close()
        except GatewayError as error:  # what is not on disk was not acknowledged either
            self.journal.error("stopped_without_last_commit", why=error)
            return
        self.journal.info("stopped")

    async def _keep_house(self) -> None:
        """Seal, prune, retry and release, in small steps between commits."""
        while True:
            await asyncio.sleep(HOUSEKEEPING_S)
            try:
                await self._keep_house_once()
                self.ingest.disk_works()
            except (StoreFull, Unavailable) as error:
                self.ingest.disk_refuses(error)
                await self.store.recover(error)
            self._kept_house_at = time.monotonic()

    async def _keep_house_once(self) -> None:
        for name, (sink, outlet) in self.sinks.items():
            version = getattr(sink, "detected_version", None) or ""
            if version and version != outlet.position.version:
                outlet.position.version = version
                self.store.settled(name)
        if not self.store.path.exists():
            raise StoreDamaged(
                f"{self.store.path} was taken away while it was written to: what came since is lost"
                " unless its source sends again; ending, so that a new store is begun"
            )
        while self.store.hold_low is not None and await self.release.step(self.clock.stamp()):
            await asyncio.sleep(0.02)
        if self.store.counters.get("outcome.undecided", 0):
            await self._retry_undecided()
        while await self.store.maintain(self.clock.stamp(), self._sealable):
            await asyncio.sleep(0.02)

    def _clock_is_set(self) -> None:
        """Sinks whose TLS waited for the clock need not wait on."""
        for deliver in self.delivers.values():
            deliver.wake()

    async def _retry_undecided(self) -> None:
        waiting = await self.store.read(recovery.undecided, self.store.tables, UNDECIDED_AT_ONCE)
        kept = [(seq, record.heard) for seq, record in waiting if self.store.waits_for_search(seq)]
        retry_undecided(self.interpreter, self.store, kept, self.store.decided)
        await self.store.commit()

    def _sealable(self, wanted: int) -> int:
        """The newest row whose counters are on disk; asks for a flush when that is behind."""
        if self.book.flushed < wanted:
            self.book.begin_round()
        return self.book.flushed

    async def _tell(self, systemd: ServiceManager) -> None:
        while True:
            await asyncio.sleep(STATUS_LINE_S)
            systemd.status(self._line())

    def _line(self) -> str:
        """One line for `systemctl status`."""
        count = self.store.counters.get
        ways = [f"{way.name} {way.health.state}" for way in self.sources]
        ways += [f"{name} {sink.health.state}" for name, (sink, _) in self.sinks.items()]
        return f"{count('heard', 0)} frames, {count('readings', 0)} readings; {', '.join(ways)}"

    def _alive(self) -> bool:
        """For the watchdog: the writer answers. Nothing here depends on brokers or databases.

        A disk that refuses is told by `stalled`: to be started again would not help it.
        """
        silent_s = time.monotonic() - self._kept_house_at
        return silent_s < WRITER_SILENT_S_MAX or self.ingest.stalled is not None

    def status(self) -> Mapping[str, Any]:
        """What only the running daemon knows, as JSON-able values."""
        return {
            "clock": self.clock.status(),
            "power": self.power.status(),
            "stalled": self.ingest.stalled,
            "decode": self.decode.status(),
            "devices": self.reload.status(),
            "full": self.store.full,
            "moved_aside": str(self.store.moved_aside) if self.store.moved_aside else None,
            "gateway_clocks_disbelieved": dict(self.interpreter.clocks.disbelieved),
            "sources": {
                source.name: {
                    "state": source.health.state,
                    "why": source.health.sentence,
                    "guarantee": source.guarantee,
                    "counters": dict(source.health.counters),
                }
                for source in self.sources
            },
            "sinks": {
                name: {
                    "state": sink.health.state,
                    "why": sink.health.sentence,
                    "version": outlet.position.version or None,
                    "counters": dict(sink.health.counters),
                    **self.delivers[name].progress(),
                }
                for name, (sink, outlet) in self.sinks.items()
            },
            "receivers": {
                receiver: {"source": report.source, "figures": report.figures}
                for receiver, report in self.ingest.reports.items()
            },
        }


async def _fail_with(task: asyncio.Task[None]) -> None:
    """Let a bug in a task outside the group end the group."""
    await asyncio.shield(task)
