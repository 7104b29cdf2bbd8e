"""A restore puts everything into place or changes nothing: whatever is wrong with backup, disk or place."""

import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import apsw
import pytest

from gateway.backup import restoring
from gateway.backup.manifest import BadBackup
from gateway.backup.restoring import Restored, restore
from gateway.config import load
from gateway.errors import StoreForeign, StoreInUse, Unavailable
from gateway.store.connection import WriterLock
from tests.store_bench import balanced
from tests.unit.backup.conftest import FILES, forged, tree


def restored(backup: Path, *, into: Path | None = None, force: bool = False) -> Restored:
    """Restore a file."""
    with backup.open("rb") as file:
        return restore(file, into=into, force=force, step=lambda *_: None)


def test_everything_is_as_it_was_at_its_old_places(box: Path, backup: Path, tmp_path: Path) -> None:
    before = tree(tmp_path / "box"), tree(tmp_path / "elsewhere")
    shutil.rmtree(tmp_path / "box")
    shutil.rmtree(tmp_path / "elsewhere")
    answer = restored(backup)
    after = tree(tmp_path / "box"), tree(tmp_path / "elsewhere")
    store = "state/store.db"
    for gone in (store, "state/store.db.lock", "etc/capture.jsonl"):
        before[0].pop(gone, None)
    assert after[0].pop(store)
    assert after == before
    for name, (_, mode) in FILES.items():
        if name != "capture.jsonl":
            assert stat.S_IMODE((box.parent / name).stat().st_mode) == mode, name
    assert answer.config == box
    assert answer.store == tmp_path / "box" / store
    assert balanced(answer.store).heard == 30


def test_another_folder_gets_all_of_it_and_a_configuration_that_knows(
    backup: Path, tmp_path: Path
) -> None:
    card = tmp_path / "card"
    answer = restored(backup, into=card)
    assert all(path.is_relative_to(card) for path in answer.files)
    config = load(answer.config)
    assert config.store.path == answer.store
    assert balanced(answer.store).sinks["city"].pending == 60
    ca_file = config.sources[0].section.ca_file  # type: ignore[attr-defined]
    assert ca_file.is_relative_to(card)
    assert ca_file.read_text() == "a certificate\n"
    assert stat.S_IMODE((card / "broker.password").stat().st_mode) == 0o600
    assert answer.config.read_text().startswith('[gateway]\nname = "kk-01"\n')


def test_what_is_there_is_not_written_over(box: Path, backup: Path, tmp_path: Path) -> None:
    before = tree(tmp_path)
    with pytest.raises(Unavailable, match=r"gateway\.toml.*there already.*Nothing was changed"):
        restored(backup)
    assert tree(tmp_path) == before


def test_force_moves_aside_what_is_there_and_a_wal_with_its_store(
    box: Path, backup: Path, tmp_path: Path
) -> None:
    box.write_text("edited since\n")
    wal = tmp_path / "box" / "state" / "store.db-wal"
    wal.write_bytes(b"of the old store")
    answer = restored(backup, force=True)
    aside = {old: new.read_bytes() for old, new in answer.aside}
    assert aside[box] == b"edited since\n"
    assert aside[wal] == b"of the old store"
    assert not wal.exists()
    assert box.read_text().startswith("[gateway]")
    assert balanced(answer.store).heard == 30


def _cut(backup: Path, target: Path) -> Path:
    target.write_bytes(backup.read_bytes()[:-20_000])
    return target


def _damaged_store(backup: Path, target: Path) -> Path:
    content = bytearray(_store_of(backup))
    content[2048 : len(content) // 2] = bytes(len(content) // 2 - 2048)
    return forged(backup, target, "store/store.db", bytes(content))


def _no_store(backup: Path, target: Path) -> Path:
    return forged(backup, target, "store/store.db", b"not a database at all" * 1000)


def _store_of(backup: Path) -> bytes:
    import tarfile

    with tarfile.open(backup) as tar:
        file = tar.extractfile("store/store.db")
        assert file is not None
        return file.read()


@pytest.mark.parametrize("spoil", [_cut, _damaged_store, _no_store])
def test_a_backup_that_is_damaged_changes_nothing(
    backup: Path, tmp_path: Path, spoil: Callable[[Path, Path], Path]
) -> None:
    spoiled = spoil(backup, tmp_path / "spoiled.tar")
    before = tree(tmp_path)
    with pytest.raises(BadBackup):
        restored(spoiled, into=tmp_path / "new" / "card")
    with pytest.raises(BadBackup):
        restored(spoiled, force=True)
    assert tree(tmp_path) == before


def test_a_store_of_a_newer_program_is_refused(backup: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer.db"
    newer.write_bytes(_store_of(backup))
    connection = apsw.Connection(str(newer))
    connection.pragma("user_version", 99)
    connection.close()
    spoiled = forged(backup, tmp_path / "newer.tar", "store/store.db", newer.read_bytes())
    before = tree(tmp_path)
    with pytest.raises(StoreForeign, match="schema version 99"):
        restored(spoiled, into=tmp_path / "card")
    assert tree(tmp_path) == before


def test_a_store_that_a_daemon_has_is_not_touched(box: Path, backup: Path, tmp_path: Path) -> None:
    daemon = WriterLock(tmp_path / "box" / "state" / "store.db")
    before = tree(tmp_path)
    with pytest.raises(StoreInUse):
        restored(backup, force=True)
    assert tree(tmp_path) == before
    daemon.release(in_order=True)


def test_a_link_in_the_folder_does_not_lead_out_of_it(backup: Path, tmp_path: Path) -> None:
    card, outside = tmp_path / "card", tmp_path / "outside"
    card.mkdir()
    outside.mkdir()
    (card / "lists").symlink_to(outside)
    with pytest.raises(Unavailable, match="leads out of"):
        restored(backup, into=card)
    assert not list(outside.iterdir())


def test_a_short_disk_is_told_before_anything_is_written(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = SimpleNamespace(disk_usage=lambda _: SimpleNamespace(free=1000))
    monkeypatch.setattr(restoring, "shutil", full)
    before = tree(tmp_path)
    with pytest.raises(Unavailable, match="0 MB free"):
        restored(backup, into=tmp_path / "card")
    assert tree(tmp_path) == before


def test_a_file_where_a_folder_is_needed_changes_nothing(backup: Path, tmp_path: Path) -> None:
    card = tmp_path / "card"
    card.mkdir()
    (card / "lists").write_text("a file")
    before = tree(tmp_path)
    with pytest.raises(Unavailable):
        restored(backup, into=card)
    assert tree(tmp_path) == before


def test_a_disk_that_fails_at_the_last_name_leaves_everything_as_it_was(
    box: Path, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tree(tmp_path)
    calls: list[Path] = []

    def failing(folder: Path) -> None:
        calls.append(folder)
        raise OSError(5, "Input/output error", str(folder))

    monkeypatch.setattr(restoring, "sync_folder", failing)
    with pytest.raises(Unavailable, match="Input/output error"):
        restored(backup, force=True)
    assert calls
    assert tree(tmp_path) == before


def test_what_two_restores_in_a_second_move_aside_is_all_kept(
    box: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = SimpleNamespace(strftime=lambda *_: "20261122-000000", gmtime=lambda: None)
    monkeypatch.setattr(restoring, "time", now)
    box.write_text("# the first\n")
    for text in ("# the second\n", "# the third\n"):
        restored(backup, force=True)
        box.write_text(text)
    restored(backup, force=True)
    aside = [
        box.with_name(f"{box.name}.before-restore-20261122-000000{n}") for n in ("", "-2", "-3")
    ]
    assert [one.read_text() for one in aside] == [
        "# the first\n",
        "# the second\n",
        "# the third\n",
    ]
