"""Nothing is acknowledged before it is on disk, and nothing waits longer than it must.

The ledger is the real store; where a test needs a disk that refuses, its writer's door is held shut.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import apsw
import pytest

from gateway.errors import GatewayError, StoreFull, Unavailable
from gateway.model import Frame, ReceiverReport
from gateway.pipeline import ingest as ingest_module
from gateway.pipeline.ingest import (
    REPORTS_MAX,
    UNACKNOWLEDGED_MAX,
    WAITING_MAX,
    Ingest,
    retry_undecided,
)
from gateway.store.store import Store
from tests.pipeline_bench import (
    AIR_PORT,
    NEAR,
    START_S,
    Bench,
    air_report,
    device_of,
    heard_by,
    stamp,
    who,
)

ONE = who()
NODE = ONE.node()
PATIENCE_S = 5.0
LONG_S = 30.0
"""A commit interval that no test waits for: what is committed before was committed early."""


def frame(f_cnt: int, source: str = "udp") -> Frame:
    phy = NODE.uplink(f_cnt, AIR_PORT, air_report())
    return heard_by(NEAR, START_S + f_cnt, phy, source=source)


class Failing:
    """A store whose next commits fail; everything else is the store's."""

    def __init__(self, store: Store, *errors: GatewayError) -> None:
        self._store = store
        self.errors = list(errors)
        self.recovered: list[GatewayError] = []
        self.full = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def commit(self) -> None:
        if self.errors:
            raise self.errors.pop(0)
        await self._store.commit()

    async def recover(self, error: GatewayError) -> None:
        self.recovered.append(error)


def kept(bench: Bench) -> int:
    """Rows that another process would find in the file."""
    reader = apsw.Connection(str(bench.store.path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return int(reader.execute("SELECT count(*) FROM frame").get)
    finally:
        reader.close()


@asynccontextmanager
async def running(
    bench: Bench, interval_s: float = LONG_S, ledger: Any = None
) -> AsyncIterator[Ingest]:
    ingest = Ingest(bench.interpreter, ledger or bench.store, bench.book, interval_s)
    task = asyncio.create_task(ingest.run())
    try:
        yield ingest
    finally:
        ingest.finish()
        async with asyncio.timeout(PATIENCE_S):
            await task


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.002)


async def test_a_receipt_comes_after_the_commit_within_the_interval(open_bench: Any) -> None:
    bench, found = open_bench(device_of(ONE)), []
    async with running(bench, 0.05) as ingest:
        ingest.submit([frame(1)], lambda: found.append(kept(bench)))
        assert found == []
        await until(lambda: bool(found))
    assert found == [1], "the row was there when the source was told"


async def test_hearings_of_one_interval_share_a_commit(open_bench: Any) -> None:
    bench, found = open_bench(device_of(ONE)), []
    async with running(bench, 0.1) as ingest:
        for n in (1, 2, 3):
            ingest.submit([frame(n)], lambda: found.append(kept(bench)))
            await asyncio.sleep(0.01)
        await until(lambda: len(found) == 3)
    assert found == [3, 3, 3]


async def test_sixteen_unacknowledged_messages_are_committed_at_once_and_in_order(
    open_bench: Any,
) -> None:
    bench, order = open_bench(device_of(ONE)), []
    assert UNACKNOWLEDGED_MAX == 16
    async with running(bench) as ingest:
        for n in range(15):
            ingest.submit([frame(n)], lambda n=n: order.append(n))
        await asyncio.sleep(0.05)
        assert order == []
        ingest.submit([frame(15)], lambda: order.append(15))
        await until(lambda: len(order) == 16)
    assert order == list(range(16))


async def test_a_smaller_window_of_a_far_end_is_committed_at_once(open_bench: Any) -> None:
    bench, order = open_bench(device_of(ONE)), []
    async with running(bench) as ingest:
        ingest.expect_window(0)
        ingest.expect_window(2)
        ingest.expect_window(8)
        for n in (1, 2):
            ingest.submit([frame(n)], lambda n=n: order.append(n))
        await until(lambda: order == [1, 2])


async def test_a_message_without_hearings_is_acknowledged_too(open_bench: Any) -> None:
    told: list[bool] = []
    async with running(open_bench(device_of(ONE)), 0.01) as ingest:
        ingest.submit([], lambda: told.append(True))
        await until(lambda: told == [True])


async def test_everything_is_counted_by_outcome_and_by_source(open_bench: Any) -> None:
    bench = open_bench(device_of(ONE))
    async with running(bench, 0) as ingest:
        ingest.submit([frame(1), frame(1)])
        ingest.submit([frame(2, "mqtt")])
        ingest.report(ReceiverReport("udp", NEAR.eui, stamp(START_S), {"rxnb": 1.0}))
    names = ("heard", "outcome", "source", "readings", "reports")
    found = {k: v for k, v in bench.store.counters.items() if k.split(".")[0] in names}
    assert found == {
        "heard": 3, "outcome.uplink": 2, "outcome.redelivered": 1, "source.udp": 2,
        "source.mqtt": 1, "readings": 4, "reports": 1,
    }  # fmt: skip


async def test_finish_commits_what_is_left(open_bench: Any) -> None:
    bench, found = open_bench(device_of(ONE)), []
    async with running(bench) as ingest:
        ingest.submit([frame(1)], lambda: found.append(kept(bench)))
    assert found == [1]


async def test_a_full_store_acknowledges_nothing_and_counts_what_cannot_wait(
    open_bench: Any,
) -> None:
    bench, told = open_bench(device_of(ONE)), []
    async with running(bench, 0.01) as ingest:
        bench.store.full = True
        ingest.submit([frame(1), frame(2)])
        assert bench.store.counters["outcome.store_full"] == 2
        assert bench.store.counters["heard"] == bench.store.counters["source.udp"] == 2
        ingest.submit([frame(3, "mqtt")], lambda: told.append(kept(bench)))
        await until(lambda: ingest.stalled == "the store is full")
        assert told == []
        bench.store.full = False
        await until(lambda: told == [1])
        assert ingest.stalled is None


async def test_what_waits_when_a_full_store_stops_is_not_acknowledged(open_bench: Any) -> None:
    bench, told = open_bench(device_of(ONE)), []
    async with running(bench, 0.01) as ingest:
        bench.store.full = True
        ingest.submit([frame(3, "mqtt")], lambda: told.append(True))
        await until(lambda: ingest.stalled is not None)
    assert told == []
    assert kept(bench) == 0


@pytest.mark.parametrize("error", [Unavailable("disk I/O error"), StoreFull("no space")])
async def test_a_commit_that_fails_is_tried_again_before_anything_is_acknowledged(
    open_bench: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any, error: GatewayError
) -> None:
    monkeypatch.setattr(ingest_module, "RETRY_FIRST_S", 0.01)
    caplog.set_level("INFO", "lora_gateway")
    bench, told = open_bench(device_of(ONE)), []
    ledger = Failing(bench.store, error, error, error)
    async with running(bench, 0.01, ledger) as ingest:
        ingest.submit([frame(1)], lambda: told.append((kept(bench), len(ledger.errors))))
        await until(lambda: ingest.stalled == str(error))
        await until(lambda: bool(told))
        assert ingest.stalled is None
    assert told == [(1, 0)]
    assert ledger.recovered == [error] * 3
    events = [record.message.split()[0] for record in caplog.records]
    assert events == ["stalled", "going_on"], "said once each way"


async def test_a_disk_that_refuses_housekeeping_is_said_once_and_forgotten_when_it_works(
    open_bench: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "lora_gateway")
    bench = open_bench()
    async with running(bench) as ingest:
        for _ in range(3):
            ingest.disk_refuses(Unavailable("read-only"))
        assert ingest.stalled == "read-only"
        ingest.disk_works()
        assert ingest.stalled is None
        ingest.disk_works()
    events = [
        record.message.split()[0] for record in caplog.records if record.name.endswith("ingest")
    ]
    assert events == ["stalled", "going_on"]


async def test_a_source_that_can_wait_does_so_above_the_bound(open_bench: Any) -> None:
    bench = open_bench()
    bad = heard_by(NEAR, START_S, b"\x01", crc="bad")
    ingest = Ingest(bench.interpreter, bench.store, bench.book, LONG_S)
    await asyncio.wait_for(ingest.room(), PATIENCE_S)
    ingest.submit([bad] * WAITING_MAX)
    waiting = asyncio.create_task(ingest.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    bench.store.full = True
    await asyncio.wait_for(ingest.room(patient=False), PATIENCE_S)
    bench.store.full = False
    task = asyncio.create_task(ingest.run())
    await asyncio.wait_for(waiting, PATIENCE_S)
    ingest.finish()
    await asyncio.wait_for(task, PATIENCE_S)
    assert bench.store.counters["outcome.bad_crc"] == WAITING_MAX


async def test_alarms_are_told_at_the_first_and_at_each_doubling(
    open_bench: Any, caplog: Any
) -> None:
    bench = open_bench(device_of(ONE))
    async with running(bench, 0) as ingest:
        for n in range(10):
            phy = NODE.uplink(1, AIR_PORT, air_report(n))
            ingest.submit([heard_by(NEAR, START_S + n, phy)])
    told = [record.message for record in caplog.records if "f_cnt_conflict" in record.message]
    assert [line.partition("times=")[2].split()[0] for line in told] == ["1", "2", "4", "8"]


async def test_the_reports_of_gateways_are_bounded_but_go_on(open_bench: Any) -> None:
    bench = open_bench()
    ingest = Ingest(bench.interpreter, bench.store, bench.book, LONG_S)
    for n in range(REPORTS_MAX + 5):
        ingest.report(ReceiverReport("udp", f"{n:016x}", stamp(START_S), {"rxnb": 1.0}))
    ingest.report(ReceiverReport("udp", f"{0:016x}", stamp(START_S), {"rxnb": 2.0}))
    assert len(ingest.reports) == REPORTS_MAX
    assert ingest.reports[f"{0:016x}"].figures == {"rxnb": 2.0}


async def test_undecided_frames_move_from_one_outcome_to_another(open_bench: Any) -> None:
    bench = open_bench(device_of(ONE))
    phy = NODE.uplink(2, AIR_PORT, air_report())
    forged = [heard_by(NEAR, START_S + n, phy[:-1] + bytes([phy[-1] ^ n])) for n in range(1, 8)]
    async with running(bench, 0) as ingest:
        ingest.submit(forged)
    assert bench.store.counters["outcome.undecided"] == 2
    waiting = [
        (row.seq, row.record.heard) for row in await bench.rows() if row.outcome == "undecided"
    ]
    done = retry_undecided(bench.interpreter, bench.store, waiting, bench.store.decided)
    assert done == 2
    rows = await bench.rows()
    assert [row.outcome for row in rows] == ["bad_mic"] * 7
    assert bench.store.counters["outcome.bad_mic"] == bench.store.counters["heard"] == 7
    assert bench.store.counters["outcome.undecided"] == 0
