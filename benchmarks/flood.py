"""As many frames as are taken: from the first PUBLISH to the last point that the database can count."""

import tempfile
import time
from pathlib import Path
from typing import TypedDict

from benchmarks.child import Child
from benchmarks.contestants import Contestant
from benchmarks.load import TOPIC, Load
from benchmarks.servers import Broker, Database
from hil.simulators.mqtt_publisher import MqttPublisher, encode

PATIENCE_S = 180.0
"""Without anything new in the database."""
LOOK_S = 0.05


class Flood(TypedDict):
    """What came of one run of one contestant."""

    frames: int
    frames_per_s: float
    cpu_us_per_frame: float
    peak_rss_mb: float
    start_s: float
    """From the start of the process to its SUBSCRIBE."""
    lost: int
    duplicates: int


def flood(contestant: Contestant, load: Load, frames: int, folder: Path) -> Flood:
    """Run one contestant with servers of its own."""
    bodies = load.frames.read_bytes().splitlines()[:frames]
    packets = encode(TOPIC, bodies, 1)
    with tempfile.TemporaryDirectory(dir=folder) as own:
        place = Path(own)
        with Broker(place) as broker, contestant.database(place) as database:
            command = contestant.command(place, load, broker.port, database.url)
            with Child(command, place / "log") as child:
                start_s = child.until(broker.subscribed_at)
                cpu_s = child.cpu_s()
                with MqttPublisher(port=broker.port) as publisher:
                    began = time.perf_counter()
                    publisher.publish(packets, qos=1)
                points, distinct, ended = wait_for_points(database, contestant, frames, child)
                return Flood(
                    frames=frames,
                    frames_per_s=distinct / (ended - began),
                    cpu_us_per_frame=(child.cpu_s() - cpu_s) / frames * 1e6,
                    peak_rss_mb=child.peak_rss_mb(),
                    start_s=start_s,
                    lost=frames - distinct,
                    duplicates=points - distinct,
                )


def wait_for_points(
    database: Database, contestant: Contestant, frames: int, child: Child
) -> tuple[int, int, float]:
    """Wait until all can be counted, or nothing comes any more: points, distinct ones, and when that was.

    The database's cheap figure is watched, and the points are asked for when it says that all are there:
    asking all the time would be a load of its own.
    """
    wanted = frames * contestant.samples_per_frame
    seen, changed = -1, time.perf_counter()
    while True:
        child.check()
        written = database.written()
        if written != seen:
            seen, changed = written, time.perf_counter()
        late = time.perf_counter() - changed > min(PATIENCE_S, 15.0 if written else PATIENCE_S)
        if written >= wanted or late:
            counts = [database.points(what) for what in contestant.points]
            ended = changed if late else time.perf_counter()
            complete = all(points >= frames for points, _ in counts)
            if complete or late:
                points, distinct = counts[0]
                return points, min(distinct, *(count for count, _ in counts)), ended
        time.sleep(LOOK_S)
