"""A backup holds all it should, says what is missing, and leaves nothing behind when it cannot be made."""

import os
import shutil
import stat
import tarfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from gateway.backup import manifest as description
from gateway.backup import taking
from gateway.config import load
from gateway.errors import Unavailable
from tests.unit.backup.conftest import backed_up, tree


def test_the_members_are_the_files_with_their_modes(box: Path, backup: Path) -> None:
    with tarfile.open(backup) as tar:
        modes = {member.name: member.mode for member in tar}
        file = tar.extractfile("manifest.json")
        assert file is not None
        manifest = description.read(file.read())
    assert modes.pop("manifest.json") == 0o600
    assert modes == {member.name: member.mode for member in manifest.members}
    assert modes["config/lists/keys.toml"] == modes["config/broker.password"] == 0o600
    assert modes["config/capture.jsonl.position"] == 0o640
    assert "config/capture.jsonl" not in modes
    assert manifest.gateway == "kk-01"
    assert manifest.config.path == str(box)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600


def test_a_file_that_is_not_there_is_told_and_the_rest_is_taken(box: Path, tmp_path: Path) -> None:
    gone = box.parent / "tokens" / "influx.token"
    gone.unlink()
    _, taken = backed_up(box, tmp_path / "out.tar")
    assert taken.missing == (gone,)
    assert taken.balanced


def test_a_folder_in_the_place_of_a_file_is_refused(box: Path, tmp_path: Path) -> None:
    password = box.parent / "broker.password"
    password.unlink()
    os.mkfifo(password)  # nobody writes into it
    with pytest.raises(Unavailable, match="is no file"):
        backed_up(box, tmp_path / "out.tar")
    assert not (tmp_path / "out.tar").exists()


def test_a_short_disk_is_told_before_anything_is_written(
    box: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = SimpleNamespace(disk_usage=lambda _: SimpleNamespace(free=1000))
    monkeypatch.setattr(taking, "shutil", full)
    before = tree(tmp_path)
    with pytest.raises(Unavailable, match="name a place on another disk"):
        backed_up(box, tmp_path / "out.tar")
    assert tree(tmp_path) == before


def test_a_store_that_is_not_there_leaves_nothing_behind(box: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "box" / "state")
    before = tree(tmp_path)
    with pytest.raises(Unavailable, match="there is no store"):
        backed_up(box, tmp_path / "out.tar")
    assert tree(tmp_path) == before


def test_a_folder_that_is_not_there_is_named(box: Path, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="nowhere"):
        backed_up(box, tmp_path / "nowhere" / "out.tar")


def test_further_files_go_along_and_what_is_made_at_each_start_does_not(
    box: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "VOLATILE", tmp_path / "elsewhere")
    note = tmp_path / "note.txt"
    note.write_text("of ours\n")
    taken = taking.take(
        load(box), tmp_path / "out.tar", history=False, step=lambda *_: None, also=[note]
    )
    assert taken.missing == (tmp_path / "elsewhere" / "ca.pem",)
    names = [member.name for member in taken.manifest.members]
    assert f"elsewhere{note}" in names
    assert not any(name.endswith("ca.pem") for name in names)


def test_what_a_killed_run_has_left_is_written_over(box: Path, tmp_path: Path) -> None:
    for name in (".out.tar.part", ".out.tar.store.part"):
        (tmp_path / name).write_text("half")
    backed_up(box, tmp_path / "out.tar")
    assert not list(tmp_path.glob(".*.part"))


def test_one_backup_at_a_time_is_written_into_a_folder(box: Path, tmp_path: Path) -> None:
    def meanwhile(*_: int) -> None:
        with pytest.raises(Unavailable, match="another backup is being written into"):
            backed_up(box, tmp_path / "out.tar")
        told.append(True)

    told: list[bool] = []
    taking.take(load(box), tmp_path / "out.tar", history=True, step=meanwhile)
    assert told
    _, taken = backed_up(box, tmp_path / "out.tar")
    assert taken.balanced
