"""The devices file is taken again while frames come: what goes on keeps its counters; a fault changes nothing."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from gateway import reload as reload_module
from gateway.config import load
from gateway.reload import Difference, Reload
from gateway.store import recovery
from hil.simulators.device_list import Identity, write_devices
from tests.pipeline_bench import (
    AIR_PORT,
    NEAR,
    START_S,
    Bench,
    air_report,
    event_of,
    heard_by,
    who,
)

CONFIG = '[gateway]\nname = "kk-01"\nregion = "AS923-1"\ndevices = "devices.toml"\n[store]\npath = "store.db"\n'
ONE, TWO, THREE = who(1), who(2), who(3)


class Site:
    """A store, its interpreter, and the devices file that both are of."""

    def __init__(self, folder: Path, *devices: Identity) -> None:
        self.folder = folder
        (folder / "gateway.toml").write_text(CONFIG)
        self.write(*devices)
        self.start()

    def start(self) -> None:
        """Begin with the file as it is, as the daemon does."""
        config = load(self.folder / "gateway.toml")
        self.bench = bench = Bench(self.folder / "store.db", config.devices)
        maker = bench.interpreter._maker
        self.reload = Reload(config, bench.interpreter, bench.book, maker, bench.store)

    def write(self, *devices: Identity, **more: Any) -> None:
        """Put these devices into the file; `more` into each."""
        rows = [one.row() | more for one in devices]
        write_devices(self.folder / "devices.toml", rows)

    async def have(self, *devices: Identity, **more: Any) -> Difference | None:
        """Write the file and have it taken."""
        self.write(*devices, **more)
        return await self.reload.reload()

    def hear(self, one: Identity, *f_cnts: int, at_s: float = START_S) -> list[str]:
        """A device's frames with these counters; their outcomes."""
        node = one.node()
        return self.bench.hear(
            *(
                heard_by(NEAR, at_s + n, node.uplink(n, AIR_PORT, air_report(n % 1000)))
                for n in f_cnts
            )
        )


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A gateway of two devices."""
    site = Site(tmp_path, ONE, TWO)
    yield site
    if not site.bench.closed:
        await site.bench.close()


async def test_devices_are_added_changed_and_removed(site: Site) -> None:
    assert await site.have(ONE, THREE) == Difference((THREE.name,), (), (TWO.name,))
    assert site.hear(ONE, 1) == ["uplink"]
    assert site.hear(THREE, 1) == ["uplink"]
    assert site.hear(TWO, 1) == ["unknown_device"]
    moved = await site.have(ONE, THREE, tags={"zone": "moved"})
    assert moved == Difference((), (ONE.name, THREE.name), ())
    site.hear(ONE, 2)
    rows = await site.bench.rows()
    tags = [tag.get("zone") for row in rows for tag in row.tags("air_quality")]
    assert tags == [None, None, "moved"]


async def test_a_file_that_says_the_same_changes_nothing(site: Site) -> None:
    assert await site.have(ONE, TWO) == Difference((), (), ())


async def test_counters_go_on_whatever_else_changes(site: Site) -> None:
    site.hear(ONE, 70_000)
    await site.have(ONE, THREE, measurement="other", tags={"zone": "x"})
    assert site.hear(ONE, 70_000, at_s=START_S + 60) == ["repeated"]
    assert site.hear(ONE, 70_001) == ["uplink"]
    (session,) = (one for one in site.bench.lorawan.sessions() if one.device == ONE.name)
    assert session.newest == 70_001


async def test_a_renamed_device_keeps_its_session(site: Site) -> None:
    site.hear(ONE, 5)
    renamed = who(1, tags={})
    site.write(renamed)
    text = (site.folder / "devices.toml").read_text().replace(f'"{ONE.name}"', '"other"')
    (site.folder / "devices.toml").write_text(text)
    assert await site.reload.reload() == Difference(("other",), (), (ONE.name, TWO.name))
    assert site.hear(ONE, 5, at_s=START_S + 60) == ["repeated"]
    assert site.hear(ONE, 6) == ["uplink"]
    rows = await site.bench.rows()
    assert [row.record.device for row in rows] == [ONE.name, "other", "other"]


async def test_a_device_that_comes_back_in_the_same_run_goes_on(site: Site) -> None:
    site.hear(TWO, 9)
    await site.have(ONE)
    await site.have(ONE, TWO)
    assert site.hear(TWO, 9, at_s=START_S + 60) == ["repeated"]
    assert site.hear(TWO, 10) == ["uplink"]


async def test_a_device_that_comes_back_in_a_later_run_goes_on(site: Site) -> None:
    site.hear(TWO, 9)
    await site.have(ONE)
    await site.bench.close(flush=False)  # killed: only what was put on disk when it left
    site.start()
    assert site.hear(TWO, 10) == ["unknown_device"]
    await site.have(ONE, TWO)
    assert site.hear(TWO, 9, at_s=START_S + 60) == ["repeated"]
    assert site.hear(TWO, 10, at_s=START_S + 60) == ["uplink"]


async def test_counters_that_were_never_flushed_are_learned_from_the_rows_and_flushed_at_once(
    site: Site,
) -> None:
    site.hear(TWO, 1, 2, 3)
    await site.bench.store.commit()
    await site.bench.close(flush=False)
    site.write(ONE)
    site.start()
    await site.have(ONE, TWO)
    states = recovery.sessions(site.bench.store.connection)
    (flushed,) = [state for state in states if state.device == TWO.name]
    assert flushed.state
    assert site.hear(TWO, 3, at_s=START_S + 60) == ["repeated"]


async def test_accept_once_is_armed_by_turning_it_on(site: Site) -> None:
    site.hear(ONE, *range(50, 60))
    assert site.hear(ONE, 0, 1, 2, at_s=START_S + 600)[-1] != "uplink"
    await site.have(ONE, TWO, f_cnt_reset="accept_once")
    (session,) = (one for one in site.bench.lorawan.sessions() if one.device == ONE.name)
    assert session.f_cnt_reset == "accept_once"
    assert not session.spent


async def test_a_device_of_a_network_server_is_a_stranger_once_it_is_removed(site: Site) -> None:
    await site.have(ONE, TWO)
    site.bench.hear(event_of(TWO, 1, air_report(), START_S, dev_addr="26ffffff"))
    raw = TWO.node()
    raw.dev_addr = "26ffffff"
    phy = bytearray(TWO.node().uplink(1, AIR_PORT, air_report()))
    phy[1:5] = bytes.fromhex("26ffffff")[::-1]
    frame = heard_by(NEAR, START_S, bytes(phy))
    assert site.bench.hear(frame) == ["no_session"]
    await site.have(ONE)
    later = heard_by(NEAR, START_S + 5, bytes(phy))
    assert site.bench.hear(later) == ["unknown_device"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_text('[[device]]\nname = "half\n'),
        lambda path: path.write_text('[[device]]\nname = "x"\n'),
        lambda path: path.unlink(),
        lambda path: path.chmod(0o644),
        lambda path: path.write_bytes(b"\xff"),
        lambda path: path.write_text("device = 5"),
        lambda path: path.write_text('device = ["x"]'),
        lambda path: path.write_text("a = " + "[" * 5000),
        lambda path: path.write_text("[[device]]\ndecoder = '" + "a" * 300 + ".js'"),
        lambda path: path.write_text('keys_file = "a\\u0000b"'),
        lambda path: path.write_text("a = " + "1" * 5000),
        lambda path: (path.unlink(), path.mkdir()),
        lambda path: (path.unlink(), os.mkfifo(path)),
        lambda path: (path.unlink(), path.symlink_to("/dev/zero")),
    ],
    ids=[
        "no toml",
        "faulty",
        "gone",
        "readable by all",
        "no text",
        "a number for devices",
        "texts for devices",
        "deep",
        "long name",
        "nul",
        "long number",
        "folder",
        "pipe",
        "endless",
    ],
)
async def test_a_faulty_file_changes_nothing_and_is_told_once(
    site: Site, spoil: Callable[[Path], Any], caplog: pytest.LogCaptureFixture
) -> None:
    spoil(site.folder / "devices.toml")
    with caplog.at_level(logging.ERROR, logger="lora_gateway"):
        assert await site.reload.reload() is None
        assert await site.reload.reload() is None
    assert len(caplog.records) == 1
    refused = site.reload.status()["refused"]
    assert refused is not None
    assert "devices.toml" in refused
    for one in (ONE, TWO):
        assert one.nwk_s_key.hex() not in refused
    assert site.hear(ONE, 1) == ["uplink"]
    path = site.folder / "devices.toml"
    if path.is_dir():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
    await site.have(ONE, TWO)
    assert site.reload.status()["refused"] is None


async def test_what_nobody_thought_of_changes_nothing_either(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(reload_module.devices_file, "load", fails)
    assert await site.reload.reload() is None
    assert "cannot be taken: too deep" in str(site.reload.status()["refused"])
    assert site.hear(ONE, 1) == ["uplink"]


async def watched(site: Site, until: Callable[[], bool]) -> None:
    """Let it watch until something holds."""
    task = asyncio.create_task(site.reload.watch())
    try:
        async with asyncio.timeout(10):
            while not until():
                await asyncio.sleep(0.005)
    finally:
        task.cancel()


def configured(site: Site) -> Iterable[str]:
    """The names that are in use."""
    return set(site.bench.interpreter.fleet.by_name)


async def test_a_change_is_seen_without_being_asked(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reload_module, "LOOK_S", 0.01)
    site.write(ONE, TWO, THREE)
    await watched(site, lambda: THREE.name in configured(site))
    new = site.folder / "new"
    write_devices(new, [ONE.row()])
    new.replace(site.folder / "devices.toml")
    await watched(site, lambda: configured(site) == {ONE.name})


async def test_a_keys_file_is_watched_as_well(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload_module, "LOOK_S", 0.01)
    keys = site.folder / "keys.toml"
    keys.write_text("")
    keys.chmod(0o600)
    rows = [{key: value for key, value in ONE.row().items() if not key.endswith("_s_key")}]
    write_devices(site.folder / "devices.toml", rows)
    text = (site.folder / "devices.toml").read_text()
    (site.folder / "devices.toml").write_text(f'keys_file = "keys.toml"\n{text}')
    assert await site.reload.reload() is None
    assert "nwk_s_key: is missing" in str(site.reload.status()["refused"])
    row = f'[[device]]\nname = "{ONE.name}"\nnwk_s_key = "{ONE.nwk_s_key.hex()}"\n'
    keys.write_text(row + f'app_s_key = "{ONE.app_s_key.hex()}"\n')
    await watched(site, lambda: configured(site) == {ONE.name})


async def test_asking_does_not_wait_for_the_next_look(site: Site) -> None:
    site.write(ONE)
    site.reload.ask()
    await watched(site, lambda: configured(site) == {ONE.name})
    assert site.reload.status() == {
        "configured": 1,
        "reloads": 1,
        "refused": None,
        "restart_needed": False,
    }


async def test_a_change_of_the_gateways_own_file_is_told_and_not_taken(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(reload_module, "LOOK_S", 0.01)
    (site.folder / "gateway.toml").write_text(CONFIG + '[web]\nlisten = "127.0.0.1:8480"\n')
    with caplog.at_level(logging.WARNING, logger="lora_gateway"):
        await watched(site, lambda: site.reload.restart_needed)
    assert "restart to change them" in caplog.text
