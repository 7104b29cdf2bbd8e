"""Files belong to whom they belonged, where root puts them back and the users are there; else to the caller."""

import os
import stat
from pathlib import Path

import pytest

from gateway.backup import owners
from gateway.backup.manifest import Member, Owner


def member(owner: Owner = "", kind: str = "file") -> Member:
    """A file of somebody."""
    return Member(
        name="config/x", path="/x", kind=kind, mode=0o600, owner=owner, group=owner, size=0, sha256="",
    )  # type: ignore[arg-type] # fmt: skip


def test_only_root_gives_files_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert owners.numbers(member("root")) == (-1, -1)


def test_root_gives_files_to_whom_they_belonged_and_else_to_the_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(owners, "SERVICE", "nobody-of-this-name")
    assert owners.numbers(member("root")) == (0, 0)
    assert owners.numbers(member()) == (-1, -1)
    assert not owners.service_is_known()
    monkeypatch.setattr(owners, "SERVICE", "daemon")
    user, group = owners.numbers(member())
    assert user > 0
    assert group > 0
    assert owners.service_is_known()


def test_folders_are_made_as_the_service_wants_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    deep = tmp_path / "var" / "lib"
    assert owners.make_folder(deep, member(kind="store")) == [tmp_path / "var", deep]
    assert stat.S_IMODE(deep.stat().st_mode) == 0o2770
    assert owners.make_folder(deep, member()) == []
    assert stat.S_IMODE(deep.stat().st_mode) == 0o2770
    owners.make_folder(tmp_path / "etc", member())
    assert stat.S_IMODE((tmp_path / "etc").stat().st_mode) == 0o750
