"""A gateway's card is lost, and another goes on from its backup: as if it had only been switched off for a while.

The database is away until the new card runs, so that everything waits in the store when the backup is made. The
frames heard between backup and loss are gone with the old card; nothing else may be.
"""

import json
import stat
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hil.simulators.fleet import Fleet
from hil.simulators.scene import Mischief, Scene, play
from tests.influx_fixtures import Influxd
from tests.system import databases, ways_in
from tests.system.daemon import PROGRAM, Daemon, run
from tests.system.ports import free_udp_port
from tests.system.ways_in import FAR, NEAR

pytestmark = pytest.mark.real

DEVICES, ROUNDS = 6, 3
NOBODY = "http://127.0.0.1:9"
TOKEN = "planted-token-of-the-database"

CONFIG = """\
[gateway]
name = "kk-01"
region = "AS923-1"
devices = "lists/devices.toml"

[store]
path = "{store}"

[[sources.semtech_udp]]
name = "roof"
listen = "127.0.0.1:{udp}"

[[sinks.influxdb]]
name = "city"
url = "{url}"
version = "1"
database = "{database}"
"""


class Town:
    """The devices, which go on counting whoever hears them."""

    def __init__(self) -> None:
        self.fleet = Fleet(DEVICES, seed=5)
        self.began = time.time() - 30
        self.scenes = 0

    def speak(self, rounds: int) -> Scene:
        """What is heard of everybody in the next rounds."""
        start = self.began + 8 * self.scenes
        self.scenes += 1
        return play(
            self.fleet, start=start, rounds=rounds, interval_s=8 / rounds, mischief=Mischief()
        )


@pytest.fixture
def udp() -> int:
    """The port of both cards."""
    return free_udp_port()


@pytest.fixture
def box(tmp_path: Path, udp: int, influx_database: str) -> Iterator[tuple[Daemon, Town]]:
    """The old card: its daemon, and the devices that it knows."""
    folder = tmp_path / "box"
    (folder / "lists").mkdir(parents=True)
    town = Town()
    town.fleet.write(folder / "lists" / "devices.toml")
    config = CONFIG.format(store="store.db", udp=udp, url=NOBODY, database=influx_database)
    with Daemon(folder, config) as daemon:
        yield daemon, town


def push(scene: Scene, udp: int, eui: str = NEAR) -> None:
    """Let the forwarder of this EUI hand over what it heard."""
    ways_in.push([replace(hearing, receiver=eui) for hearing in scene.hearings], eui, udp)


def successor(folder: Path, old_url: str, influxd: Influxd) -> Daemon:
    """A daemon on what was restored into a folder, whose database has come back."""
    config = (folder / "gateway.toml").read_text(encoding="utf-8")
    assert old_url in config
    return Daemon(folder, config.replace(old_url, influxd.url))


@pytest.mark.parametrize("while_it_runs", [True, False], ids=["running", "down"])
def test_new_card_goes_on_where_the_backup_was_made(
    box: tuple[Daemon, Town],
    tmp_path: Path,
    udp: int,
    influxd: Influxd,
    influx_database: str,
    while_it_runs: bool,
) -> None:
    daemon, town = box
    before = town.speak(ROUNDS)
    push(before, udp)
    daemon.wait_heard(DEVICES * ROUNDS)
    if not while_it_runs:
        assert daemon.stop() == 0
    backup = tmp_path / "kk-01.tar"
    made = run("backup", "--config", str(daemon.config), str(backup))
    assert made.returncode == 0, made.stderr
    if not while_it_runs:
        daemon.start().wait_running()
    lost = town.speak(1)
    push(lost, udp)
    daemon.wait_heard(DEVICES * (ROUNDS + 1))
    daemon.kill()

    card = tmp_path / "card"
    restored = run("restore", str(backup), "--into", str(card), "--json")
    assert restored.returncode == 0, restored.stderr
    answer = json.loads(restored.stdout)
    assert answer["config"] == str(card / "gateway.toml")
    assert stat.S_IMODE((card / "lists" / "devices.toml").stat().st_mode) == 0o600
    assert stat.S_IMODE((card / "store.db").stat().st_mode) == 0o660

    after = town.speak(2)
    with successor(card, NOBODY, influxd) as again:
        assert again.outcomes() == {"uplink": DEVICES * ROUNDS}
        push(before, udp)  # the forwarder sends again
        push(before, udp, FAR)  # somebody replays what was heard, from elsewhere
        push(after, udp)
        again.wait_heard(DEVICES * (3 * ROUNDS + 2))
        status = again.wait_delivered()
        assert again.stop() == 0
    outcomes = status["frames"]["outcomes"]
    assert outcomes == {
        "uplink": DEVICES * (ROUNDS + 2),
        "redelivered": DEVICES * ROUNDS,
        "repeated": DEVICES * ROUNDS,
    }
    assert status["balanced"]
    points = databases.in_influxd(influxd, influx_database)
    heard = [one for scene in (before, after) for one in scene.truth]
    assert sum(key[0] != "lora_link" for key in points) == len(heard)


def test_backup_is_a_secret_and_says_so_without_telling_it(
    box: tuple[Daemon, Town], tmp_path: Path
) -> None:
    daemon, town = box
    backup = tmp_path / "kk-01.tar"
    made = run("backup", "--config", str(daemon.config), str(backup))
    told = run("restore", str(backup), "--into", str(tmp_path / "card"))
    assert made.returncode == told.returncode == 0, made.stderr + told.stderr
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert "it holds keys" in made.stdout
    for device in town.fleet.devices:
        for key in (device.identity.nwk_s_key, device.identity.app_s_key):
            assert key.hex().encode() in backup.read_bytes()
            assert key.hex() not in made.stdout + made.stderr + told.stdout + told.stderr


def test_backup_goes_through_a_pipe_and_back(box: tuple[Daemon, Town], tmp_path: Path) -> None:
    daemon, _ = box
    made = subprocess.run(
        [PROGRAM, "backup", "--config", daemon.config, "-"], capture_output=True, check=True
    )
    card = tmp_path / "card"
    subprocess.run(
        [PROGRAM, "restore", "-", "--into", card],
        input=made.stdout,
        capture_output=True,
        check=True,
    )
    assert (card / "gateway.toml").read_bytes() == daemon.config.read_bytes()


def test_store_of_a_running_daemon_is_not_restored_over(
    box: tuple[Daemon, Town], tmp_path: Path
) -> None:
    daemon, _ = box
    backup = tmp_path / "kk-01.tar"
    assert run("backup", "--config", str(daemon.config), str(backup)).returncode == 0
    plain = run("restore", str(backup))
    assert plain.returncode == 1
    assert "are there already" in plain.stderr
    forced = run("restore", str(backup), "--force")
    assert forced.returncode == 1
    assert f"in use by process {daemon.pid}" in forced.stderr
    assert not daemon.ended
    daemon.kill()
    forced = run("restore", str(backup), "--force")
    assert forced.returncode == 0, forced.stderr
    assert sorted(
        path.name.partition(".before-restore-")[0]
        for path in daemon.folder.glob("*.before-restore-*")
    )
