"""`demo` as a user runs it: a process of its own, simulated devices, and a store that can be looked at after."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = (sys.executable, "-c", "from gateway.cli import main; main()")
PATIENCE_S = 60.0


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


def test_its_summary_is_one_document_and_every_frame_is_accounted_for(tmp_path: Path) -> None:
    said = run("demo", "--seconds", 4, "--speed", 50, "--folder", tmp_path, "--json")
    assert said.returncode == 0, said.stderr
    answer = json.loads(said.stdout)
    assert answer["balanced"] is True
    assert answer["frames"]["heard"] > 0
    assert answer["readings"]["accepted"] > 0
    assert answer["folder"] == str(tmp_path)
    status = run("status", "--config", tmp_path / "gateway.toml", "--json")
    assert json.loads(status.stdout)["frames"] == answer["frames"]


def test_without_a_terminal_it_prints_a_line_a_reading_and_what_to_do_next(tmp_path: Path) -> None:
    said = run("demo", "--seconds", 4, "--speed", 50, "--folder", tmp_path)
    assert said.returncode == 0, said.stderr
    assert "every one accounted for" in said.stdout
    assert f"status --config {tmp_path / 'gateway.toml'}" in said.stdout
    lines = [line for line in said.stdout.splitlines() if " air_quality " in line]
    assert lines
    assert "\x1b" not in said.stdout


@pytest.mark.parametrize("wrong", [("--devices", 2), ("--devices", 201), ("--speed", 0)])
def test_wrong_use_is_2(wrong: tuple[object, ...], tmp_path: Path) -> None:
    assert run("demo", "--folder", tmp_path, *wrong).returncode == 2
    assert list(tmp_path.iterdir()) == []
