"""All promises at once: hearing, killing, delivering, sealing, deleting, holding, changing, in any order.

Hypothesis plays a daemon's life on one file and shrinks what breaks it. After each step both sums are counted
from the file by another connection; at the end every reading that was accepted and not given up is in the sink's
database, and each device's readings came in their order. Chunks and blocks are a few rows here, so that their
edges are met often.
"""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator, Coroutine
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.changes.dead_letters import DeadLetters
from gateway.errors import StoreFull, Unavailable
from gateway.pipeline.amended import amend
from gateway.store import blocks, ceiling, recovery
from gateway.store.connection import open_reader
from gateway.store.kept_rows import KeptRows
from gateway.store.outlet import Outlet
from gateway.store.store import Store
from gateway.store.superseded import letters_of, supersede
from tests.store_bench import (
    RememberingSink,
    balanced,
    close,
    drain,
    integrity,
    keep_house,
    kill,
    opened,
    put,
    record,
    refused,
    stamped,
)

DEVICES = ("air-01", "air-02")
DAY_S = 86400.0


class StoreLife(RuleBasedStateMachine):
    """One file, its daemons one after the other, and the databases outside."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="store-life-"))
        self.path = self.folder / "store.db"
        self.next_number = 0
        self.open: list[tuple[int, str, bool]] = []
        """(number, device, held) of what is added and not committed."""
        self.accepted: dict[int, tuple[str, bool]] = {}
        """(device, held) of what is committed, by number."""
        self.sinks = {"city": RememberingSink("city")}
        self.watched: dict[str, set[int]] = {"city": set()}
        """Numbers that each sink must get: committed while it was configured, or kept when it came."""
        self.outlets: dict[str, Outlet] = {}
        self.gave_up = False
        self.amended: set[int] = set()
        """Numbers of what was decoded again: those are given out of their order."""
        self.store: Store
        self.start()

    def play(self, step: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(step)

    # -- the daemon's life ------------------------------------------------------------------------------

    def start(self) -> None:
        async def begin() -> None:
            self.store = opened(self.path, remembered_rows=4)
            self.outlets = {name: Outlet(self.store, name, "all") for name in self.sinks}

        self.play(begin())

    @rule()
    def is_killed(self) -> None:
        self.play(kill(self.store))
        self.let_go()
        self.open.clear()
        self.start()

    @rule()
    def is_restarted(self) -> None:
        self.play(close(self.store))
        self.let_go()
        self.committed()
        self.start()

    def let_go(self) -> None:
        for outlet in self.outlets.values():
            outlet.close()
            outlet._worker.join(5)
            if outlet._connection is not None:
                outlet._connection.close()

    @precondition(lambda self: "late" not in self.sinks)
    @rule()
    def a_second_sink_is_configured(self) -> None:
        self.is_restarted()
        self.sinks["late"] = RememberingSink("late")
        self.watched["late"] = set()  # what it missed while it was away counts as dropped
        self.play(self.add_sink("late"))

    async def add_sink(self, name: str) -> None:
        self.outlets[name] = Outlet(self.store, name, "all")

    @precondition(lambda self: "late" in self.sinks)
    @rule()
    def it_is_taken_out_of_the_configuration(self) -> None:
        self.play(close(self.store))
        self.let_go()
        self.committed()
        del self.sinks["late"]
        self.start()

    # -- the left half ----------------------------------------------------------------------------------

    @rule(count=st.integers(1, 6), device=st.sampled_from(DEVICES), held=st.booleans())
    def hears(self, count: int, device: str, held: bool) -> None:
        for _ in range(count):
            put(self.store, record(self.next_number, device=device, held=held))
            self.open.append((self.next_number, device, held))
            self.next_number += 1

    @rule()
    def hears_a_stranger(self) -> None:
        put(self.store, refused(self.next_number))
        self.next_number += 1

    @rule()
    def commits(self) -> None:
        self.play(self.store.commit())
        self.committed()

    def committed(self) -> None:
        for number, device, held in self.open:
            self.accepted[number] = (device, held)
            for watched in self.watched.values():
                watched.add(number)
        self.open.clear()

    @rule(most=st.integers(1, 5))
    def the_clock_is_set(self, most: int) -> None:
        async def release() -> None:
            held = await self.store.read(recovery.held, self.store.tables, most)
            for seq, _, one in held:
                if self.store.waits_for_clock(seq):
                    put(self.store, stamped(one.f_cnt or 0, seq, device=one.device or ""))
                    self.store.released(seq)

        self.play(release())

    # -- the right half ---------------------------------------------------------------------------------

    @rule(
        name=st.sampled_from(["city", "late"]),
        lines=st.integers(2, 15),
        keeps=st.booleans(),
        refuses=st.booleans(),
    )
    def a_sink_takes_a_batch(self, name: str, lines: int, keeps: bool, refuses: bool) -> None:
        if name not in self.sinks:
            return
        sink = self.sinks[name]
        sink.batch_lines = lines
        first = min((n for n in self.accepted if n not in sink.numbers()), default=0)
        sink.keeps_from = first + 3.0 if keeps else None
        sink.refuses = frozenset({float(first)}) if refuses else frozenset()
        dead_before = self.store.dead_rows
        self.play(drain(self.outlets[name], sink, batches=1))
        if self.store.dead_rows > dead_before:
            self.committed()  # dead letters are committed at once, and what is open goes with them

    # -- what people change -----------------------------------------------------------------------------

    @rule(name=st.sampled_from(["city", "late"]), refuses=st.booleans())
    def dead_letters_are_offered_again(self, name: str, refuses: bool) -> None:
        if name not in self.sinks:
            return
        sink = self.sinks[name]
        first = min(sink.rejected, default=0)
        sink.batch_lines, sink.keeps_from = 500, None
        sink.refuses = frozenset({float(first)}) if refuses else frozenset()
        in_order = len(sink.order)
        self.changed(DeadLetters(self.store, lambda _: sink).retry({"sink": name}))
        del sink.order[in_order:]  # they come when somebody says so

    @rule(name=st.sampled_from(["city", "late"]))
    def dead_letters_are_dropped(self, name: str) -> None:
        self.changed(DeadLetters(self.store, lambda _: None).drop({"sink": name}))

    def changed(self, lines: AsyncGenerator[dict[str, Any], None]) -> None:
        async def follow() -> None:
            with contextlib.suppress(StoreFull, Unavailable):
                async for _ in lines:
                    pass

        self.play(follow())
        if not self.store.unsure and not self.store._open:  # nothing is committed for no letters
            self.committed()

    @rule(every=st.integers(1, 4), forgets=st.booleans())
    def some_is_decoded_again(self, every: int, forgets: bool) -> None:
        async def decode() -> None:
            rows = KeptRows(open_reader(self.path), "no link", 0)
            list(rows.look_ahead())
            kept = [row for page in rows.pages() for row in page if row.data and not row.waits]
            rows.close()
            async with self.store.settling:
                letters = await self.store.read(letters_of, {row.holder for row in kept})
                for row in kept[::every]:
                    amend(self.store, row.seq, row.record, row.outcome, row.outcome, row.data)
                    supersede(self.store, row.data, letters)
                    if forgets:
                        self.store.forget((*row.data, *row.remains))
                    self.amended.add(int(str(row.data[0].values[0]).removesuffix(".0")))
                with contextlib.suppress(StoreFull, Unavailable):
                    await self.store.commit()

        self.play(decode())
        if not self.store.unsure:
            self.committed()

    # -- housekeeping -----------------------------------------------------------------------------------

    @rule(days=st.sampled_from([1.0, 400.0]))
    def keeps_house(self, days: float) -> None:
        self.play(keep_house(self.store, at_s=days * DAY_S))
        self.committed()

    @rule()
    def gives_up_the_oldest(self) -> None:
        self.play(self.store._upkeep._drop_oldest())
        self.committed()
        self.gave_up = True

    @rule(gives_up=st.booleans())
    def the_disk_is_full(self, gives_up: bool) -> None:
        async def without_room() -> None:
            pages = await self.store.read(_limit, 1)
            try:
                await self.store.commit()
            except StoreFull as error:
                await self.store.recover(error)
                if gives_up:
                    await self.store._upkeep._drop_oldest()
                    self.gave_up = True
            await self.store.read(_limit, pages)

        self.play(without_room())
        if not self.store.unsure:
            self.committed()

    @rule()
    def the_file_cannot_be_written_for_a_moment(self) -> None:
        async def without_file() -> None:
            await self.store.read(lambda connection: connection.close(True))
            with contextlib.suppress(Unavailable):
                await self.store.commit()
            await self.store.recover(Unavailable("the disk"))

        self.play(without_file())

    # -- what must hold ---------------------------------------------------------------------------------

    @invariant()
    def the_sums_hold(self) -> None:
        balanced(self.path)

    def teardown(self) -> None:
        try:
            self.in_the_end_all_is_delivered()
        finally:
            self.runner.close()
            shutil.rmtree(self.folder)

    def in_the_end_all_is_delivered(self) -> None:
        async def end() -> None:
            await self.store.commit()
            for _ in range(self.next_number + 1):
                held = await self.store.read(recovery.held, self.store.tables, 1000)
                for seq, _, one in held:
                    if self.store.waits_for_clock(seq):
                        put(self.store, stamped(one.f_cnt or 0, seq, device=one.device or ""))
                        self.store.released(seq)
                await self.store.commit()
                if not held:
                    break
            for name, sink in self.sinks.items():
                sink.batch_lines, sink.keeps_from, sink.refuses = 50, None, frozenset()
                await drain(self.outlets[name], sink)
            await close(self.store)

        self.play(end())
        self.let_go()
        self.committed()
        found = balanced(self.path)
        for name, sink in self.sinks.items():
            assert found.sinks[name].pending == 0
            if not self.gave_up:
                assert self.watched[name] <= sink.numbers() | sink.rejected
            self.order_was_kept(sink)
        assert integrity(self.path) == "ok"

    def order_was_kept(self, sink: RememberingSink) -> None:
        for device in DEVICES:
            seen: list[float] = []
            for one in sink.order:
                number = one.values[0]
                assert isinstance(number, float)
                known = self.accepted.get(int(number))
                if known == (device, False) and number not in (*seen, *self.amended):
                    seen.append(number)
            assert seen == sorted(seen)


def _limit(connection: apsw.Connection, pages: int) -> int:
    """Let the file have this many pages, or those it has; how many it might have before."""
    before = connection.pragma("max_page_count")
    connection.pragma("max_page_count", pages)
    return int(before)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ceiling.Shares, "rows_at_once", 5)
    monkeypatch.setattr(blocks, "BLOCK_READINGS_MAX", 3)


class TestStoreLife(StoreLife.TestCase):  # type: ignore[name-defined, misc]
    """The machine as a test case of pytest."""

    settings = settings(
        max_examples=int(os.environ.get("STORE_LIVES", "60")),
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
