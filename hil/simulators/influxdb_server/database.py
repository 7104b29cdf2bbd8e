"""The points of one bucket or database: merged by series and time, each field held to its first type."""

import threading
from dataclasses import dataclass, field

from hil.simulators.influxdb_server.lines import Kind, Point, Tags

PointKey = tuple[str, Tags, int]
"""(measurement, tags, time in ns)."""


@dataclass
class Database:
    """In memory; one request at a time is let in by `lock`."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    points: dict[PointKey, dict[str, float | bool | str]] = field(default_factory=dict)
    columns: dict[tuple[str, str], Kind | str] = field(default_factory=dict)
    """(measurement, column) -> the type of its first write, "tag" for tags."""

    def conflict(self, point: Point) -> tuple[str, str, str] | None:
        """(field, type sent, type stored) of the first field whose type is another one in the database."""
        for name, value in point.fields.items():
            stored = self.columns.get((point.measurement, name), value.kind)
            if stored not in (value.kind, "tag"):
                return name, value.kind, stored
        return None

    def column_conflict(self, point: Point) -> tuple[str, str, str] | None:
        """As `conflict`, where tags and fields share one name space (version 3)."""
        sent = [(name, "tag") for name, _ in point.tags]
        sent += [(name, value.kind) for name, value in point.fields.items()]
        for name, kind in sent:
            stored = self.columns.get((point.measurement, name), kind)
            if name == "time" or stored != kind:
                return name, kind, "timestamp" if name == "time" else stored
        return None

    def write(self, point: Point, time_ns: int) -> None:
        """Store it: fields merge into a point of the same series and time, the last write wins."""
        for name, _ in point.tags:
            self.columns.setdefault((point.measurement, name), "tag")
        for name, value in point.fields.items():
            self.columns.setdefault((point.measurement, name), value.kind)
        stored = self.points.setdefault((point.measurement, point.tags, time_ns), {})
        stored.update({name: value.value for name, value in point.fields.items()})
