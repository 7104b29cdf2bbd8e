"""Fixtures and readings for tests of the InfluxDB sink on the simulated server.

`influxdb_server`  the simulated server, of version 2 and of version 3 in turn
`token_file`       the file with its token
`city`             a sink on that server
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.model import Reading, Series, Verdict
from gateway.sinks.influxdb.config import InfluxdbSection
from gateway.sinks.influxdb.sink import InfluxdbSink
from hil.simulators.influxdb_server import InfluxdbServer

TOKEN = "planted-secret-token=="
BASE_NS = 1_763_000_000_000_000_000
SERIES = Series("m", (("device", "aq-1"),), ("v",))


@pytest.fixture(params=["2", "3"])
def influxdb_server(request: pytest.FixtureRequest) -> Iterator[InfluxdbServer]:
    """A simulated server of each version in turn."""
    with InfluxdbServer(version=request.param, token=TOKEN) as running:
        yield running


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    """A file of mode 0600 with the token of the simulated server."""
    path = tmp_path / "influx.token"
    path.write_text(TOKEN + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def city(influxdb_server: InfluxdbServer, token_file: Path) -> Iterator[InfluxdbSink]:
    """A sink on that server."""
    made = make_sink(influxdb_server, token_file)
    yield made
    made.close()


def make_sink(
    server: InfluxdbServer, token_file: Path, known: str | None = None, **keys: Any
) -> InfluxdbSink:
    """A sink that leaves the version to be found out."""
    names = {"database": "city", "org": "city", "bucket": "city"}
    section = InfluxdbSection(url=server.url, token_file=token_file, **(names | keys))
    return InfluxdbSink(section, "city", known)


def one(value: float | bool | str, time_ns: int = BASE_NS, series: Series = SERIES) -> Reading:
    return Reading(series, time_ns, (value,))


def batch(count: int, bad: set[int] | frozenset[int] = frozenset()) -> list[Reading]:
    """Readings of one series; the bad ones carry text in a field that is a float."""
    return [one("text" if place in bad else 1.0, BASE_NS + place) for place in range(count)]


def rejected(verdict: Verdict) -> list[int]:
    return [rejection.index for rejection in verdict.rejected]


def times(server: InfluxdbServer) -> set[int]:
    """The times of the stored points, counted from BASE_NS."""
    return {time_ns - BASE_NS for _, _, time_ns in server.points()}
