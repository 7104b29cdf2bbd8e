"""A daemon whose influxd refuses all air quality: a field has another type there, as after somebody's experiment.

with refused_city(tmp_path, influxd) as city:
    city.mend()                                   # the database takes them from now on
    city.command("dead-letters", "retry", "--all")
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from hil.simulators.fleet import Fleet
from hil.simulators.scene import Mischief, Scene, play
from tests.influx_fixtures import Influxd
from tests.system.daemon import Daemon, run
from tests.system.relay import port_of
from tests.system.ways_in import record

START_S = 1_700_000_000.0
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
url = "http://127.0.0.1:{port}"
version = "1"
database = "{database}"
"""


class RefusedCity:
    """The daemon, its database, and how many readings that refuses."""

    def __init__(
        self, folder: Path, influxd: Influxd, port: int, *, devices: int, rounds: int
    ) -> None:
        self.influxd = influxd
        self.database = influxd.new_database()
        self._wrong(f'air_quality,device=nobody pm2_5_ug_m3="text" {int(START_S)}000000000')
        fleet = Fleet(devices, seed=3)
        fleet.write(folder / "devices.toml")
        self.scene: Scene = play(fleet, start=START_S, rounds=rounds, mischief=Mischief())
        record(self.scene.hearings, folder / "recording.jsonl")
        self.daemon = Daemon(folder, CONFIG.format(port=port, database=self.database))
        self.dead = sum(one.device.startswith("air") for one in self.scene.truth)

    def wait_refused(self) -> None:
        """Until everything is delivered or dead."""
        status = self.daemon.wait_status(
            lambda status: (
                status["frames"]["heard"] == len(self.scene.heard)
                and status["readings"]["sinks"]["city"]["pending"] == 0
            ),
            "nothing pending",
        )
        assert status["readings"]["sinks"]["city"]["dead"] == self.dead

    def sums(self) -> Mapping[str, int]:
        """The account of the sink, after it was seen that everything adds up."""
        status = self.daemon.status()
        assert status["balanced"], json.dumps(status, indent=1)
        account: Mapping[str, int] = status["readings"]["sinks"]["city"]
        return account

    def mend(self) -> None:
        """Let the database forget what was in the way."""
        self.influxd.query("DROP MEASUREMENT air_quality", self.database)

    def stored(self) -> int:
        """How many points of air quality the database holds."""
        return self.influxd.count("pm2_5_ug_m3", "air_quality", self.database)

    def command(self, *arguments: str) -> Any:
        """The document that a command prints; codes 0 and 1 are both answers."""
        return self.daemon.command(*arguments)

    def refusal(self, *arguments: str) -> str:
        """What a command that fails says."""
        done = run(*arguments, "--config", str(self.daemon.config))
        assert done.returncode == 1, done.stdout
        return done.stderr

    def _wrong(self, line: str) -> None:
        request = Request(f"{self.influxd.url}/write?db={self.database}", line.encode())  # noqa: S310
        with urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
            assert answer.status == 204


@contextmanager
def refused_city(
    folder: Path, influxd: Influxd, *, port: int = 0, devices: int = 3, rounds: int = 4
) -> Iterator[RefusedCity]:
    """It has heard everything, and its air quality is dead. `port` is a relay's, else influxd's own."""
    city = RefusedCity(
        folder, influxd, port or port_of(influxd.url), devices=devices, rounds=rounds
    )
    with city.daemon:
        city.wait_refused()
        yield city
