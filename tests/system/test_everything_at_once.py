"""One daemon with all four kinds of source and two databases: every frame of a city ends as its scene says, and
both databases hold the same readings, those that were measured, at the times at which they were.

    roof       packet forwarder over UDP, with GPS time; what a second gateway hears comes by `bridge`
    bridge     ChirpStack gateways through Mosquitto, JSON and protobuf
    modem      RAK RUI3 on a pseudo-terminal: knows no time, so that of reception here counts
    recorded   a recording two days old
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import replace
from pathlib import Path

import pytest

from hil.simulators.air import Hearing
from hil.simulators.fleet import Fleet, FleetDevice, Quirks, Uplink
from hil.simulators.influxdb_server import InfluxdbServer
from hil.simulators.joiner import Joiner
from hil.simulators.modems.rak_rui3 import RakRui3Firmware
from hil.simulators.modems.terminal import ModemTerminal
from hil.simulators.scene import EVERYTHING, Heard, Mischief, Scene, play
from tests.influx_fixtures import Influxd, VictoriaMetrics
from tests.mosquitto_fixtures import Mosquitto
from tests.system import databases, truth, ways_in
from tests.system.daemon import Daemon
from tests.system.ports import free_udp_port
from tests.system.ways_in import FAR, NEAR

pytestmark = pytest.mark.real

ROUNDS, INTERVAL_S = 9, 4.5
"""Live scenes are 40 s long: a gateway that tells older times of live frames is not believed."""
TWO_DAYS_S = 2 * 86_400
QUIRKS = Quirks(fault=0.1, out_of_range=0.1, stored=0.2)
BY_MODEM = Mischief(resent=7, late=11, bad_mic=17, foreign=19, join=23)
"""A modem hands over no broken frame, and is the only one to hear."""

CONFIG = """\
[gateway]
name = "kk-01"
region = "AS923-1"
devices = "devices.toml"
tags = {{ site = "{site}" }}

[store]
path = "store.db"

[[sources.semtech_udp]]
name = "roof"
listen = "127.0.0.1:{udp}"

[[sources.mqtt]]
name = "bridge"
url = "{broker}"
client_id = "kk-01"

[[sources.serial_line]]
name = "modem"
port = "{port}"
modem = "rak_rui3"
frequency_hz = 923_200_000
spreading_factor = 7
bandwidth_hz = 125_000

[[sources.replay]]
name = "recorded"
path = "recording.jsonl"

[[sinks.influxdb]]
name = "city"
url = "{influxd}"
database = "{database}"

[[sinks.influxdb]]
name = "copy"
url = "{second}"
version = "2"
org = "city"
bucket = "city"
"""


class City:
    """A fleet in four parts, each heard by one source, and all that is heard of it."""

    def __init__(self, folder: Path) -> None:
        self.fleet = Fleet(12, seed=3, quirks=QUIRKS)
        self.joiner = Joiner(3)
        self.fleet.write(folder / "devices.toml", self.joiner.row())
        self.heard: dict[str, list[Heard]] = {}
        self.outcomes: Counter[str] = Counter()

    def scene(self, part: int, start: float, interval_s: float, mischief: Mischief) -> Scene:
        """What is heard of the three devices of a part."""
        fleet = copy(self.fleet)
        fleet.devices = self.fleet.devices[3 * part : 3 * part + 3]
        scene = play(
            fleet, start=start, rounds=ROUNDS, interval_s=interval_s, mischief=mischief,
            joiner=self.joiner,
        )  # fmt: skip
        self.outcomes += scene.outcomes()
        return scene

    def place(self, site: str) -> truth.Place:
        """What the configuration adds."""
        devices = {device.identity.name: _tags_of(device) for device in self.fleet.devices}
        return truth.Place("kk-01", {"site": site}, devices)


@pytest.fixture(params=["simulated", "victoria"])
def second(request: pytest.FixtureRequest) -> Iterator[InfluxdbServer | VictoriaMetrics]:
    """The second database: both are written to as to InfluxDB 2."""
    if request.param == "victoria":
        yield request.getfixturevalue("victoria_metrics")
    else:
        with InfluxdbServer(version="2", org="city", buckets={"city"}) as server:
            yield server


def test_all_sources_and_both_databases_agree_with_what_was_measured(
    tmp_path: Path,
    mosquitto: Mosquitto,
    influxd: Influxd,
    influx_database: str,
    second: InfluxdbServer | VictoriaMetrics,
) -> None:
    city = City(tmp_path)
    recorded = city.scene(3, int(time.time()) - TWO_DAYS_S, 60.0, EVERYTHING)
    ways_in.record(recorded.hearings, tmp_path / "recording.jsonl")
    udp, site = free_udp_port(), tmp_path.name
    with ModemTerminal(RakRui3Firmware(), tmp_path / "modem") as modem:
        config = CONFIG.format(
            site=site, udp=udp, broker=mosquitto.url, port=modem.link, influxd=influxd.url,
            database=influx_database, second=second.url,
        )  # fmt: skip
        with Daemon(tmp_path, config) as daemon:
            daemon.wait_up("roof", "bridge", "modem", "recorded")
            began = int(time.time()) - ROUNDS * INTERVAL_S
            over_udp = city.scene(0, began, INTERVAL_S, EVERYTHING)
            by_mqtt = city.scene(1, began, INTERVAL_S, EVERYTHING)
            on_air = city.scene(2, began, INTERVAL_S, BY_MODEM)
            ways_in.push(over_udp.hearings, NEAR, udp)
            ways_in.publish([one for one in over_udp.hearings if one.receiver == FAR], mosquitto)
            ways_in.publish(by_mqtt.hearings, mosquitto)
            transmitted = ways_in.transmit(on_air, modem)
            daemon.wait_heard(city.outcomes.total())
            status = daemon.wait_delivered()
            assert daemon.stop() == 0

    assert status["balanced"]
    assert status["frames"]["outcomes"] == dict(city.outcomes)
    by_source = Counter(one.receiver == FAR for one in over_udp.hearings)
    assert status["frames"]["by_source"] == {
        "roof": by_source[False],
        "bridge": by_source[True] + len(by_mqtt.hearings),
        "modem": len(on_air.hearings),
        "recorded": len(recorded.hearings),
    }
    for sink in status["readings"]["sinks"].values():
        assert sink["delivered"] == sink["accepted"] == status["readings"]["accepted"]

    found = databases.in_influxd(influxd, influx_database)
    modem_times = _link_times(found, [one.identity.name for one in city.fleet.devices[6:9]])
    for key, (earliest, latest) in transmitted.items():
        assert earliest <= modem_times[key] <= latest
    place = city.place(site)
    expected = (
        truth.points(_told(recorded.heard, _in_rxpk), place, _by_gps)
        | truth.points(_told(over_udp.heard, _by_roof_or_bridge), place, _by_gps)
        | truth.points(by_mqtt.heard, place, _by_gps)
        | truth.points(
            _told(on_air.heard, _by_modem),
            place,
            lambda uplink, _: modem_times[uplink.device, uplink.f_cnt],
        )
    )
    assert truth.of_the_scene(found) == expected
    if isinstance(second, VictoriaMetrics):
        copied = databases.floats_in_victoria(second, site, found)
        floats = databases.floats(found)
        assert copied.keys() == floats.keys()
        # It does not overwrite: of a link that was heard again and better it may keep the first figures.
        assert _without_links(copied) == _without_links(floats)
    else:
        assert databases.in_simulated(second) == found


def _without_links(points: truth.Points) -> truth.Points:
    return {key: fields for key, fields in points.items() if key[0] != truth.LINK}


def _tags_of(device: FleetDevice) -> dict[str, str]:
    return dict(device.identity.tags)


def _by_gps(_: Uplink, hearing: Hearing) -> int:
    """Scenes happen at whole milliseconds."""
    return round(hearing.at * 1000) * 10**6


def _told(heard: Iterable[Heard], tell: Callable[[Hearing], Hearing]) -> list[Heard]:
    """The same hearings with what is left of their figures on the way to the daemon."""
    return [replace(one, hearing=tell(one.hearing)) for one in heard]


def _in_rxpk(hearing: Hearing) -> Hearing:
    """A packet forwarder prints one digit of the SNR."""
    return replace(hearing, snr_db=float(f"{hearing.snr_db:.1f}"))


def _by_roof_or_bridge(hearing: Hearing) -> Hearing:
    return hearing if hearing.receiver == FAR else _in_rxpk(hearing)


def _by_modem(hearing: Hearing) -> Hearing:
    """A modem tells whole decibels; its name and its frequency are those of the configuration."""
    channel = replace(hearing.channel, frequency_hz=923_200_000)
    snr_db = float(int(hearing.snr_db))
    return replace(hearing, channel=channel, receiver="modem", snr_db=snr_db)


def _link_times(found: truth.Points, devices: list[str]) -> dict[tuple[str, int], int]:
    """When each uplink of these devices was, as the database has it."""
    return {
        (dict(tags)["device"], int(fields["f_cnt"])): time_ns
        for (measurement, tags, time_ns), fields in found.items()
        if measurement == truth.LINK and dict(tags)["device"] in devices
    }
