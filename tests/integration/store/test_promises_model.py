"""Promises 3, 4 and 5 under any order of events: sums hold, nothing accepted is lost, each device's order is kept.

A model does at random what a daemon's days do: records (held for the clock ones too), commits, deliveries with
rejections and readings kept for later, kills, releases, sealing, dropping. After each step the sums are
counted; at the end a sink that takes everything must have had all that was not dropped, refused or replaced.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.model import Reading, Rejection, Verdict
from gateway.store.outlet import Outlet
from gateway.store.store import Store
from tests.integration.store.records import (
    Recorder,
    add,
    crash,
    drain,
    record,
    refusal,
    release,
    seal_all,
    sums,
)

Result = TypeVar("Result")
DEVICES = ("a", "b", "c")


class StoreModel(RuleBasedStateMachine):
    """One store with a sink that takes everything and one that does not."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp())
        self.number = 0
        self.open: list[tuple[str, int, int]] = []
        """(device, number, readings) added and not committed."""
        self.open_held: dict[int, tuple[str, int, int]] = {}
        self.held: dict[int, tuple[str, int, int]] = {}
        """By seq: committed, and no newer row has replaced it."""
        self.committed: list[tuple[str, int, int]] = []
        """Committed with its times right."""
        self.faithful = Recorder()
        self.moody = Recorder()
        self.start()

    def do(self, what: Awaitable[Result]) -> Result:
        return self.loop.run_until_complete(what)

    def start(self) -> None:
        async def begin() -> Store:
            return Store(self.folder / "store.db", remembered_rows=3)

        self.store = self.do(begin())
        self.store.begin_boot("boot")
        self.outlets = {name: Outlet(self.store, name, "all") for name in ("faithful", "moody")}

    # -- what happens -----------------------------------------------------------------------------------

    @rule(device=st.sampled_from(DEVICES), readings=st.integers(0, 3))
    def hear(self, device: str, readings: int) -> None:
        self.number += 1
        add(self.store, record(device, self.number, readings=readings))
        self.open.append((device, self.number, readings))

    @rule(readings=st.integers(1, 2))
    def hear_without_a_clock(self, readings: int) -> None:
        self.number += 1
        seq = add(self.store, record("late", self.number, readings=readings, held=True))
        self.open_held[seq] = ("late", self.number, readings)

    @rule()
    def refuse(self) -> None:
        self.number += 1
        add(self.store, refusal(self.number))

    @rule()
    def commit(self) -> None:
        self.do(self.store.commit())
        self.committed += self.open
        self.held |= self.open_held
        self.open, self.open_held = [], {}

    @precondition(lambda self: self.held)
    @rule(pick=st.integers(0, 50))
    def set_the_clock(self, pick: int) -> None:
        seq = sorted(self.held)[pick % len(self.held)]
        device, number, readings = self.held.pop(seq)
        release(self.store, seq, device, number, readings)
        self.open.append((device, number, readings))
        self.commit()

    @rule(lines=st.integers(1, 9))
    def deliver(self, lines: int) -> None:
        self.do(self._one_batch("faithful", self.faithful, lines))

    @rule(lines=st.integers(1, 9), bad=st.integers(0, 8), mood=st.sampled_from("rek"))
    def deliver_in_a_mood(self, lines: int, bad: int, mood: str) -> None:
        def judge(readings: Sequence[Reading]) -> Verdict:
            if mood == "k":
                return Verdict(kept=tuple(range(min(bad, len(readings)), len(readings))))
            if bad < len(readings):
                return Verdict(rejected=(Rejection(bad, 400, "no", expired=mood == "e"),))
            return Verdict()

        self.moody.judge = judge
        self.do(self._one_batch("moody", self.moody, lines))

    async def _one_batch(self, name: str, sink: Recorder, lines: int) -> None:
        outlet = self.outlets[name]
        taken = await outlet.work(lambda: outlet.take(lines))
        if taken:
            verdict = sink.deliver(taken.readings) if taken.readings else Verdict()
            await outlet.settle(taken, verdict)

    @rule(settle_too=st.booleans())
    def drop(self, settle_too: bool) -> None:
        """The ceiling takes the oldest rows, while a batch is on its way or not."""

        async def both() -> None:
            outlet = self.outlets["faithful"]
            taken = await outlet.work(lambda: outlet.take(4))
            await self.store._upkeep._drop_oldest()
            if settle_too and taken:
                self.faithful.deliver(taken.readings)
                await outlet.settle(taken, Verdict())

        self.commit()
        self.do(both())
        self.held = {seq: one for seq, one in self.held.items() if seq > self.store.horizon}

    @rule()
    def seal(self) -> None:
        self.commit()
        self.do(seal_all(self.store))

    @rule()
    def kill(self) -> None:
        for outlet in self.outlets.values():
            outlet.close()
        self.do(_nothing())
        crash(self.store)
        self.open, self.open_held = [], {}
        self.start()

    @rule()
    def close(self) -> None:
        for outlet in self.outlets.values():
            outlet.close()
        self.do(self.store.close())
        self.committed += self.open
        self.held |= self.open_held
        self.open, self.open_held = [], {}
        self.start()

    # -- what must hold ---------------------------------------------------------------------------------

    @invariant()
    def sums_hold(self) -> None:
        self.do(sums(self.store))

    @invariant()
    def each_devices_order_is_kept(self) -> None:
        for device, numbers in self.faithful.numbers().items():
            if device == "late":
                continue
            seen: set[int] = set()
            newest = 0
            for number in numbers:
                assert number in seen or number >= newest, (device, numbers)
                seen.add(number)
                newest = max(newest, number)

    def teardown(self) -> None:
        self.commit()
        self.do(drain(self.outlets["faithful"], self.faithful))
        self.store.positions.all_moved()
        self.commit()
        found = self.do(sums(self.store))
        account = found.sinks["faithful"]
        got = {(one.series.tags[0][1], int(one.values[0])) for one in self.faithful.got}
        missing = [one for one in self.committed if one[2] and one[:2] not in got]
        assert sum(readings for *_, readings in missing) <= account.dropped
        assert account.pending == account.held == sum(n for *_, n in self.held.values())
        assert account.dead == account.expired == 0
        for outlet in self.outlets.values():
            outlet.close()
        self.do(self.store.close())
        self.loop.close()
        shutil.rmtree(self.folder)


async def _nothing() -> None:
    """Let what other threads have told the loop arrive."""


StoreModel.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestStoreModel = StoreModel.TestCase
