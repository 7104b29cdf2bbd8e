"""Devices change while frames come: none is lost, no counter begins anew, and a faulty file changes nothing."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hil.simulators.fleet import Fleet, FleetDevice, Uplink
from hil.simulators.scene import Mischief, play
from tests.system import ways_in
from tests.system.daemon import Daemon
from tests.system.ports import free_udp_port
from tests.system.ways_in import FAR, NEAR

CONFIG = """\
[gateway]
name = "kk-01"
region = "AS923-1"
devices = "devices.toml"

[store]
path = "store.db"

[[sources.semtech_udp]]
name = "roof"
listen = "127.0.0.1:{udp}"
"""


class Site:
    """One gateway, and a fleet of which some are in its devices file."""

    def __init__(self, folder: Path) -> None:
        self.udp = free_udp_port()
        self.folder = folder
        self.fleet = Fleet(6, seed=9)
        self.configure(3)
        self.daemon = Daemon(folder, CONFIG.format(udp=self.udp))
        self.scenes = 0

    def configure(self, count: int) -> None:
        """Put so many devices into the file, as an editor does: a new file under the old name."""
        new = self.folder / "devices.new"
        fleet = Fleet(6, seed=9)
        fleet.devices = fleet.devices[:count]
        fleet.write(new)
        new.replace(self.folder / "devices.toml")

    def reload(self) -> None:
        """Ask for the file to be read, and wait until it was."""
        before = self.reloads()
        os.kill(self.daemon.pid, signal.SIGHUP)
        self.daemon.wait(lambda: self.reloads() > before, "reloaded")

    def reloads(self) -> int:
        devices = self.daemon.status()["daemon"]["devices"]
        return int(devices["reloads"])

    def speak(self, devices: slice, eui: str = NEAR) -> list[Uplink]:
        """Let these devices say something."""
        fleet = Fleet(6, seed=9)
        fleet.devices = self.fleet.devices[devices]
        self.scenes += 1
        start = time.time() - 30 + self.scenes
        scene = play(fleet, start=start, rounds=1, interval_s=1.0, mischief=Mischief())
        ways_in.push([replace(one, receiver=eui) for one in scene.hearings], eui, self.udp)
        return list(scene.truth)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A gateway that runs, with three of six devices."""
    site = Site(tmp_path)
    with site.daemon:
        yield site


def device(site: Site, number: int) -> FleetDevice:
    """One of the fleet."""
    return site.fleet.devices[number]


def test_devices_come_and_go_without_a_restart_and_counters_go_on(site: Site) -> None:
    daemon = site.daemon
    site.speak(slice(0, 6))
    daemon.wait_heard(6)
    assert daemon.outcomes() == {"uplink": 3, "unknown_device": 3}

    site.configure(6)
    site.reload()
    second = site.speak(slice(0, 6))
    daemon.wait_heard(12)
    assert daemon.outcomes() == {"uplink": 9, "unknown_device": 3}

    site.configure(2)  # four devices go
    site.reload()
    site.speak(slice(0, 6))
    daemon.wait_heard(18)
    assert daemon.outcomes() == {"uplink": 11, "unknown_device": 7}

    site.configure(6)  # and come back: what was heard of them is known
    site.reload()
    replayed = [one for one in second if one.device == device(site, 4).identity.name]
    assert replayed
    _again(site, replayed)
    daemon.wait_heard(19)
    assert daemon.outcomes()["uplink"] == 11
    site.speak(slice(0, 6))
    status = daemon.wait_heard(25)
    assert status["frames"]["outcomes"]["uplink"] == 17
    assert status["balanced"]


def test_a_device_that_comes_back_after_a_restart_goes_on_with_its_counter(site: Site) -> None:
    daemon = site.daemon
    heard = site.speak(slice(0, 3))
    daemon.wait_heard(3)
    site.configure(1)
    site.reload()
    daemon.kill()
    with daemon.start():
        site.configure(3)
        site.reload()
        _again(site, heard[1:])
        daemon.wait_heard(5)
        assert daemon.outcomes()["uplink"] == 3
        site.speak(slice(0, 3))
        daemon.wait_heard(8)
        assert daemon.outcomes()["uplink"] == 6


def _again(site: Site, uplinks: list[Uplink]) -> None:
    """Somebody sends recorded frames once more, to another gateway."""
    fleet = Fleet(1, seed=1)
    scene = play(fleet, start=time.time(), rounds=1, interval_s=1.0, mischief=Mischief())
    (template,) = scene.hearings
    hearings = [
        replace(template, phy=one.phy, receiver=FAR, tmst=1000 + place)
        for place, one in enumerate(uplinks)
    ]
    ways_in.push(hearings, FAR, site.udp)


def test_a_faulty_file_is_refused_and_told_and_the_old_one_stays(site: Site) -> None:
    daemon = site.daemon
    (site.folder / "devices.toml").write_text('[[device]]\nname = "half\n')
    os.kill(daemon.pid, signal.SIGHUP)
    status = daemon.wait_status(lambda status: status["daemon"]["devices"]["refused"], "refused")
    assert "devices.toml: line 2" in status["daemon"]["devices"]["refused"]
    assert "devices: refused" in daemon.log_text()
    site.speak(slice(0, 3))
    daemon.wait_heard(3)
    assert daemon.outcomes() == {"uplink": 3}

    site.configure(4)
    daemon.wait_status(
        lambda status: (
            status["daemon"]["devices"]["configured"] == 4
            and status["daemon"]["devices"]["refused"] is None
        ),
        "taken by itself once it is right",
    )


def test_tags_and_decoders_that_change_are_those_of_the_next_reading(site: Site) -> None:
    daemon = site.daemon
    site.speak(slice(0, 1))
    daemon.wait_heard(1)
    file = site.folder / "devices.toml"
    file.write_text(file.read_text().replace('zone = "centre"', 'zone = "moved"', 1))
    site.reload()
    site.speak(slice(0, 1))
    daemon.wait_heard(2)
    zones = [point["tags"]["zone"] for point in daemon.points("air_quality")]
    assert sorted(zones) == ["centre", "moved"]
