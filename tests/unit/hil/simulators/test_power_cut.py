"""Guards the simulated disk: with settings whose durability SQLite documents, cuts must show just that.

A gate that never fails proves nothing, so the settings that lose rows must lose some here.
"""

import contextlib
from pathlib import Path
from random import Random

import apsw
import pytest

from hil.simulators.power_cut import Operation, RecordingDisk

COMMITS = 40


def written(path: Path, disk: RecordingDisk, synchronous: str) -> list[int]:
    """Rows 0, 1, ... each committed alone; after how many operations each was acknowledged."""
    connection = apsw.Connection(str(path), vfs=disk.name)
    connection.pragma("locking_mode", "EXCLUSIVE")
    connection.pragma("page_size", 1024)
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", synchronous)
    connection.pragma("wal_autocheckpoint", 20)
    connection.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, filler BLOB)")
    acknowledged = []
    for number in range(COMMITS):
        connection.execute("INSERT INTO row VALUES (?, zeroblob(700))", (number,))
        acknowledged.append(len(disk))
    connection.close()
    return acknowledged


def lost_rows(tmp_path: Path, synchronous: str) -> tuple[int, int]:
    """(acknowledged rows that were missing after some cut, cuts after which the file was corrupt)."""
    (tmp_path / "live").mkdir()
    lost = corrupt = 0
    with RecordingDisk() as disk:
        acknowledged = written(tmp_path / "live" / "a.db", disk, synchronous)
    cuts = disk.cuts()
    for at in range(acknowledged[0], len(disk), 2):
        folder = tmp_path / f"cut-{at}"
        folder.mkdir()
        cuts.play(at, folder, "dice", Random(at))
        connection = apsw.Connection(str(folder / "a.db"))
        try:
            if connection.pragma("quick_check") != "ok":
                corrupt += 1
                continue
            there: set[int] = set()
            with contextlib.suppress(apsw.SQLError):  # the table itself may be lost
                there = {row[0] for row in connection.execute("SELECT id FROM row")}
            promised = {number for number, place in enumerate(acknowledged) if place <= at}
            lost += len(promised - there)
        except (apsw.CorruptError, apsw.NotADBError):
            corrupt += 1
        finally:
            connection.close()
    return lost, corrupt


def test_full_synchronisation_loses_nothing(tmp_path: Path) -> None:
    assert lost_rows(tmp_path, "FULL") == (0, 0)


def test_normal_synchronisation_loses_rows_but_never_the_file(tmp_path: Path) -> None:
    lost, corrupt = lost_rows(tmp_path, "NORMAL")
    assert lost > 0
    assert corrupt == 0


def test_no_synchronisation_loses_the_file(tmp_path: Path) -> None:
    _, corrupt = lost_rows(tmp_path, "OFF")
    assert corrupt > 0


def test_a_synced_write_is_whole_and_another_is_torn_by_sectors(tmp_path: Path) -> None:
    disk = RecordingDisk()
    disk.note(Operation("write", "a", 0, b"s" * 1024))
    disk.note(Operation("sync", "a"))
    disk.note(Operation("write", "a", 256, b"u" * 2048))
    seen = set()
    for seed in range(64):
        folder = tmp_path / str(seed)
        folder.mkdir()
        disk.cuts().play(3, folder, "dice", Random(seed))
        data = (folder / "a").read_bytes()
        assert data[:256] == b"s" * 256
        assert data[256:512] in (b"s" * 256, b"u" * 256)
        seen.add(data)
    assert len(seen) > 8


def test_everything_or_nothing_of_what_was_not_synced(tmp_path: Path) -> None:
    disk = RecordingDisk()
    disk.note(Operation("write", "a", 0, b"12345678"))
    disk.note(Operation("sync", "a"))
    disk.note(Operation("truncate", "a", 4))
    disk.note(Operation("delete", "b"))
    left = []
    for loss in ("nothing", "everything"):
        folder = tmp_path / loss
        folder.mkdir()
        disk.cuts().play(4, folder, loss, Random(1))
        left.append((folder / "a").read_bytes())
    assert left == [b"1234", b"12345678"]


def test_what_was_there_before_is_durable(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"")
    disk = RecordingDisk()
    (tmp_path / "b").write_bytes(b"old")
    disk.first_seen(tmp_path / "b")
    folder = tmp_path / "after"
    folder.mkdir()
    disk.cuts().play(0, folder, "dice", Random(1))
    assert (folder / "b").read_bytes() == b"old"


def test_cuts_go_forward_only(tmp_path: Path) -> None:
    disk = RecordingDisk()
    disk.note(Operation("write", "a", 0, b"1"))
    cuts = disk.cuts()
    cuts.play(1, tmp_path, "nothing", Random(1))
    with pytest.raises(ValueError, match="ascending"):
        cuts.play(0, tmp_path, "nothing", Random(1))
