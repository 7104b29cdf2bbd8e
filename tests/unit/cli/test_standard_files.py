"""Who closes stdin, stdout or stderr of the program gets the same work done, and no file under their numbers."""

import subprocess
import sys
from pathlib import Path

import pytest

REPORT = """
import os, sys
from gateway.cli import standard_files
standard_files.open_all()
with open({out!r}, "w") as told:
    told.write(" ".join(os.readlink(f"/proc/self/fd/{{n}}") for n in range(3)) + f" {{told.fileno()}}")
print("out")
print("err", file=sys.stderr)
sys.stdin.read()
"""


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_what_is_closed_is_opened_as_nothing(tmp_path: Path, closed: str) -> None:
    out = tmp_path / "told"
    code = REPORT.format(out=str(out))
    command = ["bash", "-c", f'exec "$0" -c "$1" {closed}', sys.executable, code]
    done = subprocess.run(
        command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stderr.replace("err\n", "")) == (0, "")
    files = out.read_text().split()
    for number, mark in enumerate(("<&-", ">&-", "2>&-")):
        if mark in closed.split():
            assert files[number] == "/dev/null"
    assert int(files[3]) > 2


def test_a_command_does_its_work_without_any(tmp_path: Path) -> None:
    config = tmp_path / "gateway.toml"
    config.write_text('[gateway]\nname = "kk-01"\n[store]\npath = "gateway.toml/store.db"\n')
    program = str(Path(sys.executable).with_name("lora-gateway"))
    for name, code in (("check", 0), ("run", 1)):
        command = ["bash", "-c", 'exec "$0" "$1" --config "$2" <&- >&- 2>&-', program, name]
        done = subprocess.run([*command, str(config)], check=False, capture_output=True, timeout=30)
        assert done.returncode == code


def test_a_full_disk_under_stdout_is_told_in_a_sentence(tmp_path: Path) -> None:
    config = tmp_path / "gateway.toml"
    config.write_text('[gateway]\nname = "kk-01"\n[store]\npath = "store.db"\n')
    program = str(Path(sys.executable).with_name("lora-gateway"))
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [program, "check", "--config", str(config)],
            check=False, stdout=full, stderr=subprocess.PIPE, text=True, timeout=30,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == (
        "lora-gateway: standard output cannot be written: No space left on device\n"
    )
