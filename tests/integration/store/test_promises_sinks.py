"""Promises 1, 4 and 5 as sinks and sources see them: new sinks, sinks that were away, commits that fail.

A new sink gets sealed history and then the tail, each device in order; one that is configured again after its
rows were sealed has lost nothing; a commit that fails or is cancelled keeps its batch.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway.errors import Unavailable
from gateway.model import Reading, Rejection, Verdict
from gateway.store.outlet import Outlet
from gateway.store.store import Store
from tests.integration.store.records import (
    Recorder,
    add,
    crash,
    drain,
    kept_seqs,
    record,
    release,
    seal_all,
    sums,
)

DEVICES = ("a", "b", "c")


async def hear(store: Store, first: int, last: int) -> None:
    """Each device's uplinks of these numbers, one after the other."""
    for number in range(first, last + 1):
        for device in DEVICES:
            add(store, record(device, number, readings=3))
    await store.commit()


def in_order(first: int, last: int) -> dict[str, list[int]]:
    """What a sink has then got of each device."""
    return {device: [n for n in range(first, last + 1) for _ in range(3)] for device in DEVICES}


async def flushed(store: Store) -> None:
    store.positions.all_moved()
    await store.commit()


@pytest.mark.parametrize("lines_max", [1, 7, 1000])
async def test_new_sink_gets_sealed_history_and_then_the_tail_in_order(
    tmp_path: Path, lines_max: int
) -> None:
    store = Store(tmp_path / "store.db", remembered_rows=30)
    for first in range(1, 101, 10):
        await hear(store, first, first + 9)
        await seal_all(store)
    assert store.connection.execute("SELECT count(*) FROM raw_block").get > 5
    assert store.connection.execute("SELECT count(*) FROM frame").get == 30
    sink, outlet = Recorder(), Outlet(store, "new", "all")
    assert (await sums(store)).sinks == {}
    await drain(outlet, sink, lines_max)
    assert sink.numbers() == in_order(1, 100)
    await flushed(store)
    assert (await sums(store)).sinks["new"].delivered == 900
    outlet.close()
    await store.close()


async def test_sink_that_starts_now_gets_only_what_comes(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db", remembered_rows=5)
    await hear(store, 1, 20)
    await seal_all(store)
    sink, outlet = Recorder(), Outlet(store, "new", "now")
    await hear(store, 21, 30)
    await drain(outlet, sink)
    assert sink.numbers() == in_order(21, 30)
    await flushed(store)
    assert (await sums(store)).sinks["new"].accepted == 90
    outlet.close()
    await store.close()


async def test_sink_configured_again_after_sealing_has_lost_nothing(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    sink = Recorder()
    store = Store(path, remembered_rows=5)
    outlet = Outlet(store, "db", "all")
    seq = add(store, record("late", 1, held=True))
    await hear(store, 1, 10)
    await drain(outlet, sink)
    outlet.close()
    await store.close()

    away = Store(path, remembered_rows=5)
    release(away, seq, "late", 1)
    await hear(away, 11, 40)
    await seal_all(away)
    assert away.horizon > 80
    await sums(away)
    await away.close()

    back = Store(path, remembered_rows=5)
    outlet = Outlet(back, "db", "all")
    await drain(outlet, sink)
    numbers = sink.numbers()
    assert numbers.pop("late") == [1]
    assert numbers == in_order(1, 40)
    await flushed(back)
    await sums(back)
    await seal_all(back)
    assert back.horizon == back.newest_seq - 5, "sealing goes on"
    outlet.close()
    await back.close()


async def test_what_was_delivered_before_a_kill_is_offered_the_same_again(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = Store(path)
    sink, outlet = Recorder(), Outlet(store, "db", "all")
    await flushed(store)
    await hear(store, 1, 20)
    await drain(outlet, sink)
    first = list(sink.got)
    outlet.close()
    crash(store)
    store = Store(path)
    outlet = Outlet(store, "db", "all")
    await drain(outlet, sink)
    assert sink.got[len(first) :] == first
    assert len(sink.points()) == len(first), "written twice is there once"
    outlet.close()
    await store.close()


async def test_kept_readings_of_sealed_history_are_offered_again(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db", remembered_rows=0)
    await hear(store, 1, 20)
    await seal_all(store)
    turns = 0

    def judge(readings: Sequence[Reading]) -> Verdict:
        nonlocal turns
        turns += 1
        if turns % 2:
            return Verdict(kept=tuple(range(len(readings) // 2, len(readings))))
        return Verdict(rejected=(Rejection(0, 400, "no"),))

    sink, outlet = Recorder(judge), Outlet(store, "db", "all")
    await drain(outlet, sink)
    await flushed(store)
    account = (await sums(store)).sinks["db"]
    assert account.dead > 0
    assert account.delivered == 180 - account.dead
    assert len(sink.points()) >= account.delivered
    outlet.close()
    await store.close()


async def test_commit_that_fails_keeps_its_batch_and_tells_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "store.db")
    await hear(store, 1, 2)
    told = store.more
    store.connection.close()  # what an I/O error leaves
    with pytest.raises(Unavailable):
        await hear(store, 3, 4)
    assert not told.done()
    with pytest.raises(Unavailable):
        await hear(store, 5, 6)
    await store.recover(Unavailable("the disk"))
    await store.commit()
    assert told.done()
    assert kept_seqs(store) == set(range(1, 19))
    await sums(store)
    await store.close()


async def test_cancelled_commit_is_on_disk_once_or_tried_again(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    for number in range(1, 30):
        add(store, record("a", number))
        task = asyncio.create_task(store.commit())
        for _ in range(number % 4):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
    await store.commit()
    assert kept_seqs(store) == set(range(1, 30))
    assert (await sums(store)).heard == 29
    await store.close()
