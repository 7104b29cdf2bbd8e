"""The daemon is killed 25 times while 5000 frames come through Mosquitto: none is lost, none is stored twice.

Between the daemon and the broker a relay counts what is sent and not acknowledged; between the daemon and
influxd another one holds back answers, so that uploads are long. Kills come at random moments, when the
store's WAL has just been written, and while an upload has no answer. How each one hit is counted afterwards:

    in flight      messages that the broker had sent and had no acknowledgement of
    in a commit    more hearings on disk than were acknowledged
    uploading      influxd had the readings, and the daemon did not know
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Thread

import pytest

from benchmarks.load import TOPIC, prepare
from hil.simulators.mqtt_publisher import MqttPublisher, encode
from tests.influx_fixtures import Influxd
from tests.mosquitto_fixtures import Mosquitto
from tests.system.daemon import Daemon
from tests.system.mqtt_tap import MqttTap
from tests.system.relay import port_of
from tests.system.slow_server import HeldAnswers
from tests.system.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.slow]

FRAMES, DEVICES, KILLS = 5000, 100, 25
PORTION = FRAMES // KILLS
RATE = 400.0
"""Frames a second. What a portion still has at the kill waits in the broker for the next start."""
ANSWER_S = 0.2
"""By which influxd's answers come late."""

CONFIG = """\
[gateway]
name = "kk-01"
region = "EU868"
devices = "devices.toml"

[store]
path = "store.db"

[[sources.mqtt]]
name = "gateways"
url = "mqtt://127.0.0.1:{broker}"
topics = ["+/gateway/+/event/up"]
client_id = "kk-01"

[[sinks.influxdb]]
name = "city"
url = "http://127.0.0.1:{influxd}"
version = "1"
database = "{database}"
"""


@dataclass(frozen=True)
class Hit:
    """What a kill hit."""

    moment: str
    in_flight: int
    in_a_commit: int
    uploading: bool


class Killer:
    """Kills the daemon at chosen moments."""

    def __init__(self, daemon: Daemon, tap: MqttTap, held: HeldAnswers) -> None:
        self._daemon = daemon
        self._tap = tap
        self._held = held
        self._rng = Random(4)
        self._wal = daemon.folder / "store.db-wal"
        self._ahead = 0
        self._moments: dict[str, Callable[[], bool]] = {
            "commit": self._wal_is_written,
            "upload": lambda: self._held.uploading,
            "any": lambda: self._tap.acknowledged_here >= self._least,
        }
        self._wal_before = self._wal_mark()
        self._least = 0

    def strike(self, number: int, publishing: Thread) -> Hit:
        """Wait for a moment with messages in flight, while they are published, and kill."""
        names = list(self._moments)
        moment = names[number % len(names)]
        self._least = self._rng.randrange(PORTION - 20)
        self._wal_before = self._wal_mark()
        is_now = self._moments[moment]
        until(
            lambda: (self._tap.in_flight and is_now()) or self._missed(publishing),
            f"{moment}, in flight",
            pause_s=0.001,
        )
        uploading = self._held.uploading
        self._daemon.kill()
        assert self._tap.done.wait(10)
        return Hit(moment, self._tap.in_flight, self._committed(), uploading)

    def _missed(self, publishing: Thread) -> bool:
        """Whether nothing comes any more that could be in flight."""
        return not publishing.is_alive() and not self._tap.in_flight

    def _committed(self) -> int:
        """How many hearings more are on disk and not acknowledged than after the kill before."""
        ahead: int = self._daemon.status()["frames"]["heard"] - self._tap.acknowledged
        assert ahead >= 0, "something was acknowledged that is not on disk"
        new, self._ahead = ahead - self._ahead, ahead
        return new

    def _wal_is_written(self) -> bool:
        now = self._wal_mark()
        # What the start writes is not a commit of frames.
        changed = now != self._wal_before and self._tap.in_flight > 0
        self._wal_before = now
        return changed

    def _wal_mark(self) -> tuple[int, int]:
        try:
            stat = self._wal.stat()
        except FileNotFoundError:
            return 0, 0
        return stat.st_mtime_ns, stat.st_size


def test_25_kills_lose_nothing_and_store_nothing_twice(
    tmp_path: Path, mosquitto: Mosquitto, influxd: Influxd, influx_database: str
) -> None:
    load = prepare(tmp_path, FRAMES, DEVICES)
    packets = encode(TOPIC, load.frames.read_bytes().splitlines(), 1)
    with (
        MqttTap(mosquitto.port) as tap,
        HeldAnswers(port_of(influxd.url), ANSWER_S) as held,
        Daemon(
            tmp_path,
            CONFIG.format(broker=tap.port, influxd=held.port, database=influx_database),
        ) as daemon,
    ):
        daemon.wait_up("gateways")
        killer = Killer(daemon, tap, held)
        hits = []
        for number in range(KILLS):
            portion = packets[number * PORTION : (number + 1) * PORTION]
            publishing = Thread(target=_publish, args=(mosquitto, portion))
            publishing.start()
            hits.append(killer.strike(number, publishing))
            publishing.join()
            connections = tap.connections
            daemon.start()
            daemon.wait(lambda: tap.connections > connections, "connected again")  # noqa: B023
        daemon.wait(
            lambda: influxd.count("f_cnt", "lora_link", influx_database) == FRAMES, "delivered", 60
        )
        assert daemon.stop() == 0
        status = daemon.status()

    _tell(hits, tap)
    assert sum(hit.in_flight > 0 for hit in hits) >= 15
    assert sum(hit.in_a_commit > 0 for hit in hits) >= 3
    assert sum(hit.uploading for hit in hits) >= 3
    assert tap.sent_again > 0
    outcomes = status["frames"]["outcomes"]
    assert set(outcomes) <= {"uplink", "redelivered"}
    assert outcomes["uplink"] == FRAMES
    assert outcomes.get("redelivered", 0) >= sum(hit.in_a_commit for hit in hits)
    assert status["balanced"]
    sent = {(f"air-{number:04}", count) for number in range(1, 101) for count in range(50)}
    assert _in_influxdb(influxd, influx_database) == Counter(dict.fromkeys(sent, 1))
    assert influxd.count("temperature_c", "air_quality", influx_database) == FRAMES
    assert {(one["device"], one["f_cnt"]) for one in daemon.uplinks()} == sent
    link = status["readings"]["sinks"]["city"]
    assert link["delivered"] == link["accepted"] == 2 * FRAMES


def _publish(mosquitto: Mosquitto, packets: list[bytes]) -> None:
    with MqttPublisher(port=mosquitto.port) as publisher:
        publisher.publish(packets, qos=1, rate=RATE)


def _in_influxdb(influxd: Influxd, database: str) -> Counter[tuple[str, int]]:
    """How many points there are of each (device, counter)."""
    rows = influxd.rows('SELECT "f_cnt" FROM "lora_link" GROUP BY "device"', database)
    return Counter((row["device"], int(row["f_cnt"])) for row in rows)


def _tell(hits: list[Hit], tap: MqttTap) -> None:
    """For whoever runs it with -s or -rP."""
    for hit in hits:
        print(
            f"killed at {hit.moment:6}: {hit.in_flight:4} in flight,"
            f" {hit.in_a_commit:4} committed and not acknowledged"
            f"{', uploading' if hit.uploading else ''}"
        )
    print(f"sent again by the broker: {tap.sent_again}")
