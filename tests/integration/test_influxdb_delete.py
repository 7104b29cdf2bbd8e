"""Points that a database is asked to forget: influxd 1.6.7, and the simulated servers of versions 2 and 3."""

from pathlib import Path

import pytest

from gateway.errors import Blocked
from gateway.model import Reading, Series
from gateway.sinks.influxdb.config import InfluxdbSection
from gateway.sinks.influxdb.sink import InfluxdbSink
from hil.simulators.influxdb_server import InfluxdbServer
from tests.influx_fixtures import Influxd
from tests.influx_simulated import BASE_NS, TOKEN, make_sink

MS_NS = 1_000_000
PLAIN = Series("m", (("device", "aq-1"),), ("v", "w"))
ODD = Series('wei"rd m', (("device", "it's, =a"), ("zo ne", "x\\y")), ("v", "w"))


def at(series: Series, place: int) -> Reading:
    return Reading(series, BASE_NS + place * MS_NS, (float(place), 1.0))


def key(series: Series, place: int) -> tuple[str, tuple[tuple[str, str], ...], int]:
    return series.measurement, series.tags, BASE_NS + place * MS_NS


@pytest.mark.real
def test_influxd_forgets_these_points_and_no_others(influxd: Influxd, influx_database: str) -> None:
    section = InfluxdbSection(url=influxd.url, version="1", database=influx_database)
    sink = InfluxdbSink(section, "city")
    try:
        sink.deliver([at(series, place) for series in (PLAIN, ODD) for place in range(250)])
        sink.delete([key(PLAIN, place) for place in range(0, 250, 2)] + [key(ODD, 7)])
    finally:
        sink.close()
    rows = influxd.rows('SELECT v FROM "m"', influx_database)
    assert [int(row["v"]) for row in rows] == list(range(1, 250, 2))
    odd = influxd.rows('SELECT v FROM "wei\\"rd m"', influx_database)
    assert [int(row["v"]) for row in odd] == [place for place in range(250) if place != 7]


def test_version_2_forgets_these_points_and_version_3_says_that_it_cannot(
    influxdb_server: InfluxdbServer, token_file: Path
) -> None:
    sink = make_sink(influxdb_server, token_file)
    try:
        sink.deliver([at(series, place) for series in (PLAIN, ODD) for place in range(4)])
        gone = [key(PLAIN, 1), key(ODD, 2)]
        if influxdb_server.settings.version == "3":
            with pytest.raises(Blocked, match="version 3, which deletes no points"):
                sink.delete(gone)
            return
        sink.delete(gone)
        left = {(measurement, time_ns) for measurement, _, time_ns in influxdb_server.points()}
        assert left == {
            (series.measurement, BASE_NS + place * MS_NS)
            for series in (PLAIN, ODD)
            for place in range(4)
        } - {(measurement, time_ns) for measurement, _, time_ns in gone}
    finally:
        sink.close()


def test_who_may_only_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(TOKEN)
    path.chmod(0o600)
    with InfluxdbServer(version="2", token="other", read_only_tokens={TOKEN}) as server:
        sink = make_sink(server, path)
        with pytest.raises(Blocked) as blocked:
            sink.delete([key(PLAIN, 1)])
        assert TOKEN not in str(blocked.value)
        sink.close()
