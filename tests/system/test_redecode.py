"""Keys, devices and codecs that come late: `redecode` gives the database what it would have held with them."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hil.simulators.device_list import write_devices
from hil.simulators.fleet import Fleet, Quirks
from hil.simulators.scene import Mischief, Scene, play
from tests.influx_fixtures import Influxd
from tests.system.daemon import Daemon, run
from tests.system.databases import in_influxd
from tests.system.truth import Points
from tests.system.ways_in import record

pytestmark = pytest.mark.real

DAY_S = 86_400
EVER = ("--since", "30 days")
CONFIG = """\
[gateway]
name = "kk-01"
region = "AS923-1"
devices = "devices.toml"

[store]
path = "store.db"
size_max = "50 MB"

[[sources.replay]]
name = "recorded"
path = "recording.jsonl"

[[sinks.influxdb]]
name = "city"
url = "{url}"
version = "1"
database = "{database}"
"""


class City:
    """Six devices, their scene, and daemons that hear it."""

    def __init__(self, folder: Path, influxd: Influxd) -> None:
        self.folder, self.influxd = folder, influxd
        self.fleet = Fleet(6, seed=5, quirks=Quirks(stored=0.2))
        self.scene: Scene = play(
            self.fleet,
            start=int(time.time()) - DAY_S,
            rounds=8,
            mischief=Mischief(second_gateway=5, foreign=6),
        )

    def daemon(self, name: str, known: int) -> tuple[Daemon, str]:
        """A daemon that knows so many of the devices, and its database."""
        folder = self.folder / name
        folder.mkdir()
        record(self.scene.hearings, folder / "recording.jsonl")
        self.know(folder, known)
        database = self.influxd.new_database()
        return Daemon(folder, CONFIG.format(url=self.influxd.url, database=database)), database

    def know(self, folder: Path, known: int) -> None:
        """Write a devices file with the first so many."""
        fleet = Fleet(6, seed=5, quirks=Quirks(stored=0.2))
        fleet.devices = fleet.devices[:known]
        fleet.write(folder / "devices.toml")

    def heard(self, daemon: Daemon) -> Mapping[str, Any]:
        """The status once all is heard and delivered."""
        daemon.wait_heard(len(self.scene.heard))
        return daemon.wait_delivered()

    def points(self, database: str) -> Points:
        return in_influxd(self.influxd, database)


@pytest.fixture
def city(tmp_path: Path, influxd: Influxd) -> City:
    return City(tmp_path, influxd)


def test_devices_added_later_have_all_that_was_heard_of_them(city: City) -> None:
    knowing, whole = city.daemon("knowing", 6)
    with knowing:
        wanted = city.heard(knowing)
        assert knowing.stop() == 0
    late, database = city.daemon("late", 2)
    with late:
        before = city.heard(late)
        assert before["frames"]["outcomes"]["unknown_device"] > 30
        some = city.points(database)
        assert late.stop() == 0
        city.know(late.folder, 6)
        late.start().wait_running()

        dry = late.command("redecode", "--all", *EVER)
        assert dry["applied"] is False
        assert late.status()["frames"] == before["frames"], "a dry run changes nothing"
        done = late.command("redecode", "--all", *EVER, "--apply")
        assert done["outcomes"] == dry["outcomes"]
        assert done["points"] == dry["points"]
        status = late.wait_delivered()
        assert status["balanced"], json.dumps(status, indent=1)
        assert status["frames"]["outcomes"] == wanted["frames"]["outcomes"]
        assert city.points(database) == city.points(whole)
        assert len(some) < len(city.points(whole))
        again = late.command("redecode", "--all", *EVER, "--apply")
        assert (again["rows"], again["written"]) == (0, 0), "it finds nothing to do in what is done"


def test_a_run_that_is_killed_is_finished_by_the_next(city: City) -> None:
    late, database = city.daemon("late", 0)
    with late:
        city.heard(late)
        assert late.stop() == 0
        city.know(late.folder, 6)
        late.start().wait_running()
        late.command("redecode", "--device", "air-01", *EVER, "--apply")
        late.kill()
        assert late.status()["balanced"]
        late.start().wait_running()
        late.command("redecode", "--all", *EVER, "--apply")
        status = late.wait_delivered()
        assert status["balanced"]
        assert status["frames"]["outcomes"].get("uplink") == len(city.scene.truth)
        assert len(city.points(database)) > len(city.scene.truth)


CODEC = """\
function decodeUplink(input) {{
  return {{ data: {data} }};
}}
"""


def test_a_codec_that_comes_late_and_is_mended_replaces_what_it_said_before(city: City) -> None:
    daemon, database = city.daemon("codec", 0)
    one = city.fleet.devices[0].identity
    asked = ("redecode", "--device", one.name, *EVER)
    codec = daemon.folder / "codec.js"
    codec.write_text(CODEC.format(data="{ level_raw: input.bytes[3], wrong: 1 }"))
    told = [heard for heard in city.scene.truth if heard.device == one.name]
    with daemon:
        city.heard(daemon)
        row = {**one.row(), "decoder": "codec.js", "measurement": "probe"}
        write_devices(daemon.folder / "devices.toml", [row])
        daemon.wait(
            lambda: run(*asked, "--apply", "--config", str(daemon.config)).returncode == 0,
            "the devices file is read again, and what was heard before goes to the codec",
            timeout_s=30,
        )
        daemon.wait_status(
            lambda status: (
                status["frames"]["outcomes"].get("uplink") == len(told)
                and status["readings"]["sinks"]["city"]["pending"] == 0
            ),
            "decoded and delivered",
        )
        before = daemon.status()["readings"]["sinks"]["city"]
        codec.write_text(CODEC.format(data="{ level_raw: input.bytes[4] }"))
        dry = daemon.command(*asked)
        assert (dry["rows"], dry["written"]) == (len(told), 0)
        assert dry["points"]["with_vanished_fields"] == len(told)
        assert dry["examples"][0]["before"]["wrong"] == 1
        assert dry["examples"][0]["now"] == {"level_raw": told[0].payload[4]}

        assert daemon.command(*asked, "--apply")["written"] == len(told)
        after = daemon.wait_delivered()["readings"]["sinks"]["city"]
        assert after["superseded"] == len(told)
        assert after["delivered"] == before["delivered"], "as many points as the database holds"
        rows = city.influxd.rows('SELECT * FROM "probe"', database)
        assert [int(point["level_raw"]) for point in rows] == [one.payload[4] for one in told]
        assert all("wrong" in point for point in rows), "a database keeps what nobody deletes"
        assert daemon.command(*asked, "--apply")["written"] == 0

        codec.write_text(CODEC.format(data="{ level_raw: input.bytes[5], other: true }"))
        gone = daemon.command(*asked, "--apply", "--delete")
        assert gone["deleted"] == {"points": {"city": len(told)}, "why_not": {}}

        def levels() -> list[int]:
            rows = city.influxd.rows('SELECT * FROM "probe"', database)
            return [
                int(point["level_raw"])
                for point in rows
                if "other" in point and "wrong" not in point
            ]

        wanted = [one.payload[5] for one in told]
        daemon.wait(lambda: levels() == wanted, "written again without what is gone")
        kept = daemon.points("probe")
        assert [point["fields"]["level_raw"] for point in kept] == [one.payload[5] for one in told]
        assert daemon.status()["balanced"]
