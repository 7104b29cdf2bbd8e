"""Guards docs/register-map.md: its samples are the files of config/maps, and its commands give what it shows."""

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "register-map.md").read_text("utf-8")
MAPS = sorted((ROOT / "config" / "maps").glob("*.toml"))
RUNS = re.findall(r"```sh\n(lora-gateway decode .+?)\n```\n\n```json\n(.+?)\n```", PAGE, re.DOTALL)


@pytest.mark.parametrize("file", MAPS, ids=lambda file: file.name)
def test_a_sample_of_the_page_is_the_file_beside_the_configuration(file: Path) -> None:
    begin, end = f"<!-- begin sample: {file.name} -->\n```toml\n", "\n```\n<!-- end sample"
    shown = PAGE.partition(begin)[2].partition(end)[0]
    assert shown == file.read_text("utf-8").strip()


def test_each_sample_is_run_on_the_page() -> None:
    assert len(RUNS) == len(MAPS) == 2


@pytest.mark.parametrize(("command", "answer"), RUNS)
def test_a_command_of_the_page_gives_what_the_page_shows(
    command: str, answer: str, call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    said = call(*shlex.split(command)[1:])
    assert said.code == 0, said.err
    assert json.loads(said.out) == json.loads(answer)
