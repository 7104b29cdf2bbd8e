"""What is lost when the program is killed, or its database is away: this gateway and its peers, counted alike.

    python -m benchmarks.kill [--frames 8000] [--kills 22] [--outage-s 10] [--report FILE]

Every contestant gets the same frames at QoS 1 at the same rate, each of them acknowledged to the publisher by the
broker, which keeps sessions and has no limit. One trial kills it without warning at random moments, the same for
all, and starts it again at once; the other takes its database away in the middle. One that ends by itself is
started again, as systemd would. At the end the database is asked which frames it has.
"""

import argparse
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Self

from rich.console import Console
from rich.table import Table

from benchmarks.contestants import (
    BATCHING,
    BATCHING_CLEAN,
    OURS,
    OURS_INFLUX1,
    PER_MESSAGE,
    Contestant,
)
from benchmarks.load import TOPIC, Load, prepare
from benchmarks.servers import Broker, Database, end
from hil.simulators.mqtt_publisher import MqttPublisher, encode

CONTESTANTS = (OURS, OURS_INFLUX1, BATCHING, BATCHING_CLEAN, PER_MESSAGE)
RATE = 400.0
DEVICES = 100
SEED = 4
QUIET_LOOKS, LOOK_EVERY_S = 4, 2.0
"""Nothing more comes when the count stands still for so many looks."""
LOOK_S_MAX = 240.0
"""The longest that a peer's library tries again is 180 s."""
HEAD = ("trial", "program", "published", "lost", "%", "there twice")


@dataclass(frozen=True, slots=True)
class Counted:
    """What came of one trial."""

    trial: str
    what: str
    published: int
    there: int
    """Different frames in the database."""
    points: int

    @property
    def row(self) -> tuple[str, ...]:
        """For a table."""
        lost = self.published - self.there
        share = 100 * lost / self.published
        twice = self.points - self.there
        return (
            self.trial,
            self.what,
            f"{self.published:,}",
            f"{lost:,}",
            f"{share:.1f}",
            f"{twice:,}",
        )


class Kept:
    """A process that is started again whenever it ends, until the end of the `with` block."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        self._command = command
        self._log = log
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True)

    def __enter__(self) -> Self:
        self._start()
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._keeper.join()
        end(self._process)

    def kill(self) -> None:
        """End it as a power cut would, and start it again."""
        with self._lock:
            self._process.kill()
            self._process.wait()
            self._start()

    def _start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)

    def _keep(self) -> None:
        while not self._done.wait(0.1):
            with self._lock:
                if self._process.poll() is not None:
                    self._start()


Disturb = Callable[[Kept, Database, float], None]
"""What happens while frames are published: the program, its database, seconds that the publishing takes."""


def kills(count: int) -> Disturb:
    """So many kills at moments that follow from the seed."""

    def disturb(program: Kept, _database: Database, whole_s: float) -> None:
        rng = Random(SEED)
        began = time.monotonic()
        for moment in sorted(rng.uniform(0, whole_s) for _ in range(count)):
            time.sleep(max(0.0, began + moment - time.monotonic()))
            program.kill()

    return disturb


def outage(seconds: float) -> Disturb:
    """The database is away in the middle."""

    def disturb(_program: Kept, database: Database, whole_s: float) -> None:
        time.sleep(max(0.0, (whole_s - seconds) / 2))
        database.stop()
        time.sleep(seconds)
        database.start()

    return disturb


def trial(
    name: str, contestant: Contestant, load: Load, folder: Path, frames: int, disturb: Disturb
) -> Counted:
    """Run one contestant, disturbed, and count what its database has."""
    packets = encode(TOPIC, load.frames.read_bytes().splitlines()[:frames], 1)
    with tempfile.TemporaryDirectory(dir=folder) as own:
        place = Path(own)
        with Broker(place) as broker, contestant.database(place) as database:
            command = contestant.command(place, load, broker.port, database.url)
            with Kept(command, place / "log") as program:
                while broker.subscribed_at() is None:
                    time.sleep(0.05)
                time.sleep(1.0)
                disturber = threading.Thread(
                    target=disturb, args=(program, database, len(packets) / RATE)
                )
                disturber.start()
                with MqttPublisher(port=broker.port) as publisher:
                    published = publisher.publish(packets, qos=1, rate=RATE).acknowledged
                disturber.join()
                points, there = _settled(database, contestant, published)
    return Counted(name, contestant.what, published, there, points)


def _settled(database: Database, contestant: Contestant, published: int) -> tuple[int, int]:
    """What the database has once nothing more comes."""
    what = contestant.points[0]
    before, still = (-1, -1), 0
    deadline = time.monotonic() + LOOK_S_MAX
    patience = QUIET_LOOKS
    while still < patience and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY_S)
        found = database.points(what)
        still = still + 1 if found == before else 0
        before = found
        # Where something lacks, a library that waits before it tries again gets its time.
        patience = QUIET_LOOKS if found[1] == published else 5 * QUIET_LOOKS
    return before


def main() -> None:
    """Run all, show, and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kill")
    parser.add_argument("--frames", type=int, default=8000)
    parser.add_argument("--kills", type=int, default=22)
    parser.add_argument("--outage-s", type=float, default=10.0)
    parser.add_argument("--only", help="part of a contestant's name")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the table as markdown")
    given = parser.parse_args()
    trials = {
        f"{given.kills} kills": kills(given.kills),
        f"database away for {given.outage_s:g} s": outage(given.outage_s),
    }
    console, table = Console(), Table(*HEAD)
    rows = [HEAD, ("---",) * len(HEAD)]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        load = prepare(folder / "load", given.frames, DEVICES)
        for name, disturb in trials.items():
            for contestant in CONTESTANTS:
                if given.only and given.only not in contestant.name:
                    continue
                counted = trial(name, contestant, load, folder, given.frames, disturb)
                console.print(*counted.row, sep="; ", highlight=False)
                table.add_row(*counted.row)
                rows.append(counted.row)
    console.print(table)
    if given.report is not None:
        lines = ("| " + " | ".join(row) + " |" for row in rows)
        given.report.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
