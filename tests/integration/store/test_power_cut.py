"""Promise 7, power: a cut after any operation of the disk loses nothing committed, and the file opens by itself.

The real store works on a recorded disk: commits, checkpoints, sealing, pruning, a full file, dropping, setting rot
aside, a migration. Then the power is cut at places spread over the record, each with dice of its own, and the real
store opens what is left, and goes on.
`POWER_CUTS=1500` makes it a long run.
"""

import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

import apsw
import pytest

from gateway.errors import StoreFull
from gateway.store import connection as files
from gateway.store import schema
from gateway.store.blocks import Rotted
from gateway.store.history import take_from_chunks, take_from_tail
from gateway.store.position import Position
from gateway.store.store import Store
from hil.simulators.power_cut import RecordingDisk
from tests.store_bench import (
    balanced,
    close,
    fill,
    integrity,
    keep_house,
    kept_numbers,
    opened,
    put,
    record,
    refused,
)

CUTS = int(os.environ.get("POWER_CUTS", "600"))
"""In all; each kind of work gets its share."""
Promise = Callable[[int], None]
"""Notes that everything up to this number is committed now."""
Work = Callable[[Store, Promise], Awaitable[None]]


async def commit_only(store: Store, promise: Promise) -> None:
    """Small commits and their checkpoints."""
    number = 0
    for size in [1, 2, 16, 50] * 12:
        put(store, *(record(number + place, size=120) for place in range(size)))
        put(store, refused(number + size))
        await store.commit()
        number += size + 1
        promise(number)


async def seal_and_prune(store: Store, promise: Promise) -> None:
    """Rows are sealed, and old chunks and refused frames are deleted, among commits."""
    for begin in range(0, 1200, 150):
        await fill(store, range(begin, begin + 149), per_commit=50)
        put(store, refused(begin + 149))
        await store.commit()
        promise(begin + 150)
        await keep_house(store, at_s=86400.0 * (400 if begin % 300 else 1))
    assert store.horizon > 1000
    assert not await store.read(lambda connection: connection.execute("SELECT * FROM block").get)


async def drop_the_oldest(store: Store, promise: Promise) -> None:
    """A sink is away and the ceiling is reached: rows it has not had are dropped and counted."""
    store.position("city", "all")
    for begin in range(0, 6000, 300):
        await fill(store, range(begin, begin + 300), per_commit=50, size=600)
        promise(begin + 300)
        await keep_house(store, at_s=86400.0)
    assert store.positions["city"].dropped


async def settle_and_seal(store: Store, promise: Promise) -> None:
    """A sink takes what is committed, its position is written, and what it had is sealed."""
    position = store.position("city", "all")
    for begin in range(0, 400, 40):
        await fill(store, range(begin, begin + 40), per_commit=20)
        promise(begin + 40)
        await settle(store, position, 100)
        await keep_house(store, at_s=86400.0)


async def fill_and_refuse(store: Store, promise: Promise) -> None:
    """The file is full and nothing may go until the sink has had it; positions go ahead of what does not fit."""
    position = store.position("city", "all")
    was_full = 0
    for begin in range(0, 4000, 200):
        put(store, *(record(begin + place, size=900) for place in range(200)))
        while True:
            try:
                await store.commit()
                break
            except StoreFull as error:
                was_full += 1
                await store.recover(error)
                await settle(store, position, 400)
                await keep_house(store, at_s=86400.0)
        promise(begin + 200)
        if store.full or begin % 1000 == 0:
            await settle(store, position, 400)
            await keep_house(store, at_s=86400.0)
    assert was_full


async def set_rot_aside(store: Store, promise: Promise) -> None:
    """Blocks and rows that cannot be read are set aside, among commits."""
    store.position("city", "all")
    for begin in range(0, 400, 40):
        await fill(store, range(begin, begin + 40), per_commit=20)
        promise(begin + 40)
        await store.set_aside(Rotted("frame", begin + 7))
    assert store.positions["city"].dropped == 20


async def settle(store: Store, position: Position, lines: int) -> None:
    """A sink that is called city takes what there is."""
    while True:
        take = take_from_chunks if position.high < store.horizon else take_from_tail
        taken = await store.read(take, position, store.tables.series, lines)
        if not taken:
            return
        position.delivered += len(taken.readings)
        position.pass_by(taken.high, taken.held, [gone for _, gone in taken.released])


SMALL = {"remembered_rows": 60, "size_max": 4_000_000, "when_full": "drop_oldest"}
WORKS: dict[str, tuple[Work, dict[str, object]]] = {
    "commit": (commit_only, SMALL),
    "seal and prune": (seal_and_prune, SMALL),
    "settle": (settle_and_seal, SMALL),
    "drop": (drop_the_oldest, SMALL),
    "refuse": (fill_and_refuse, SMALL | {"size_max": 2_000_000, "when_full": "refuse"}),
    "rot": (set_rot_aside, SMALL),
}


async def recorded(path: Path, disk: RecordingDisk, name: str) -> list[tuple[int, int]]:
    """Do the work on the recorded disk; (place, number) of each promise."""
    work, options = WORKS[name]
    store = opened(path, vfs=disk.name, **options)
    promises: list[tuple[int, int]] = [(len(disk), 0)]
    await work(store, lambda number: promises.append((len(disk), number)))
    await close(store)
    return promises


async def survives(path: Path, options: dict[str, object], promised: int) -> None:
    """What is left opens by itself, holds what was promised or counts it as deleted, and is written to again."""
    store = opened(path, **options)
    assert store.moved_aside is None, store.moved_aside
    counters = store.connection.execute("SELECT name, value FROM counter").fetchall()
    put(store, refused(10**9))
    await store.commit()
    await close(store)
    assert balanced(path).heard > promised
    kept = kept_numbers(path)
    assert 10**9 in kept
    pruned = sum(int(value) for name, value in counters if str(name).startswith("pruned."))
    missing = set(range(promised)) - kept
    assert len(missing) <= pruned, "a row is gone that nobody deleted"
    assert integrity(path) == "ok"


def places(disk: RecordingDisk) -> list[int]:
    """Where to cut: spread evenly, the ends too."""
    cuts = max(CUTS // len(WORKS), 2)
    return sorted({round(len(disk) * place / (cuts - 1)) for place in range(cuts)})


@pytest.mark.parametrize("name", WORKS)
async def test_power_cut_loses_nothing_committed(name: str, tmp_path: Path) -> None:
    (tmp_path / "live").mkdir()
    with RecordingDisk() as disk:
        promises = await recorded(tmp_path / "live" / "store.db", disk, name)
    checkpoints = sum(one.kind == "sync" and one.file == "store.db" for one in disk.operations)
    assert checkpoints > 1
    cuts = disk.cuts()
    for place in places(disk):
        folder = tmp_path / f"cut-{place}"
        folder.mkdir()
        cuts.play(place, folder, ("dice", "everything", "nothing")[place % 3], Random(place))
        promised = max((number for at, number in promises if at <= place), default=0)
        if place % 2:  # what the lock file says may be lost, or not
            (folder / "store.db.lock").write_text("4711")
        await survives(folder / "store.db", WORKS[name][1], promised)
        shutil.rmtree(folder)


V1 = Path(__file__).parents[2] / "data" / "store" / "v1.sql"
V1_TAIL_ROWS = 3
ROW = (
    "INSERT INTO frame (seq, readings, held, outcome, wall, boot_time, boot, clock_trusted, source, phy,"
    " radio, body) VALUES (?, 0, 0, 'uplink', 1, 1, 1, 1, 1, zeroblob(300), x'00', x'00')"
)
NEXT_VERSION = (
    *schema.MIGRATIONS,
    """ALTER TABLE frame ADD COLUMN note TEXT; UPDATE frame SET note = 'seen';
    CREATE TABLE more AS SELECT seq, phy FROM frame; CREATE INDEX more_phy ON more (phy)""",
)
"""All there are, and one that touches every page of the tail."""


def test_power_cut_during_a_migration_leaves_the_old_or_the_new_version(tmp_path: Path) -> None:
    live = tmp_path / "live" / "store.db"
    live.parent.mkdir()
    old = apsw.Connection(str(live))
    old.execute(V1.read_text(encoding="utf-8"))
    with old:
        old.executemany(ROW, [(seq,) for seq in range(1001, 1301)])
    old.close()
    rows = 300 + V1_TAIL_ROWS
    with RecordingDisk() as disk:
        connection = files.open_writer(live, disk.name)
        schema.migrate(connection, NEXT_VERSION)
        connection.close()
    cuts = disk.cuts()
    versions = set()
    for place in places(disk):
        folder = tmp_path / f"cut-{place}"
        folder.mkdir()
        cuts.play(place, folder, "dice", Random(place))
        after = apsw.Connection(str(folder / "store.db"))
        version = after.pragma("user_version")
        is_new = version == len(NEXT_VERSION)
        notes = after.execute("SELECT count(*) FROM pragma_table_info('frame') WHERE name = 'note'")
        assert after.pragma("integrity_check") == "ok"
        assert notes.get == is_new
        assert after.execute("SELECT count(*) FROM frame").get == rows
        if is_new:
            assert after.execute("SELECT count(*) FROM more, frame USING (seq)").get == rows
        else:  # the program goes on where the power was cut
            schema.migrate(after, NEXT_VERSION)
            assert after.execute("SELECT count(*) FROM frame WHERE note = 'seen'").get == rows
        versions.add(version)
        after.close()
        shutil.rmtree(folder)
    assert versions == set(range(1, len(NEXT_VERSION) + 1))
