"""Guards what is shown to each version, that files are read anew, and that nothing of them is ever shown."""

from base64 import b64decode
from pathlib import Path

import pytest

from gateway.errors import Blocked
from gateway.sinks.influxdb.config import InfluxdbSection, Version
from gateway.sinks.influxdb.credentials import Credentials, read_credentials

URL = "http://127.0.0.1:8086"


def secret_file(folder: Path, text: str | bytes, mode: int = 0o600) -> Path:
    path = folder / "secret"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return path


def with_token(path: Path) -> InfluxdbSection:
    return InfluxdbSection(url=URL, database="c", org="o", bucket="b", token_file=path)


def with_password(path: Path) -> InfluxdbSection:
    return InfluxdbSection(url=URL, database="c", username="gateway", password_file=path)


@pytest.mark.parametrize(("version", "scheme"), [("2", "Token"), ("3", "Bearer")])
def test_a_token_is_shown_as_the_version_takes_it(
    tmp_path: Path, version: Version, scheme: str
) -> None:
    section = with_token(secret_file(tmp_path, "abc==\n"))
    assert read_credentials(section, version).header == f"{scheme} abc=="


def test_a_password_goes_as_basic_authentication(tmp_path: Path) -> None:
    section = with_password(secret_file(tmp_path, "pä:ss wörd\n"))
    header = read_credentials(section, "1").header
    assert header is not None
    scheme, _, encoded = header.partition(" ")
    assert scheme == "Basic"
    assert b64decode(encoded).decode() == "gateway:pä:ss wörd"


def test_without_a_file_nothing_is_shown(tmp_path: Path) -> None:
    open_section = InfluxdbSection(url=URL, database="c", org="o", bucket="b")
    versions: tuple[Version, ...] = ("1", "2", "3")
    for version in versions:
        assert read_credentials(open_section, version).header is None
    # A token of version 2 or 3 is not given to a server that turns out to be version 1.
    assert read_credentials(with_token(secret_file(tmp_path, "abc")), "1").header is None


def test_a_file_is_read_at_each_attempt(tmp_path: Path) -> None:
    path = secret_file(tmp_path, "old")
    section = with_token(path)
    assert read_credentials(section, "2").header == "Token old"
    path.write_text("new")
    assert read_credentials(section, "2").header == "Token new"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_open_to_others_blocks_and_says_what_to_run(tmp_path: Path, mode: int) -> None:
    path = secret_file(tmp_path, "hunter2", mode)
    with pytest.raises(Blocked, match="chmod 600") as caught:
        read_credentials(with_token(path), "2")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    ["hunter2 and more", "hunter2\nhunter2", "hunter2\x00", "hünter2", b"hunter2\xff", ""],
)
def test_a_file_with_more_than_a_token_blocks_and_is_not_quoted(
    tmp_path: Path, content: str | bytes
) -> None:
    path = secret_file(tmp_path, content)
    with pytest.raises(Blocked, match=str(path)) as caught:
        read_credentials(with_token(path), "3")
    assert "nter2" not in str(caught.value)
    assert "nter2" not in repr(caught.value.__cause__)


def test_a_missing_file_blocks(tmp_path: Path) -> None:
    with pytest.raises(Blocked, match="No such file"):
        read_credentials(with_token(tmp_path / "absent"), "2")


def test_credentials_are_not_printed_and_hide_themselves(tmp_path: Path) -> None:
    credentials = read_credentials(with_password(secret_file(tmp_path, "hunter2")), "1")
    assert isinstance(credentials, Credentials)
    assert "hunter2" not in repr(credentials)
    header = credentials.header or ""
    echo = f"you sent {header} which is hunter2"
    assert credentials.hide(echo) == "you sent Basic *** which is ***"
