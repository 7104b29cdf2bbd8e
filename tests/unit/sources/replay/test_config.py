"""Guards the section and its sample."""

import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

import gateway.sources.replay
from gateway.sources.replay.config import ReplaySection

FOLDER = Path(gateway.sources.replay.__file__).parent


def test_the_sample_parses_and_has_every_key() -> None:
    (table,) = tomllib.loads((FOLDER / "sample.toml").read_text())["sources"]["replay"]
    assert ReplaySection(**table).path == Path("capture.jsonl")
    assert set(table) == set(ReplaySection.model_fields) - {"name"}


def test_a_path_is_relative_to_the_file_it_is_written_in() -> None:
    def read(path: str) -> Path:
        return ReplaySection.model_validate(
            {"path": path}, context={"base": Path("/etc/lora")}
        ).path

    assert read("capture.jsonl") == Path("/etc/lora/capture.jsonl")
    assert read("/var/capture.jsonl") == Path("/var/capture.jsonl")


def test_the_path_is_required_and_the_only_key() -> None:
    with pytest.raises(ValidationError, match="path"):
        ReplaySection.model_validate({})
    with pytest.raises(ValidationError, match="follow"):
        ReplaySection.model_validate({"path": "x", "follow": True})
