"""What each kind of database holds, in one form: `truth.Points`."""

# ruff: noqa: S608 - the names in the statement are those below

from hil.simulators.influxdb_server import InfluxdbServer
from tests.influx_fixtures import Influxd, VictoriaMetrics
from tests.system.truth import Points

MEASUREMENTS = ("air_quality", "energy", "cctv_health", "lora_link")


def in_influxd(influxd: Influxd, database: str) -> Points:
    """All points of a database of InfluxDB 1."""
    found: Points = {}
    for measurement in MEASUREMENTS:
        for series in influxd.query(f'SELECT * FROM "{measurement}" GROUP BY *', database):
            tags = tuple(sorted((name, text) for name, text in series["tags"].items() if text))
            for row in series["values"]:
                fields = dict(zip(series["columns"], row, strict=True))
                time_ns = fields.pop("time")
                found[measurement, tags, time_ns] = {
                    # JSON has one kind of number; the gateway writes floats only.
                    name: float(value) if type(value) is int else value
                    for name, value in fields.items()
                    if value is not None
                }
    return found


def in_simulated(server: InfluxdbServer) -> Points:
    """All points of the simulated server."""
    return {
        (measurement, tuple(sorted(tags)), time_ns): dict(fields)
        for (measurement, tags, time_ns), fields in server.points().items()
    }


def floats_in_victoria(server: VictoriaMetrics, site: str, like: Points) -> Points:
    """The float fields of one site; VictoriaMetrics keeps neither text nor the difference of booleans.

    `like` names the fields to ask for.
    """
    found: Points = {}
    names = {(key[0], name) for key, fields in floats(like).items() for name in fields}
    for measurement, field in names:
        for series in server.series(f"{measurement}_{field}"):
            tags = {k: v for k, v in series["metric"].items() if k not in ("__name__", "db")}
            if tags.get("site") != site:
                continue
            key_tags = tuple(sorted(tags.items()))
            for time_ms, value in zip(series["timestamps"], series["values"], strict=True):
                found.setdefault((measurement, key_tags, time_ms * 10**6), {})[field] = value
    return found


def floats(points: Points) -> Points:
    """Only the float fields, and the points that have some."""
    only: Points = {
        key: {name: value for name, value in fields.items() if type(value) is float}
        for key, fields in points.items()
    }
    return {key: fields for key, fields in only.items() if fields}
