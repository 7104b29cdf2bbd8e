r"""How each version is asked to forget points. Pure.

    1   POST /query?db=             q=DELETE FROM "m" WHERE "device"='aq-1' AND time = 1763000000000000000; ...
    2   POST /api/v2/delete?org=&bucket=
                                    {"start": "...Z", "stop": "...Z",
                                     "predicate": "_measurement=\"m\" AND \"device\"=\"aq-1\""}
    3   cannot: it has no delete by value

Only whole points can be deleted: neither language knows fields in a delete. A series that has all these tags and
more of them is meant as well.

Source: InfluxQL specification, DELETE; InfluxDB 1.8, `influxql/parser.go`; InfluxDB 2 API, POST /delete, and
`predicate/parser.go`; measured on 1.6.7.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from gateway.sinks.influxdb.config import InfluxdbSection, Version

POINTS_AT_ONCE = {"1": 100, "2": 1, "3": 1}
"""Points in one request: version 1 takes several statements."""

DOUBLE, SINGLE = '"', "'"

Point = tuple[str, Sequence[tuple[str, str]], int]
"""Measurement, tags and time in ns, as the database has them: without the escapes of line protocol."""


def delete_request(
    section: InfluxdbSection, version: Version, points: Sequence[Point]
) -> tuple[str, str, bytes] | None:
    """Target, content type and body of the request for these; None when this version cannot."""
    if version == "1":
        target = f"/query?{urlencode({'db': section.database}, quote_via=quote)}"
        statements = ";".join(_statement(*point) for point in points)
        body = urlencode({"q": statements}, quote_via=quote).encode()
        return target, "application/x-www-form-urlencoded", body
    if version == "2":
        keys = {"org": section.org, "bucket": section.bucket}
        target = f"/api/v2/delete?{urlencode(keys, quote_via=quote)}"
        ((measurement, tags, time_ns),) = points
        document = {
            "start": _rfc3339(time_ns),
            # Whether the end is part of it depends on the version; times here are whole milliseconds.
            "stop": _rfc3339(time_ns + 1),
            "predicate": " AND ".join(
                f"{name}={_quoted(value, DOUBLE)}"
                for name, value in (
                    ("_measurement", measurement),
                    *((_quoted(name, DOUBLE), value) for name, value in tags),
                )
            ),
        }
        return target, "application/json", json.dumps(document).encode()
    return None


def complaint(body: bytes) -> str | None:
    """What version 1 says is wrong with a statement, in an answer that is 200 all the same."""
    try:
        results = json.loads(body).get("results", [])
        return next((str(one["error"]) for one in results if "error" in one), None)
    except (ValueError, AttributeError, TypeError):
        return None


def _statement(measurement: str, tags: Sequence[tuple[str, str]], time_ns: int) -> str:
    conditions = [f"{_quoted(name, DOUBLE)}={_quoted(value, SINGLE)}" for name, value in tags]
    conditions.append(f"time = {time_ns}")
    # InfluxQL has no parameters for names; both are quoted.
    return f"DELETE FROM {_quoted(measurement, DOUBLE)} WHERE {' AND '.join(conditions)}"  # noqa: S608


def _quoted(text: str, mark: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(mark, f"\\{mark}").replace("\n", "\\n")
    return f"{mark}{escaped}{mark}"


def _rfc3339(time_ns: int) -> str:
    seconds, ns = divmod(time_ns, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{ns:09d}Z"
