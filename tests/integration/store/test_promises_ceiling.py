"""Promise 6: the file keeps to its ceiling in bytes, WAL and reserve file included, and a full disk loses nothing.

Settled history goes first. Then `refuse` takes nothing more until a sink has settled, and `drop_oldest` drops and
counts. The full disk is a limit on file sizes, in a child process.
"""

import random
import subprocess
import sys
from pathlib import Path

from msgspec.structs import replace

from gateway.errors import StoreFull
from gateway.store.outlet import Outlet
from gateway.store.store import Store
from tests.integration.store.records import (
    BEGIN_NS,
    LATER,
    SECOND_NS,
    Recorder,
    add,
    drain,
    kept_seqs,
    record,
    refusal,
    seal_all,
    sums,
)

SIZE = 1 << 20


def on_disk(path: Path) -> int:
    """Bytes of the store's files; -shm is memory that SQLite maps."""
    return sum(
        found.stat().st_size for found in path.parent.iterdir() if not found.name.endswith("-shm")
    )


async def fill(store: Store, outlet: Outlet, sink: Recorder | None, rows: int) -> int:
    """Commit rows of about 1 kB as ingest does, until there are so many or the store is full."""
    biggest = 0
    for number in range(rows):
        if store.full:
            break
        add(store, record("d", store.next_seq, readings=2, bytes_more=900))
        if number % 10 == 9:
            try:
                await store.commit()
            except StoreFull as error:
                await store.recover(error)
            if sink is not None:
                await drain(outlet, sink)
            await store.maintain(LATER, lambda wanted: wanted)
            biggest = max(biggest, on_disk(store.path))
    return biggest


async def test_settled_history_goes_first_and_nothing_unsettled_with_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db", size_max=SIZE, remembered_rows=20)
    sink, outlet = Recorder(), Outlet(store, "db", "all")
    rng = random.Random(3)
    for _ in range(300):
        for _ in range(10):
            one = record("d", store.next_seq, readings=2)
            # Sealed rows are compressed: only bytes without a pattern fill the file.
            heard = replace(one.heard, phy=rng.randbytes(700))
            add(store, replace(one, heard=heard))
        await store.commit()
        await drain(outlet, sink)
        await seal_all(store)
        assert on_disk(store.path) <= SIZE
        assert not store.full
    found = await sums(store)
    assert found.sinks["db"].dropped == 0
    assert len(sink.got) == 6000
    assert len(kept_seqs(store)) < 3000, "history was to go"
    assert max(kept_seqs(store)) == store.newest_seq
    outlet.close()
    await store.close()


async def test_refuse_takes_nothing_more_until_a_sink_has_settled(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db", size_max=SIZE, remembered_rows=20)
    sink, outlet = Recorder(), Outlet(store, "db", "all")
    biggest = await fill(store, outlet, None, 5000)
    assert store.full
    assert biggest <= SIZE
    held_back = store.newest_seq
    for _ in range(3):
        await store.maintain(LATER, lambda wanted: wanted)
    assert store.full
    await drain(outlet, sink)
    for _ in range(20):
        await store.maintain(LATER, lambda wanted: wanted)
    assert not store.full
    await drain(outlet, sink)
    assert sink.numbers()["d"] == [number for number in range(1, held_back + 1) for _ in range(2)]
    assert (await sums(store)).sinks["db"].dropped == 0
    assert on_disk(store.path) <= SIZE
    outlet.close()
    await store.close()


async def test_drop_oldest_drops_and_counts_and_goes_on(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db", size_max=SIZE, remembered_rows=20, when_full="drop_oldest")
    sink, outlet = Recorder(), Outlet(store, "db", "all")
    biggest = await fill(store, outlet, None, 3000)
    assert biggest <= SIZE
    assert not store.full
    await store.commit()
    await drain(outlet, sink)
    store.positions.all_moved()
    await store.commit()
    account = (await sums(store)).sinks["db"]
    assert account.dropped > 0
    assert account.delivered + account.dropped == account.accepted == 6000
    numbers = sink.numbers()["d"]
    assert numbers == [n for n in range(numbers[0], 3001) for _ in range(2)], "the oldest went"
    outlet.close()
    await store.close()


async def test_history_too_old_goes_and_what_no_sink_has_had_stays(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db", age_max_s=3600.0, remembered_rows=5)
    sink, outlet = Recorder(), Outlet(store, "db", "all")
    for number in range(1, 41):
        add(store, record("d", number))
        add(store, refusal(number))
    await store.commit()
    await seal_all(store)
    frames = store.connection.execute("SELECT count(*) FROM frame")
    assert frames.get == 40
    await drain(outlet, sink)
    await seal_all(store)
    assert kept_seqs(store) == set()
    assert LATER.wall_ns - BEGIN_NS > 3600 * SECOND_NS
    await sums(store)
    outlet.close()
    await store.close()


_CHILD = """
import asyncio, resource, sys
from pathlib import Path
from gateway.errors import StoreFull, Unavailable
from gateway.store.store import Store
from tests.integration.store.records import add, kept_seqs, record, sums

async def main():
    store = Store(Path(sys.argv[1]))
    store.begin_boot("boot")
    acknowledged = refused = 0
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, resource.RLIM_INFINITY))
    while refused < 3:  # the first time only the WAL is too long, and opening the file anew helps
        last = [add(store, record("d", store.next_seq, bytes_more=900)) for _ in range(10)][-1]
        try:
            await store.commit()
        except (StoreFull, Unavailable) as error:
            await store.recover(error)
            refused += 1
        else:
            acknowledged, refused = last, 0
        assert last < 5000, "the disk was never full"
    assert kept_seqs(store) == set(range(1, acknowledged + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await store.commit()
    assert kept_seqs(store) == set(range(1, store.newest_seq + 1))
    await sums(store)
    await store.close()

asyncio.run(main())
"""


def test_full_disk_keeps_the_batch_and_commits_it_when_room_returns(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(tmp_path / "store.db")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
