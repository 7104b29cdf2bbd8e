"""Promises 1 and 7 on a disk that fails: an fsync that gives up or takes seconds, a write nobody knows the end of.

The disk is the recording one of the power cuts: what a failed fsync has left is readable, and gone after a cut.
The full disk is a limit on file sizes, in a child process; test_real_disks.py has it on a real one.
"""

import asyncio
import contextlib
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from random import Random

import apsw
import pytest

from gateway.errors import StoreFull, Unavailable
from gateway.store.history import take_from_tail
from gateway.store.outlet import Outlet
from gateway.store.store import Store
from hil.simulators.power_cut import RecordingDisk
from tests.store_bench import (
    RememberingSink,
    balanced,
    close,
    commit,
    integrity,
    kept_numbers,
    kill,
    opened,
    put,
    record,
)

Work = Callable[[Store, RecordingDisk], Awaitable[None]]


@pytest.fixture
def disk() -> Iterator[RecordingDisk]:
    with RecordingDisk("failing") as made:
        yield made


async def test_fsync_that_fails_acknowledges_nothing_and_the_rest_survives_a_power_cut(
    path: Path, disk: RecordingDisk, tmp_path: Path
) -> None:
    store = opened(path, vfs=disk.name)
    promised = [(0, -1)]
    failed = 0
    for number in range(60):
        put(store, record(number))
        disk.syncs_that_fail = {7: 1, 20: 2, 33: 1}.get(number, 0)
        for _ in range(6):
            try:
                await store.commit()
                break
            except Unavailable as error:
                failed += 1
                assert store.unsure
                await store.recover(error)
        else:
            raise AssertionError("a disk that works again is not used")
        promised.append((len(disk), number))
    assert failed >= 3
    assert kept_numbers_of(store) == set(range(60))
    await close(store)
    cuts = disk.cuts()
    for place in range(0, len(disk) + 1, max(1, len(disk) // 150)):
        folder = tmp_path / f"cut-{place}"
        folder.mkdir()
        cuts.play(place, folder, ("dice", "everything", "nothing")[place % 3], Random(place))
        after = opened(folder / "store.db")
        assert after.moved_aside is None
        await close(after)
        number = max(number for at, number in promised if at <= place)
        assert set(range(number + 1)) <= kept_numbers(folder / "store.db")
        balanced(folder / "store.db")


def kept_numbers_of(store: Store) -> set[int]:
    """Of a disk whose file nobody else can open."""
    found = store.connection.execute("SELECT phy FROM frame").fetchall()
    return {int.from_bytes(bytes(phy)[:8], "big") for (phy,) in found}


async def test_process_that_dies_after_a_failed_fsync_believes_only_what_it_then_brings_to_the_disk(
    path: Path, disk: RecordingDisk, tmp_path: Path
) -> None:
    store = opened(path, vfs=disk.name)
    put(store, record(0))
    await store.commit()
    put(store, record(1))
    disk.syncs_that_fail = 1
    with pytest.raises(Unavailable):
        await store.commit()
    await kill(store)
    store = opened(path, vfs=disk.name)
    put(store, record(2))
    await store.commit()
    seen = kept_numbers_of(store)
    place = len(disk)
    await kill(store)
    folder = tmp_path / "cut"
    folder.mkdir()
    disk.cuts().play(place, folder, "everything", Random(0))
    await close(opened(folder / "store.db"))
    assert kept_numbers(folder / "store.db") == seen >= {0, 2}


async def test_a_store_that_was_deleted_leaves_nothing_that_hinders_a_new_one(path: Path) -> None:
    store = opened(path)
    put(store, *(record(number) for number in range(100)))
    await store.commit()
    path.unlink()
    await kill(store)
    assert path.with_name("store.db-wal").exists()
    store = opened(path)
    put(store, record(1000))
    await store.commit()
    await close(store)
    assert kept_numbers(path) == {1000}
    assert integrity(path) == "ok"


async def test_slow_fsync_holds_up_nobody_but_the_writer(path: Path, disk: RecordingDisk) -> None:
    store = opened(path, vfs=disk.name)
    let_go = threading.Event()
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait() -> None:
        loop.call_soon_threadsafe(begun.set)
        assert let_go.wait(30)

    put(store, record(0))
    disk.before_sync = wait
    slow = asyncio.create_task(store.commit())
    await begun.wait()
    for number in range(1, 1001):  # what the event loop does meanwhile: hear, decode, gather
        put(store, record(number))
        await asyncio.sleep(0)
    assert not slow.done()
    disk.before_sync = lambda: None
    let_go.set()
    await slow
    syncs = len([one for one in disk.operations if one.kind == "sync"])
    await store.commit()
    more = len([one for one in disk.operations if one.kind == "sync"]) - syncs
    assert more <= 3, "a thousand that gathered are one commit"
    assert len(kept_numbers_of(store)) == 1001
    await close(store)


async def test_dead_letters_of_a_write_nobody_knows_the_end_of_are_there_once(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(path)
    outlet, sink = Outlet(store, "city", "all"), RememberingSink(refuses=frozenset({1.0, 2.0}))
    put(store, *(record(number) for number in range(5)))
    await store.commit()
    taken = take_from_tail(store.connection, outlet.position, store.tables.series, 100)
    verdict = sink.deliver(taken.readings)

    whole, asked = store._writer.commit, 0

    def commits(batch: object, **more: bool) -> None:
        nonlocal asked
        asked += 1
        if asked == 1:  # the batch does not fit
            raise StoreFull("full")
        whole(batch, **more)  # type: ignore[arg-type]
        if asked == 2:  # positions ahead of it: on disk, and then the answer is lost
            raise Unavailable("an I/O error after COMMIT")

    monkeypatch.setattr(store._writer, "commit", commits)
    await outlet.settle(taken, verdict)
    await store.recover(StoreFull("full"))
    await commit(store)
    assert asked >= 3
    account = balanced(path).sinks["city"]
    assert account.dead == account.dead_rows == 4
    outlet.close()
    await close(store)
    assert integrity(path) == "ok"


async def test_dropping_that_ends_with_an_io_error_has_dropped_or_not(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for after in (False, True):
        store = opened(path.with_name(f"{after}.db"), when_full="drop_oldest")
        outlet = Outlet(store, "city", "all")
        put(store, *(record(number) for number in range(100)))
        await store.commit()
        whole = store._writer.commit

        def commits(batch: object, *, after: bool = after, whole: object = whole) -> None:
            if after:
                whole(batch)  # type: ignore[operator]
            raise apsw.IOError("the disk")

        monkeypatch.setattr(store._writer, "commit", commits)
        with contextlib.suppress(Unavailable):
            await store._upkeep._drop_oldest()
        monkeypatch.undo()
        await store.commit()
        account = balanced(store.path).sinks["city"]
        assert account.dropped == (200 if after else 0)
        outlet.close()
        await close(store)


_CHILD = """
import asyncio, resource, sys
from pathlib import Path
from gateway.errors import StoreFull, Unavailable
from tests.store_bench import balanced, close, kept_numbers, opened, put, record

async def main(path):
    store = opened(path)
    number = acknowledged = refused = 0
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, resource.RLIM_INFINITY))
    while refused < 3:  # the first time only the WAL is too long, and opening the file anew helps
        put(store, *(record(number + place, size=900) for place in range(10)))
        number += 10
        try:
            await store.commit()
        except (StoreFull, Unavailable) as error:
            await store.recover(error)
            refused += 1
        else:
            acknowledged, refused = number, 0
        assert number < 5000, "the disk was never full"
    assert kept_numbers(path) == set(range(acknowledged))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await store.commit()
    assert kept_numbers(path) == set(range(number))
    balanced(path)
    await close(store)

asyncio.run(main(Path(sys.argv[1])))
"""


def test_full_disk_keeps_the_batch_and_commits_it_when_room_returns(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
