"""The program called as its user calls it, and a small installation that has heard something."""

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from gateway.cli import main
from gateway.pipeline.ingest import Ingest
from hil.simulators.fleet import Fleet
from hil.simulators.scene import Mischief, play
from tests.pipeline_bench import START_S, Bench, device_of, event_of, frame_of, who

GATEWAY = """
[gateway]
name = "kk-01"
region = "AS923-1"
devices = "devices.toml"
tags = { site = "hall" }
[store]
path = "store.db"
[[sources.semtech_udp]]
listen = "127.0.0.1:1700"
"""
ROUNDS = 4


class Said(NamedTuple):
    """What a command gave back."""

    code: int | str | None
    out: str
    err: str


@pytest.fixture
def call(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Said]:
    """Run the program with these arguments."""
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: object) -> Said:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        return Said(ended.value.code, *capsys.readouterr())

    return call


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with configuration and store: three devices, four rounds from START_S on, and some mischief."""
    folder = tmp_path_factory.mktemp("installation")
    city = Fleet(3, seed=7)
    (folder / "gateway.toml").write_text(GATEWAY)
    city.write(folder / "devices.toml")
    scene = play(city, start=START_S, rounds=ROUNDS, mischief=Mischief(second_gateway=5, foreign=6))

    async def hear() -> None:
        bench = Bench(folder / "store.db", [device_of(one.identity) for one in city.devices])
        ingest = Ingest(bench.interpreter, bench.store, bench.book, 0)
        task = asyncio.create_task(ingest.run())
        for heard in scene.heard:
            ingest.submit([frame_of(heard.hearing)])
        ingest.finish()
        await task
        await bench.close()

    asyncio.run(hear())
    return folder


@pytest.fixture
def copied_store(installation: Path, tmp_path: Path) -> Path:
    """A copy of the installation's store, to be spoiled."""
    return Path(shutil.copy(installation / "store.db", tmp_path / "store.db"))


@pytest.fixture
def empty_store(tmp_path: Path) -> Path:
    """A store that has heard nothing."""

    async def make() -> None:
        await Bench(tmp_path / "empty.db", []).close()

    asyncio.run(make())
    return tmp_path / "empty.db"


@pytest.fixture
def formula_store(tmp_path: Path) -> Callable[[str], Path]:
    """Makes a store with one reading of a network server that holds this text."""

    def make(text: str) -> Path:
        asyncio.run(_told(tmp_path / "room.db", {"state": text, "door": True, "level": -5.5}))
        return tmp_path / "room.db"

    return make


async def _told(path: Path, values: dict[str, object]) -> None:
    device = device_of(who(), decoder="network_server", measurement="room")
    bench = Bench(path, [device])
    bench.hear(event_of(who(), 1, b"\x01", START_S, object_json=json.dumps(values).encode()))
    await bench.close()
