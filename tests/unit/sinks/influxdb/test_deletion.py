"""How points are asked to be deleted: the words of each version, with names that need quoting."""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from gateway.model import Series
from gateway.sinks.influxdb.config import InfluxdbSection
from gateway.sinks.influxdb.deletion import complaint, delete_request
from gateway.sinks.influxdb.names import plain_key, series_key

SECTION = InfluxdbSection(
    url="http://127.0.0.1", database="ci ty", org="o&o", bucket="b", token_file=Path("/t")
)
POINT = ("m", [("device", "aq-1")], 1_763_000_000_123_000_000)


def test_version_1_gets_a_statement_per_point() -> None:
    found = delete_request(SECTION, "1", [POINT, ("n", [], 5)])
    assert found is not None
    target, kind, body = found
    assert (target, kind) == ("/query?db=ci%20ty", "application/x-www-form-urlencoded")
    assert parse_qs(body.decode()) == {
        "q": [
            (
                'DELETE FROM "m" WHERE "device"=\'aq-1\' AND time = 1763000000123000000;'
                'DELETE FROM "n" WHERE time = 5'
            )
        ]
    }


def test_version_1_quotes_what_ends_a_name_or_a_value() -> None:
    found = delete_request(SECTION, "1", [('a"b\\', [("t'", "it's \\ \n")], 1)])
    assert found is not None
    (statement,) = parse_qs(found[2].decode())["q"]
    assert statement == ('DELETE FROM "a\\"b\\\\" WHERE "t\'"=\'it\\\'s \\\\ \\n\' AND time = 1')


def test_version_2_gets_a_span_around_the_point_and_a_predicate() -> None:
    found = delete_request(SECTION, "2", [POINT])
    assert found is not None
    target, kind, body = found
    assert (urlsplit(target).path, kind) == ("/api/v2/delete", "application/json")
    assert parse_qs(urlsplit(target).query) == {"org": ["o&o"], "bucket": ["b"]}
    assert json.loads(body) == {
        "start": "2025-11-13T02:13:20.123000000Z",
        "stop": "2025-11-13T02:13:20.123000001Z",
        "predicate": '_measurement="m" AND "device"="aq-1"',
    }


def test_version_3_cannot() -> None:
    assert delete_request(SECTION, "3", [POINT]) is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"results":[{"statement_id":0},{"statement_id":1,"error":"no"}]}', "no"),
        (b'{"results":[{"statement_id":0}]}', None),
        (b"", None), (b"[]", None), (b"{", None), (b'{"results":5}', None), (b'{"results":[5]}', None),
    ],
)  # fmt: skip
def test_what_version_1_refuses_is_in_an_answer_of_200(body: bytes, said: str | None) -> None:
    assert complaint(body) == said


def test_the_names_are_those_that_the_line_was_read_as() -> None:
    series = Series("#a, b", (("time", "x y"), ("t\n", ""), ("u", "v\\")), ())
    assert plain_key(series) == ("_a, b", [("time_", "x y"), ("u", "v")])
    assert series_key(series) == r"_a\,\ b,time_=x\ y,u=v"
