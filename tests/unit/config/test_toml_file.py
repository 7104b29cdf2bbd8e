"""Files that are no TOML: the fault names the line and never repeats the content."""

import os
from pathlib import Path

import pytest

from gateway.config import toml_file
from gateway.errors import ConfigError

SECRET = "5ec2e75ec2e75ec2e75ec2e75ec2e75e"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"a = 1\nkey = {SECRET}\n", "line 2, column 8"),
        (f"a = 1\nkey = '{SECRET}\n", "last line"),
        (f'a = 1\na = "{SECRET}"\n', "line 2, column 39"),
        (f'[a]\n[a]\nkey = "{SECRET}"', "line 2, column 3"),
        (f'key = "{SECRET}', "last line"),
        (f"a = 1\nb = 2\nkey = '{SECRET}\udcff'", "line 3"),
    ],
)
def test_a_fault_names_the_line_and_not_what_stands_there(
    tmp_path: Path, text: str, place: str
) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError) as raised:
        toml_file.read(path, 1000)
    assert (raised.value.file, raised.value.key) == (path, place)
    assert SECRET not in str(raised.value)


def test_content_and_mode_come_back(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("[a]\nb = 1")
    path.chmod(0o640)
    assert toml_file.read(path, 1000) == ({"a": {"b": 1}}, 0o640)


def test_the_cap_is_a_cap(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("#" * 10)
    assert toml_file.read(path, 10)[0] == {}
    with pytest.raises(ConfigError, match="is larger than 9 bytes"):
        toml_file.read(path, 9)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        toml_file.read(tmp_path, 10)


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("a = " + "[" * 20_000 + "]" * 20_000)
    with pytest.raises(ConfigError, match="nested too deeply"):
        toml_file.read(path, 100_000)


def test_the_mark_that_windows_editors_put_first_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xef\xbb\xbf[a]\r\nb = 1\r\n")
    assert toml_file.read(path, 1000)[0] == {"a": {"b": 1}}


def test_a_number_longer_than_python_reads_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("a = " + "1" * 5000)
    with pytest.raises(ConfigError, match="thousands of digits"):
        toml_file.read(path, 100_000)


def test_a_pipe_that_nobody_writes_into_holds_up_nobody(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    os.mkfifo(path)
    with pytest.raises(ConfigError, match="is no plain file"):
        toml_file.read(path, 10)


def test_a_device_without_end_is_not_read() -> None:
    with pytest.raises(ConfigError, match="is no plain file"):
        toml_file.read(Path("/dev/zero"), 10)
