"""A database that is away: frames gather in the store, then the database comes and is caught up with."""

import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TypedDict

from benchmarks.child import Child
from benchmarks.contestants import OURS
from benchmarks.flood import wait_for_points
from benchmarks.load import TOPIC, Load
from benchmarks.servers import Broker
from hil.simulators.mqtt_publisher import MqttPublisher, encode

GATHER_S_MAX = 300.0
LOOK_S = 0.2


class Backlog(TypedDict):
    """What came of a run."""

    frames: int
    queued_rss_mb: float
    """When all frames were in the store and none in the database."""
    peak_rss_mb: float
    """Until all were in the database."""
    drained_per_s: float
    """Frames a second from the database's start, the wait for the next attempt included."""
    lost: int


def backlog(load: Load, frames: int, folder: Path) -> Backlog:
    """Run this gateway with a version 2 sink."""
    bodies = load.frames.read_bytes().splitlines()[:frames]
    with tempfile.TemporaryDirectory(dir=folder) as own:
        place = Path(own)
        database = OURS.database(place)
        with Broker(place) as broker:
            command = OURS.command(place, load, broker.port, database.url)
            with Child(command, place / "log") as child:
                child.until(broker.subscribed_at)
                with MqttPublisher(port=broker.port) as publisher:
                    publisher.publish(encode(TOPIC, bodies, 1), qos=1)
                _wait_until_kept(place / "store" / "store.db", frames, child)
                queued_mb = child.rss_mb()
                with database:
                    began = time.perf_counter()
                    _, distinct, ended = wait_for_points(database, OURS, frames, child)
                return Backlog(
                    frames=frames,
                    queued_rss_mb=queued_mb,
                    peak_rss_mb=child.peak_rss_mb(),
                    drained_per_s=distinct / (ended - began),
                    lost=frames - distinct,
                )


def _wait_until_kept(store: Path, frames: int, child: Child) -> None:
    until = time.monotonic() + GATHER_S_MAX
    while time.monotonic() < until:
        child.check()
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT value FROM counter WHERE name = 'heard'").fetchone()
        if row and row[0] >= frames:
            return
        time.sleep(LOOK_S)
    raise TimeoutError(f"the store did not take {frames} frames in {GATHER_S_MAX:.0f} s")
