"""Secrets in files: who may be able to read one for it to be used, and what is never shown."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.settings import FilePath, Secret, Section


def secret(path: Path, mode: int, text: str = "hunter2\n") -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_file_for_its_owner_alone_is_read(tmp_path: Path, mode: int) -> None:
    assert Secret(secret(tmp_path / "token", mode)).read() == "hunter2"


@pytest.mark.parametrize("mode", [0o640, 0o660, 0o604, 0o444, 0o644, 0o620, 0o602, 0o441])
def test_a_file_open_to_others_is_refused_and_its_text_not_shown(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ValueError, match="chmod 600") as caught:
        Secret(secret(tmp_path / "token", mode)).read()
    assert "hunter2" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a file to somebody else needs root")
@pytest.mark.parametrize(
    ("owner", "group", "taken"), [(0, 0, True), (0, 1000, False), (1000, 0, False)]
)
def test_a_credential_as_systemd_hands_it_over_is_read(
    tmp_path: Path, owner: int, group: int, taken: bool
) -> None:
    """systemd 252 gives the service's user an ACL on root's file: the mode shows 0440."""
    path = secret(tmp_path / "token", 0o440)
    os.chown(path, owner, group)
    if taken:
        assert Secret(path).read() == "hunter2"
    else:
        with pytest.raises(ValueError, match="chmod 600"):
            Secret(path).read()


def test_a_file_of_the_credentials_folder_is_read_whoever_owns_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = secret(tmp_path / "token", 0o440)
    if os.geteuid() == 0:
        os.chown(path, 1000, 1000)
    with pytest.raises(ValueError, match="chmod 600"):
        Secret(path).read()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert Secret(path).read() == "hunter2"


def test_a_credential_that_is_replaced_is_read_anew(tmp_path: Path) -> None:
    """As its folder is filled again: a new file under the old name."""
    token = Secret(secret(tmp_path / "token", 0o400))
    assert token.read() == "hunter2"
    secret(tmp_path / "next", 0o400, "hunter3").replace(tmp_path / "token")
    assert token.read() == "hunter3"


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match="is empty"):
        Secret(secret(tmp_path / "token", 0o600, text)).read()


def test_a_secret_is_not_printed(tmp_path: Path) -> None:
    assert repr(Secret(tmp_path / "token")) == "***"


class Place(Section):
    """A section with a path."""

    file: FilePath


@pytest.mark.parametrize("name", ["a" * 241, "folder/" + "ö" * 121 + "/store.db", "a\0b"])
def test_a_path_that_no_disk_takes_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match=r"no disk takes|zero byte"):
        Place.model_validate({"file": name})
    assert Place.model_validate({"file": "a" * 240}).file == Path("a" * 240)
