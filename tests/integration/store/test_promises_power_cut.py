"""Promise 7: a power cut or kill at any instant loses nothing committed and leaves a file that opens by itself.

A day of a store (commits, checkpoints, sealing, deleting, a change of the schema) runs on a disk that keeps a
log; then the log is replayed up to many places, and what was not synced is kept, dropped or torn. Each time
the file is opened as the daemon opens it. `LORA_POWER_CUTS=1500` asks for more cuts than the usual run.
"""

import asyncio
import os
import random
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from gateway.errors import StoreFull
from gateway.store.outlet import Outlet
from gateway.store.schema import MIGRATIONS, migrate
from gateway.store.store import Store
from hil.simulators.power_cut import Loss, RecordingDisk
from tests.integration.store.records import (
    LATER,
    Recorder,
    add,
    crash,
    kept_seqs,
    record,
    refusal,
    release,
    sums,
)

CUTS = int(os.environ.get("LORA_POWER_CUTS", "300"))
SIZE = 1 << 20
"""A small ceiling makes a small WAL: many checkpoints in a short day."""


class Told:
    """What was promised or allowed, and how much the disk had been asked for by then."""

    def __init__(self, disk: RecordingDisk) -> None:
        self._disk = disk
        self._entries: list[tuple[int, str, int]] = []

    def kept(self, *seqs: int) -> None:
        """COMMIT has returned for these rows."""
        self._entries += [(len(self._disk), "kept", seq) for seq in seqs]

    def may_go(self, seq: int) -> None:
        """From here on rows up to this one may be deleted by what the store is for."""
        self._entries.append((len(self._disk), "may go", seq))

    def by(self, place: int, kind: str) -> set[int]:
        """What had been told of this kind when so much had been asked of the disk."""
        return {seq for at, told, seq in self._entries if at <= place and told == kind}


@pytest.fixture
def disk() -> Iterator[RecordingDisk]:
    def exclusive(connection: apsw.Connection) -> None:
        if connection.open_vfs == "power-cut":
            connection.pragma("locking_mode", "EXCLUSIVE")

    apsw.connection_hooks.append(exclusive)
    with RecordingDisk("power-cut") as made:
        yield made
    apsw.connection_hooks.remove(exclusive)


def _places(disk: RecordingDisk, count: int, first: int = 0) -> Iterator[tuple[int, int, Loss]]:
    """(number, place, what is lost): ascending places, so that a disk's cuts are played in order."""
    rng = random.Random(11)
    losses: tuple[Loss, ...] = ("dice", "dice", "dice", "everything", "nothing")
    for number, place in enumerate(sorted(rng.randint(first, len(disk)) for _ in range(count))):
        yield number, place, losses[number % len(losses)]


async def _day(disk: RecordingDisk, path: Path, when_full: str) -> Told:
    told = Told(disk)
    store = Store(path, size_max=SIZE, remembered_rows=40, when_full=when_full, vfs=disk.name)  # type: ignore[arg-type]
    store.begin_boot("boot-1")
    outlet = Outlet(store, "db", "all")
    outlet._connection = store.connection  # the disk's connections are exclusive
    sink = Recorder()
    rng = random.Random(1)
    number = 0
    turned_full = False
    for turn in range(70):
        seqs = []
        held = [
            add(store, record("late", number + 900, held=True, readings=2))
            for _ in range(turn == 3)
        ]
        for _ in range(rng.randint(1, 30)):
            number += 1
            seqs.append(
                add(store, record(f"d{number % 3}", number, readings=number % 3, bytes_more=1500))
            )
        seqs.append(add(store, refusal(number)))
        if turn == 5:
            release(store, min(store._held), "late", 903, readings=2)
        turned_full |= await _committed(store, outlet, sink, told, when_full)
        told.kept(*held, *seqs)
        turned_full |= store.full
        if (store.full and when_full == "refuse") or (turn % 3 == 0 and turn < 25):
            taken = await store.read(lambda _: outlet.take(200))
            if taken:
                await outlet.settle(taken, sink.deliver(taken.readings))
        if store.full or turn % 4 == 0:
            told.may_go(store.newest_seq)
            await store.maintain(LATER, lambda wanted: wanted)
    position = outlet.position
    assert position.dropped > 0 if when_full == "drop_oldest" else turned_full
    outlet.close()
    crash(store)
    return told


async def _committed(
    store: Store, outlet: Outlet, sink: Recorder, told: Told, when_full: str
) -> bool:
    """Commit as ingest does; whether the store was full at first."""
    for attempt in range(50):
        told.may_go(store.newest_seq)
        try:
            await store.commit()
        except StoreFull as error:
            await store.recover(error)
            if when_full == "refuse":  # else the sink stays away, and its oldest readings go
                taken = await store.read(lambda _: outlet.take(200))
                await outlet.settle(taken, sink.deliver(taken.readings))
            await store.maintain(LATER, lambda wanted: wanted)
        else:
            return attempt > 0
    raise AssertionError("the store stays full though its sink has everything")


async def _survives(path: Path, promised: set[int], may_go: int, when_full: str) -> None:
    store = Store(path, size_max=SIZE, remembered_rows=40, when_full=when_full)  # type: ignore[arg-type]
    try:
        assert store.moved_aside is None
        assert store.connection.execute("PRAGMA integrity_check").get == "ok"
        missing = promised - kept_seqs(store)
        pruned = dict(
            store.connection.execute("SELECT name, value FROM counter WHERE name LIKE 'pruned.%'")
        )
        assert all(seq <= may_go for seq in missing), "a committed row is gone"
        assert len(missing) <= sum(pruned.values()), "a row is gone that nobody deleted"
        await sums(store)
        if promised:
            assert store.newest_seq >= max(promised)
        seq = add(store, record("after", 1))
        store.begin_boot("boot-2")
        await store.commit()
        assert seq in kept_seqs(store)
    finally:
        await store.close()


@pytest.mark.parametrize("when_full", ["refuse", "drop_oldest"])
async def test_power_cut_at_any_place_loses_nothing_committed(
    disk: RecordingDisk, tmp_path: Path, when_full: str
) -> None:
    (tmp_path / "day").mkdir()
    told = await _day(disk, tmp_path / "day" / "store.db", when_full)
    kinds = Counter((one.kind, one.file) for one in disk.operations)
    assert kinds["sync", "store.db-wal"] > 100
    assert kinds["sync", "store.db"] > 10, "there were few checkpoints"
    cuts = disk.cuts()
    for number, place, loss in _places(disk, CUTS // 2):
        folder = tmp_path / f"cut-{number}"
        folder.mkdir()
        cuts.play(place, folder, loss, random.Random(number))
        if number % 2:  # what the lock file says may have been lost, or not
            (folder / "store.db.lock").write_text("4711")
        may_go = max(told.by(place, "may go"), default=0)
        await _survives(folder / "store.db", told.by(place, "kept"), may_go, when_full)
        shutil.rmtree(folder)


def test_power_cut_while_a_schema_changes_leaves_the_old_or_the_new_one(
    disk: RecordingDisk, tmp_path: Path
) -> None:
    later = (
        *MIGRATIONS,
        """ALTER TABLE frame ADD COLUMN colour TEXT; CREATE TABLE later (id INTEGER PRIMARY KEY);
        INSERT INTO later SELECT seq FROM frame; UPDATE frame SET colour = 'red';""",
    )
    (tmp_path / "day").mkdir()
    connection = apsw.Connection(str(tmp_path / "day" / "store.db"), vfs=disk.name)
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", "FULL")
    migrate(connection)
    with connection:
        connection.executemany(
            "INSERT INTO frame VALUES (?,1,0,0,'uplink',NULL,NULL,NULL,1,1,1,1,1,NULL,?,'r','b')",
            [(seq, bytes(300)) for seq in range(1, 101)],
        )
    connection.wal_checkpoint()
    first = len(disk)
    migrate(connection, later)
    changed = len(disk)
    connection.wal_checkpoint()
    connection.close()
    seen = Counter[int]()
    cuts = disk.cuts()
    for number, place, loss in _places(disk, CUTS // 3, first):
        folder = tmp_path / f"cut-{number}"
        folder.mkdir()
        cuts.play(place, folder, loss, random.Random(number))
        found = apsw.Connection(str(folder / "store.db"))
        version = found.pragma("user_version")
        assert version == 2 if place >= changed else version in (1, 2)
        assert found.execute("PRAGMA integrity_check").get == "ok"
        assert found.execute("SELECT count(*) FROM frame").get == 100
        if version == 2:
            assert found.execute("SELECT count(*) FROM later").get == 100
            assert found.execute("SELECT count(*) FROM frame WHERE colour = 'red'").get == 100
        found.close()
        seen[version] += 1
    assert seen[1]
    assert seen[2]


_CHILD = """
import asyncio, sys
from pathlib import Path
from gateway.store.store import Store
from tests.integration.store.records import LATER, add, record

async def main():
    store = Store(Path(sys.argv[1]), size_max=1 << 22, remembered_rows=50)
    store.begin_boot("boot")
    while True:
        seqs = [add(store, record("d", store.next_seq, readings=2)) for _ in range(7)]
        await store.commit()
        sys.stdout.write(f"{seqs[-1]}\\n")
        sys.stdout.flush()
        if seqs[-1] % 5 == 0:
            await store.maintain(LATER, lambda wanted: wanted)

asyncio.run(main())
"""


async def test_kill_of_a_writing_process_loses_nothing_it_told_of(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    rng = random.Random(5)
    told = 0
    for _ in range(10):
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _CHILD, str(path), stdout=asyncio.subprocess.PIPE
        )
        assert child.stdout is not None
        for _ in range(rng.randint(1, 60)):
            told = int(await child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        rest = (await child.stdout.read()).splitlines(keepends=True)
        told = max([told, *(int(line) for line in rest if line.endswith(b"\n"))])
        await child.wait()
        store = Store(path, size_max=1 << 22, remembered_rows=50)
        assert store.moved_aside is None
        seqs = kept_seqs(store)
        assert set(range(max(1, min(seqs)), told + 1)) <= seqs
        found = await sums(store)
        assert found.heard >= told
        assert found.heard == max(seqs), "a batch is there in part"
        crash(store)
