"""Promise 6: the file keeps to its ceiling in bytes and age; history goes first, then the rule, counted.

The bytes are those on the disk, as `stat` tells them: database, WAL and reserve file together, looked at after
every commit and every step of housekeeping.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from gateway.errors import StoreFull
from gateway.store import retention
from gateway.store.outlet import Outlet
from gateway.store.outlook import outlook
from gateway.store.store import Store
from tests.store_bench import (
    RememberingSink,
    balanced,
    close,
    commit,
    drain,
    fill,
    integrity,
    keep_house,
    kept_numbers,
    put,
    record,
    refused,
    stamp,
)

CEILING = 4_000_000
DAY_S = 86400.0
OpenStore = Callable[..., Store]


def disk_bytes(path: Path) -> int:
    """What the store's files take, all together."""
    return sum(
        found.stat().st_size
        for name in ("", "-wal", ".reserve")
        if (found := path.with_name(path.name + name)).exists()
    )


class Watched:
    """Work on a store, with a look at its bytes after each step."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.number = 0
        self.highest = 0

    async def commits(self, rows: int, *, size: int = 400) -> None:
        """Rows in commits of 50."""
        for _ in range(rows // 50):
            put(self.store, *(record(self.number + n, size=size) for n in range(50)))
            await commit(self.store)
            self.number += 50
            self.look()

    async def keeps_house(self) -> None:
        """One step each second, as the daemon does."""
        await keep_house(self.store, at_s=DAY_S)
        self.look()

    def look(self) -> None:
        self.highest = max(self.highest, disk_bytes(self.store.path))
        assert self.highest <= CEILING


async def test_ceiling_settled_history_goes_first_and_nothing_is_refused(
    open_store: OpenStore, path: Path
) -> None:
    store = open_store(size_max=CEILING, remembered_rows=100)
    sink = RememberingSink()
    outlet = Outlet(store, "city", "all")
    work = Watched(store)
    for _ in range(60):
        await work.commits(400)
        await drain(outlet, sink)
        await work.keeps_house()
        assert not store.full
    assert sink.numbers() == set(range(work.number))
    account = balanced(path).sinks["city"]
    assert (account.dropped, account.pending) == (0, 0)
    kept = kept_numbers(path)
    assert max(kept) == work.number - 1
    assert min(kept) > work.number // 2
    assert kept == set(range(min(kept), work.number)), "the oldest goes first"
    assert work.highest > CEILING * 0.8, "the ceiling was reached"


async def test_ceiling_refuse_takes_nothing_more_until_the_sink_is_back(
    open_store: OpenStore, path: Path
) -> None:
    store = open_store(size_max=CEILING, when_full="refuse", remembered_rows=100)
    sink = RememberingSink()
    outlet = Outlet(store, "city", "all")
    work = Watched(store)
    while not store.full:
        await work.commits(100)
        await work.keeps_house()
    assert balanced(path).sinks["city"].pending == 2 * work.number
    assert kept_numbers(path) == set(range(work.number)), "what no sink has had is not touched"
    await drain(outlet, sink)
    await work.keeps_house()
    assert not store.full
    await work.commits(2000)
    await drain(outlet, sink)
    assert sink.numbers() == set(range(work.number))
    assert balanced(path).sinks["city"].dropped == 0


async def test_ceiling_drop_oldest_drops_counts_and_goes_on(
    open_store: OpenStore, path: Path
) -> None:
    store = open_store(size_max=CEILING, when_full="drop_oldest", remembered_rows=100)
    sink = RememberingSink()
    outlet = Outlet(store, "city", "all")
    work = Watched(store)
    for _ in range(40):
        await work.commits(400)
        await work.keeps_house()
        account = balanced(path).sinks["city"]
    assert account.dropped > 0
    assert not store.full
    await drain(outlet, sink)
    await work.keeps_house()
    account = balanced(path).sinks["city"]
    assert account.delivered == 2 * len(sink.numbers())
    assert account.dropped == 2 * (work.number - len(sink.numbers()))
    assert sink.numbers() == set(range(min(sink.numbers()), work.number)), "the oldest was dropped"


async def test_ceiling_drop_oldest_counts_sealed_rows_that_a_new_sink_has_not_had(
    open_store: OpenStore, path: Path
) -> None:
    store = open_store(size_max=CEILING, when_full="drop_oldest", remembered_rows=100)
    old, sink = Outlet(store, "old", "all"), RememberingSink()
    work = Watched(store)
    for _ in range(10):
        await work.commits(200)
        await drain(old, sink)
        await work.keeps_house()
    assert store.horizon > 1500
    Outlet(store, "new", "all")
    for _ in range(30):
        await work.commits(400)
        await drain(old, sink)
        await work.keeps_house()
    sums = balanced(path).sinks
    assert sums["old"].dropped == 0
    assert sums["new"].dropped > 0


async def test_ceiling_a_batch_that_crosses_it_in_one_go_is_committed_after_room_is_made(
    open_store: OpenStore, path: Path
) -> None:
    store = open_store(size_max=CEILING, remembered_rows=100)
    outlet, sink = Outlet(store, "city", "all"), RememberingSink()
    await fill(store, range(4000), size=300)
    await drain(outlet, sink)
    await store.maintain(stamp(DAY_S), lambda wanted: wanted)
    store.positions.all_moved()
    await store.commit()
    number = 4000
    while not store.unsure:
        put(store, *(record(number + n, size=400) for n in range(200)))
        number += 200
        with contextlib.suppress(StoreFull):
            await store.commit()
    await commit(store)
    assert balanced(path).heard == number
    assert disk_bytes(path) <= CEILING


async def test_ceiling_refused_frames_have_a_cap_of_their_own(
    open_store: OpenStore, path: Path
) -> None:
    store = open_store(size_max=CEILING)
    for number in range(3000):
        put(store, refused(number, size=400))
        if number % 100 == 0:
            await store.commit()
    await keep_house(store, at_s=3000.0)
    kept = kept_numbers(path)
    assert 400 * len(kept) < CEILING / 8
    assert kept == set(range(min(kept), 3000))
    assert balanced(path).outcomes == {"unknown_device": 3000}


async def test_ceiling_dead_letters_have_a_cap_and_the_forgotten_are_counted(
    open_store: OpenStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "DEAD_ROWS_MAX", 20)
    store = open_store()
    outlet = Outlet(store, "city", "all")
    sink = RememberingSink(refuses=frozenset(float(n) for n in range(30)))
    await fill(store, range(40))
    await drain(outlet, sink)
    await keep_house(store)
    account = balanced(path).sinks["city"]
    assert account.dead == 60
    rows = await store.read(
        lambda connection: connection.execute("SELECT count(*), min(seq) FROM dead").fetchone()
    )
    assert rows == (20, 21)


async def test_age_what_is_settled_goes_when_it_is_too_old_and_what_is_not_stays(
    open_store: OpenStore, path: Path
) -> None:
    store = open_store(age_max_s=10 * DAY_S)
    outlet, sink = Outlet(store, "city", "all"), RememberingSink()
    await fill(store, range(100))
    put(store, refused(100), refused(101, at_s=30 * DAY_S))
    await fill(store, range(200, 300), at_s=30 * DAY_S)
    await keep_house(store, at_s=39 * DAY_S)
    assert kept_numbers(path) >= set(range(100)), "no sink has had them"
    await drain(outlet, sink)
    await keep_house(store, at_s=39 * DAY_S)
    assert kept_numbers(path) == {101, *range(200, 300)}
    await keep_house(store, at_s=41 * DAY_S)
    assert kept_numbers(path) == set()
    found = balanced(path)
    assert (found.heard, found.readings) == (202, 400)


async def test_age_is_not_judged_by_a_clock_that_is_not_trusted(
    open_store: OpenStore, path: Path
) -> None:
    store = open_store(age_max_s=10 * DAY_S)
    await fill(store, range(100))
    await store.maintain(stamp(9000 * DAY_S, trusted=False), lambda wanted: wanted)
    assert kept_numbers(path) == set(range(100))
    put(store, refused(100, at_s=-9000 * DAY_S, trusted=False))
    await keep_house(store, at_s=DAY_S)
    assert 100 in kept_numbers(path), "its time says nothing about its age"


async def test_ceiling_that_is_lowered_is_kept_to_at_once_in_what_is_in_use(
    open_store: OpenStore, path: Path
) -> None:
    store = open_store(size_max=3 * CEILING, remembered_rows=100)
    outlet, sink = Outlet(store, "city", "all"), RememberingSink()
    for begin in range(0, 8000, 400):
        await fill(store, range(begin, begin + 400), size=800)
        await drain(outlet, sink)
        await keep_house(store, at_s=DAY_S)
    await fill(store, range(8000, 8500), size=800)  # these no sink has had
    outlet.close()
    await close(store)
    before = path.stat().st_size
    assert before > 1.5 * CEILING

    store = open_store(size_max=CEILING, remembered_rows=100)
    outlet = Outlet(store, "city", "all")
    await keep_house(store, at_s=DAY_S)
    assert not store.full
    assert await store.read(store.shares.used_bytes) < CEILING
    for begin in range(8500, 10_500, 400):
        await fill(store, range(begin, begin + 400), size=800)
        await drain(outlet, sink)
        await keep_house(store, at_s=DAY_S)
    assert sink.numbers() == set(range(begin + 400))
    assert path.stat().st_size <= before, "what is free in the file is used again"
    told = await store.read(outlook, path, 0)
    assert told.disk_bytes > told.size_max > told.used_bytes, (
        "and `status` says that the file keeps its size"
    )
    assert balanced(path).sinks["city"].dropped == 0
    outlet.close()


async def test_ceiling_that_is_lowered_below_what_waits_takes_nothing_more_and_drops_nothing(
    open_store: OpenStore, path: Path
) -> None:
    store = open_store(size_max=3 * CEILING, remembered_rows=100)
    Outlet(store, "city", "all").close()
    await fill(store, range(6000), size=800)
    await close(store)
    store = open_store(size_max=CEILING, remembered_rows=100)
    outlet, sink = Outlet(store, "city", "all"), RememberingSink()
    await keep_house(store, at_s=DAY_S)
    assert store.full
    assert kept_numbers(path) == set(range(6000))
    await drain(outlet, sink)
    await keep_house(store, at_s=DAY_S)
    assert not store.full
    assert sink.numbers() == set(range(6000))
    assert balanced(path).sinks["city"].dropped == 0
    outlet.close()


async def test_ceiling_a_reader_that_holds_the_wal_stops_the_intake_before_the_ceiling(
    open_store: OpenStore, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store(size_max=CEILING, remembered_rows=100)
    work = Watched(store)
    await work.commits(50)
    reader = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM frame").fetchall()
    for _ in range(200):
        if store.full:
            break
        await work.commits(50)
        await work.keeps_house()
    assert store.full
    assert "a reader holds the WAL" in caplog.text
    reader.execute("ROLLBACK")
    reader.close()
    await work.keeps_house()
    assert not store.full
    assert kept_numbers(path) == set(range(work.number))
    await close(store)
    assert integrity(path) == "ok"
