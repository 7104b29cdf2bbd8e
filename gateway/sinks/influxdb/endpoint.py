"""Where each version takes writes, and which version answers GET /ping. Pure.

    1   POST /write?db=&rp=&precision=ns                       Authorization: Basic user:password
    2   POST /api/v2/write?org=&bucket=&precision=ns           Authorization: Token ...
    3   POST /api/v3/write_lp?db=&precision=nanosecond         Authorization: Bearer ...

Version 3 also answers on the paths of 1 and 2, but there one bad line refuses the whole batch and its own
faults come as 400 "invalid": good data would look bad. Its own path is used.

GET /ping tells the version by the header X-Influxdb-Version (`1.8.10`, `v2.7.12`). Version 3 may leave it
out, answers with a JSON body that has `version`, or with 401 to those who show no token.
"""

import re
from urllib.parse import quote, urlencode

from gateway.sinks.influxdb.answers import (
    Answer,
    Later,
    NeedsOperator,
    is_web_page,
    json_object,
    retry_after_s,
)
from gateway.sinks.influxdb.config import InfluxdbSection, Version

PING = "/ping"
_MAJOR = re.compile(r"v?([123])(?!\d)")
_BY_MAJOR: dict[str, Version] = {"1": "1", "2": "2", "3": "3"}


def write_target(section: InfluxdbSection, version: Version) -> str:
    """Path and query of a write, without the path that the url itself has."""
    if version == "1":
        keys = {"db": section.database, "precision": "ns"}
        if section.retention_policy:
            keys["rp"] = section.retention_policy
        return f"/write?{urlencode(keys, quote_via=quote)}"
    if version == "2":
        keys = {"org": section.org, "bucket": section.bucket, "precision": "ns"}
        return f"/api/v2/write?{urlencode(keys, quote_via=quote)}"
    keys = {"db": section.database, "precision": "nanosecond"}
    return f"/api/v3/write_lp?{urlencode(keys, quote_via=quote)}"


def version_of(answer: Answer, now: float) -> Version | Later | NeedsOperator:
    """The version that answered GET /ping so. `now` is Unix seconds."""
    found = _MAJOR.match(answer.headers.get("x-influxdb-version", "").strip())
    if found:
        return _BY_MAJOR[found[1]]
    if answer.status in (408, 429) or answer.status >= 500:
        return Later(f"answers GET /ping with {answer.status}", retry_after_s(answer, now))
    if answer.status == 401 or _has_version(answer):
        return "3"
    return NeedsOperator(
        f"answers GET /ping with {answer.status} and does not say which InfluxDB it is",
        'write version = "1", "2" or "3" in its table of the configuration',
    )


def _has_version(answer: Answer) -> bool:
    return answer.status < 300 and not is_web_page(answer) and "version" in json_object(answer.body)
