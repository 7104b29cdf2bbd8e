"""`redecode` as it is called with the daemon down: dry run, --apply, and wrong use."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hil.simulators.fleet import Fleet
from hil.simulators.scene import play
from tests.pipeline_bench import START_S, Bench, frame_of

Call = Callable[..., Any]
CONFIG = """
[gateway]
name = "kk-01"
region = "AS923-1"
devices = "devices.toml"
[store]
path = "store.db"
"""
EVER = ("--since", "3650 days")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Devices in the list of today, and a store that heard them when they were strangers."""
    (tmp_path / "gateway.toml").write_text(CONFIG)
    city = Fleet(2, seed=7)
    city.write(tmp_path / "devices.toml")
    scene = play(city, start=START_S, rounds=3)

    async def make() -> None:
        bench = Bench(tmp_path / "store.db", [])
        for heard in scene.heard:
            outcome = bench.hear(frame_of(heard.hearing))[0]
            bench.store.count("heard")
            bench.store.count(f"outcome.{outcome}")
        await bench.close()

    asyncio.run(make())
    return tmp_path


def test_a_dry_run_shows_and_apply_does(call: Call, folder: Path) -> None:
    config = ("--config", folder / "gateway.toml")
    page = call("redecode", "--all", *EVER, *config)
    assert page.code == 0
    assert "unknown_device -> uplink" in page.out
    assert "this was a dry run; --apply does it" in page.out
    assert json.loads(call("status", *config, "--json").out)["frames"]["outcomes"].keys() >= {
        "unknown_device"
    }
    done = json.loads(call("redecode", "--all", *EVER, *config, "--apply", "--json").out)
    assert done["written"] == done["rows"] > 0
    assert done["outcomes"]["unknown_device>uplink"] == 6
    assert done["examples"][0]["time"].startswith("2026-11-22T00:0")
    assert done["deleted"] is None
    status = call("status", *config, "--json")
    assert status.code == 0
    assert json.loads(status.out)["frames"]["outcomes"]["uplink"] == 6
    again = call("redecode", "--all", *EVER, *config, "--apply")
    assert "0 change" in again.out


def test_one_device_or_all_must_be_said(call: Call, folder: Path) -> None:
    config = ("--config", folder / "gateway.toml")
    for wrong in (
        EVER,
        ("--all", "--device", "air-01", *EVER),
        ("--all",),
        ("--all", "--since", "x"),
    ):
        assert call("redecode", *wrong, *config).code == 2
    said = call("redecode", "--device", "nobody", *EVER, *config)
    assert said.code == 1
    assert "knows no device 'nobody'" in said.err
