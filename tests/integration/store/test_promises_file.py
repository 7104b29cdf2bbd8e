"""Promises 7, 8 and 9 of the file itself: damaged, of another program or of a newer version, shared and in use.

A damaged file is moved aside whole and a new one is begun; what is not ours is left byte for byte. Members of
the file's group read it while the daemon is down, and the daemon starts after that.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from gateway.errors import StoreForeign, StoreInUse, Unavailable
from gateway.store.connection import open_reader
from gateway.store.outlet import Outlet
from gateway.store.schema import VERSION
from gateway.store.store import Store
from tests.integration.store.records import (
    LATER,
    Recorder,
    add,
    crash,
    drain,
    kept_seqs,
    record,
    sums,
)


async def written(path: Path, rows: int = 300) -> None:
    """A store that was closed in order."""
    store = Store(path)
    for number in range(1, rows + 1):
        add(store, record("d", number, bytes_more=300))
    await store.commit()
    await store.close()


def _header(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\xff" * 64)


def _cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize("damage", [_header, _cut_short])
async def test_damaged_file_is_moved_aside_and_kept(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    path = tmp_path / "store.db"
    await written(path)
    damage(path)
    content = path.read_bytes()
    store = Store(path)
    assert store.moved_aside is not None
    assert store.moved_aside.read_bytes() == content
    seq = add(store, record("d", 1))
    await store.commit()
    assert kept_seqs(store) == {seq}
    await store.close()
    again = Store(path)
    assert again.moved_aside is None
    await again.close()


async def test_damage_in_the_middle_is_found_at_the_start_after_it_was_met(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    await written(path)
    pages = path.stat().st_size // 2048
    with path.open("r+b") as file:
        file.seek(pages // 2 * 2048)
        file.write(os.urandom(2048) * (pages // 4))
    starts = 0
    while True:
        starts += 1
        assert starts < 4, "a crash loop"
        store = Store(path)
        if store.moved_aside is not None:
            break
        with pytest.raises(Exception, match=r"malformed|damaged|corrupt"):
            await store.read(
                lambda connection: connection.execute("SELECT * FROM frame").fetchall()
            )
        crash(store)
    add(store, record("d", 1))
    await store.commit()
    await sums(store)
    await store.close()


async def test_garbage_for_a_wal_costs_nothing_that_was_checkpointed(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    await written(path)
    (tmp_path / "store.db-wal").write_bytes(os.urandom(50_000))
    store = Store(path)
    assert store.moved_aside is None
    assert kept_seqs(store) == set(range(1, 301))
    await store.close()


@pytest.mark.parametrize("journal", ["delete", "wal"])
async def test_another_programs_database_is_refused_untouched(tmp_path: Path, journal: str) -> None:
    path = tmp_path / "store.db"
    other = apsw.Connection(str(path))
    other.pragma("journal_mode", journal)
    other.execute("CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)")
    other.close()
    content = path.read_bytes()
    for _ in range(2):
        with pytest.raises(StoreForeign, match="another program"):
            Store(path)
    with pytest.raises(StoreForeign):
        open_reader(path)
    assert path.read_bytes() == content


async def test_newer_schema_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    await written(path, 3)
    newer = apsw.Connection(str(path))
    newer.pragma("user_version", VERSION + 1)
    newer.close()
    content = path.read_bytes()
    with pytest.raises(StoreForeign, match="newer"):
        Store(path)
    assert path.read_bytes() == content


async def test_second_writer_is_told_who_has_the_store(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    with pytest.raises(StoreInUse, match=str(os.getpid())):
        Store(tmp_path / "store.db")
    add(store, record("d", 1))
    await store.commit()
    await store.close()
    again = Store(tmp_path / "store.db")
    assert kept_seqs(again) == {1}
    await again.close()


async def test_long_reader_loses_nothing_and_stops_no_commit(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db", remembered_rows=10)
    add(store, record("d", 1))
    await store.commit()
    reader = open_reader(store.path)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM frame").get == 1
    sink, outlet = Recorder(), Outlet(store, "db", "all")
    for number in range(2, 400):
        add(store, record("d", number, bytes_more=500))
        await store.commit()
        await drain(outlet, sink)
        await store.maintain(LATER, lambda wanted: wanted)
    assert reader.execute("SELECT count(*) FROM frame").get == 1, "its view is one moment's"
    reader.execute("ROLLBACK")
    reader.close()
    assert sink.numbers()["d"] == list(range(1, 400))
    outlet.close()
    await store.close()
    again = Store(tmp_path / "store.db")
    assert again.newest_seq == 399
    await sums(again)
    await again.close()


async def test_reader_that_writes_is_refused(tmp_path: Path) -> None:
    await written(tmp_path / "store.db", 3)
    reader = open_reader(tmp_path / "store.db")
    with pytest.raises(apsw.ReadOnlyError):
        reader.execute("DELETE FROM frame")
    reader.close()
    with pytest.raises(Unavailable, match="has not run"):
        open_reader(tmp_path / "other.db")


_AS = """
import asyncio, os, sys
from pathlib import Path
from gateway.store.accounts import accounts
from gateway.store.connection import open_reader
from gateway.store.store import Store
from tests.integration.store.records import add, record
path = Path(sys.argv[1])
os.setgroups([4242])
os.setgid(int(sys.argv[2]))
os.setuid(int(sys.argv[2]))
os.umask(0o022)

async def write(end):
    store = Store(path)
    assert store.moved_aside is None
    for _ in range(5):
        add(store, record("d", store.next_seq))
    await store.commit()
    await store.close() if end == "close" else os._exit(0)

if sys.argv[3] == "read":
    reader = open_reader(path)
    print(accounts(reader).heard)
    reader.close()
else:
    asyncio.run(write(sys.argv[3]))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two other users")
def test_member_of_the_group_reads_while_the_writer_is_down_and_it_starts_after_that(
    tmp_path: Path,
) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_mode & 0o5 != 0o5:
            if folder.parent == folder or "pytest" not in str(folder):
                pytest.skip(f"{folder} is closed to other users")
            folder.chmod(folder.stat().st_mode | 0o055)
    home = tmp_path / "store"
    home.mkdir()
    os.chown(home, 61001, 4242)
    home.chmod(0o2770)
    path = home / "store.db"

    def run(user: int, what: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", _AS, str(path), str(user), what],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    run(61001, "kill")
    assert {part.name: part.stat().st_mode & 0o777 for part in home.glob("store.db*")} | {
        "store.db.lock": 0, "store.db.reserve": 0
    } == {"store.db": 0o660, "store.db-wal": 0o660, "store.db-shm": 0o660,
          "store.db.lock": 0, "store.db.reserve": 0}  # fmt: skip
    assert run(61002, "read") == "5"
    run(61001, "close")
    assert run(61002, "read") == "10"
    assert {part.stat().st_uid for part in home.glob("store.db-*")} == {61002}
    run(61001, "kill")
    assert run(61002, "read") == "15"
