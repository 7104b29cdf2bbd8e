r"""POST /api/v2/delete of version 2: a span of time and a predicate of equalities joined by AND.

    {"start": "2026-11-22T00:00:00.000Z", "stop": "...", "predicate": "_measurement=\"m\" AND device=\"aq-1\""}

Both ends belong to the span, as in the storage engine. A series that has further tags is meant as well.
Source: InfluxDB 2 API, POST /delete; main-2.x http/delete_handler.go, predicate/parser.go.
"""

import calendar
import json
import re
import time

from hil.simulators.influxdb_server.database import Database, PointKey
from hil.simulators.influxdb_server.exchange import Request

PATH = "/api/v2/delete"

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z")
_EQUAL = re.compile(r'\s*("(?:[^"\\]|\\.)*"|\w+)\s*=\s*"((?:[^"\\]|\\.)*)"\s*')
_AND = re.compile(r"AND\b")


class BadDelete(ValueError):
    """What the server would call invalid."""


def delete(database: Database, request: Request) -> int:
    """Delete what a request means; how many points that were.

    Raises:
        BadDelete: it is not understood.
    """
    try:
        asked = json.loads(request.body)
        first, last = _ns(asked["start"]), _ns(asked["stop"])
        wanted = _equalities(asked.get("predicate", ""))
    except (ValueError, KeyError, TypeError) as error:
        raise BadDelete(f"error decoding json body: {error}") from error

    def meant(key: PointKey) -> bool:
        measurement, tags, time_ns = key
        has = dict(tags) | {"_measurement": measurement}
        return first <= time_ns <= last and all(has.get(name) == text for name, text in wanted)

    with database.lock:
        gone = [key for key in database.points if meant(key)]
        for key in gone:
            del database.points[key]
    return len(gone)


def _ns(text: str) -> int:
    found = _TIME.fullmatch(text)
    if found is None:
        raise BadDelete(f"invalid RFC3339Nano time {text!r}")
    seconds = calendar.timegm(time.strptime(found[1], "%Y-%m-%dT%H:%M:%S"))
    return seconds * 10**9 + int((found[2] or "").ljust(9, "0"))


def _equalities(predicate: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(predicate):
        equal = _EQUAL.match(predicate, at)
        if equal is None:
            raise BadDelete(f"bad logical expression, at position {at}")
        found.append((_plain(equal[1].strip('"')), _plain(equal[2])))
        at = equal.end()
        joined = _AND.match(predicate, at)
        if joined is None and at < len(predicate):
            raise BadDelete(f"the logical operator at position {at} is not supported")
        at = joined.end() if joined else at
    return found


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text)
