"""A server that behaves as InfluxDB 2 or 3 does towards writers, and fails on demand.

    with InfluxdbServer(version="3", token="secret") as server:
        server.fail_next(faults.overloaded(retry_after="2"))
        ...                                   # write to server.url
        server.points()                       # what is stored, by (measurement, tags, time)

It reads line protocol with a parser of its own, keeps points in memory as the real one would (same series
and time: fields merge, the last write wins), holds each field to its first type, drops what is older than
its retention, and answers in the words and shapes of the version. As a process:

    python -m hil.simulators.influxdb_server --version 2 --port 0 --token-file F

Sources of shapes and words: influxdb main-2.x http/write_handler.go, v1/coordinator/points_writer.go,
tsdb/field_validator.go; main (3) influxdb3_server/src/http.rs, influxdb_line_protocol; docs of both.
"""

from hil.simulators.influxdb_server import faults
from hil.simulators.influxdb_server.server import InfluxdbServer
from hil.simulators.influxdb_server.settings import Settings

__all__ = ["InfluxdbServer", "Settings", "faults"]
