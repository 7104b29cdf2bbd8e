"""Guards where each version is written to, and which version an answer to GET /ping is."""

from urllib.parse import parse_qs, urlsplit

import pytest

from gateway.sinks.influxdb.answers import Answer, Later, NeedsOperator
from gateway.sinks.influxdb.config import InfluxdbSection, Version
from gateway.sinks.influxdb.endpoint import version_of, write_target

NOW = 1_800_000_000.0


def section(**keys: str) -> InfluxdbSection:
    return InfluxdbSection(url="http://127.0.0.1:8086", **keys)


def ping(status: int, body: bytes = b"", **headers: str) -> Version | Later | NeedsOperator:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return version_of(Answer(status, named, body), NOW)


@pytest.mark.parametrize(
    ("keys", "version", "path", "query"),
    [
        ({"database": "city"}, "1", "/write", {"db": ["city"], "precision": ["ns"]}),
        (
            {"database": "a&b=c d", "retention_policy": "one week"},
            "1",
            "/write",
            {"db": ["a&b=c d"], "precision": ["ns"], "rp": ["one week"]},
        ),
        (
            {"org": "Stadt Köln", "bucket": "a/b?c#d"},
            "2",
            "/api/v2/write",
            {"org": ["Stadt Köln"], "bucket": ["a/b?c#d"], "precision": ["ns"]},
        ),
        (
            {"database": "city"},
            "3",
            "/api/v3/write_lp",
            {"db": ["city"], "precision": ["nanosecond"]},
        ),
    ],
)
def test_each_version_has_its_path_and_keys(
    keys: dict[str, str], version: Version, path: str, query: dict[str, list[str]]
) -> None:
    target = urlsplit(write_target(section(**keys), version))
    assert (target.path, parse_qs(target.query, strict_parsing=True)) == (path, query)
    assert target.fragment == ""


@pytest.mark.parametrize(
    ("header", "version"),
    [
        ("1.6.7~rc0", "1"),
        ("1.8.10", "1"),
        ("v1.11.8", "1"),
        ("2.7.12", "2"),
        ("v2.7.12", "2"),
        ("3.4.1", "3"),
        (" v3 ", "3"),
        ("1.8.10-c1.8.10", "1"),
    ],
)
def test_the_header_tells_the_version_with_any_status(header: str, version: Version) -> None:
    for status in (200, 204, 401, 404):
        assert ping(status, x_influxdb_version=header) == version


@pytest.mark.parametrize("header", ["", "unknown", "dev", "0.9.6", "4.0", "10.1", "v", "22.1"])
def test_without_a_usable_header_a_body_with_version_is_three(header: str) -> None:
    body = b'{"version":"3.4.1","revision":"0"}'
    assert ping(200, body, x_influxdb_version=header) == "3"
    assert ping(401, x_influxdb_version=header) == "3"
    assert isinstance(ping(204, x_influxdb_version=header), NeedsOperator)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_server_that_is_away_is_asked_again_later(status: int) -> None:
    found = ping(status, retry_after="7")
    assert isinstance(found, Later)
    assert found.retry_after_s == 7.0


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b"<html><title>hi</title></html>"), (200, b"[1]"), (200, b"OK"), (301, b""), (403, b""),
     (404, b'{"version":"3"}')],
)  # fmt: skip
def test_anything_else_asks_the_operator(status: int, body: bytes) -> None:
    found = ping(status, body)
    assert isinstance(found, NeedsOperator)
    assert "version" in found.remedy
