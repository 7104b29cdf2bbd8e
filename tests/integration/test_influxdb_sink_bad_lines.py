"""Guards that of a batch exactly the bad readings are given up, and nothing at all when too many are refused.

On the simulated server of both versions; the same on a real version 1: test_influxdb_sink.py.
"""

import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import Blocked, Unavailable
from gateway.model import Reading, Series
from gateway.sinks.influxdb.sink import REQUESTS_MAX, InfluxdbSink
from hil.simulators.influxdb_server import InfluxdbServer, faults
from tests.influx_simulated import BASE_NS, TOKEN, batch, make_sink, one, rejected, times


def until_settled(sink: InfluxdbSink, readings: Sequence[Reading]) -> tuple[set[int], int]:
    """Offer what is kept again until nothing is; the places rejected, and how many batches it took."""
    places = list(range(len(readings)))
    dead: set[int] = set()
    rounds = 0
    while places:
        verdict = sink.deliver([readings[place] for place in places])
        dead |= {places[index] for index in rejected(verdict)}
        assert len(verdict.kept) < len(places), "no progress"
        places = [places[index] for index in verdict.kept]
        rounds += 1
    return dead, rounds


@pytest.mark.parametrize("bad", [{0}, {2500}, {4999}, {0, 1, 2, 4000}, set(range(5, 5000, 50))])
def test_exactly_the_conflicting_readings_are_rejected(
    influxdb_server: InfluxdbServer, city: InfluxdbSink, bad: set[int]
) -> None:
    city.deliver([one(1.0, BASE_NS - 1)])
    verdict = city.deliver(batch(5000, bad))
    assert rejected(verdict) == sorted(bad)
    assert all(r.status in (400, 422) and not r.expired for r in verdict.rejected)
    assert all(
        "type conflict" in r.text or "invalid column type" in r.text for r in verdict.rejected
    )
    assert times(influxdb_server) == set(range(-1, 5000)) - bad
    assert len(influxdb_server.writes) <= 1 + 4


def test_a_batch_of_more_than_one_request_is_judged_in_whole(
    influxdb_server: InfluxdbServer, city: InfluxdbSink
) -> None:
    long = "x" * 900
    series = Series("m", (("device", "aq-1"),), ("v", "text"))
    bad = {0, 1999, 2000, 3999}
    sent = [
        Reading(series, BASE_NS + place, ("no" if place in bad else 1.0, long))
        for place in range(4000)
    ]
    city.deliver([one(1.0, BASE_NS - 1)])
    assert rejected(city.deliver(sent)) == sorted(bad)
    assert times(influxdb_server) == set(range(-1, 4000)) - bad


def test_line_feeds_in_strings_do_not_shift_the_numbers_of_version_3(token_file: Path) -> None:
    series = Series("m", (), ("text", "v"))
    bad = {3, 17}
    sent = [
        Reading(series, BASE_NS + p, ("one\n#two\n\nthree\n" * (p % 3), "no" if p in bad else 1.0))
        for p in range(20)
    ]
    with InfluxdbServer(version="3", token=TOKEN) as influxdb_server:
        sink = make_sink(influxdb_server, token_file)
        assert rejected(sink.deliver(sent)) == sorted(bad)
        sink.close()
        assert times(influxdb_server) == set(range(20)) - bad


def test_many_bad_lines_that_nothing_is_said_of_are_found_over_several_batches(
    token_file: Path,
) -> None:
    """A server that only says "no": each batch ends at its number of requests, what is unknown is kept."""
    bad = set(range(0, 2000, 20))
    with InfluxdbServer(version="2", token=TOKEN) as influxdb_server:
        marks = {f"{BASE_NS + place}".encode() for place in bad}
        influxdb_server.fail_when(
            lambda request: any(line.rpartition(b" ")[2] in marks for line in request.lines),
            faults.unreadable_gzip(400, "unable to parse: no reason given"),
        )
        sink = make_sink(influxdb_server, token_file)
        dead, rounds = until_settled(sink, batch(2000))
        sink.close()
        assert dead == bad
        assert rounds > 1
        assert times(influxdb_server) == set(range(2000)) - bad
        assert len(influxdb_server.writes) <= rounds * REQUESTS_MAX


@pytest.mark.parametrize("wording", ["new", "old"])
def test_what_is_older_than_the_bucket_keeps_is_expired(token_file: Path, wording: Any) -> None:
    now = time.time_ns()
    sent = [one(1.0, now - place * 60 * 10**9) for place in range(5000)]
    random.Random(2).shuffle(sent)
    old = [p for p, reading in enumerate(sent) if reading.time_ns < now - 3600 * 10**9]
    with InfluxdbServer(
        version="2", token=TOKEN, retention_s=3630, retention_wording=wording
    ) as influxdb_server:
        sink = make_sink(influxdb_server, token_file)
        verdict = sink.deliver(sent)
        sink.close()
        assert rejected(verdict) == old
        assert all(rejection.expired for rejection in verdict.rejected)
        assert len(influxdb_server.points()) == 5000 - len(old)
        assert len(influxdb_server.writes) == 3


def test_a_body_too_large_is_halved_and_remembered(
    influxdb_server: InfluxdbServer, city: InfluxdbSink
) -> None:
    influxdb_server.settings.body_bytes_max = 20_000
    series = Series("m", (), ("text",))
    sent = [
        Reading(series, BASE_NS + place, ("x" * (30_000 if place == 7 else 90),))
        for place in range(2000)
    ]
    verdict = city.deliver(sent)
    assert [(r.index, r.status) for r in verdict.rejected] == [(7, 413)]
    assert times(influxdb_server) == set(range(2000)) - {7}
    before = len([r for r in influxdb_server.writes if r.status == 413])
    assert city.deliver(batch(1000)).rejected == ()
    assert len([r for r in influxdb_server.writes if r.status == 413]) == before


def test_when_everything_is_refused_nothing_is_given_up(
    influxdb_server: InfluxdbServer, city: InfluxdbSink
) -> None:
    city.deliver([one("text", BASE_NS - 1)])
    for _ in range(2):
        with pytest.raises(Blocked, match="nothing is given up"):
            city.deliver(batch(5000))
        assert city.health.state == "blocked"
    with pytest.raises(Blocked, match="nothing is given up"):
        city.deliver(batch(1))


def test_when_everything_is_refused_for_an_unknown_reason_nothing_is_given_up_either(
    token_file: Path,
) -> None:
    words = "unable to parse: the server has gone mad"
    with InfluxdbServer(version="2", token=TOKEN) as influxdb_server:
        influxdb_server.fail_when(lambda r: r.path != "/ping", faults.unreadable_gzip(400, words))
        sink = make_sink(influxdb_server, token_file)
        with pytest.raises(Blocked, match=r"gone mad.*nothing is given up"):
            sink.deliver(batch(5000))
        assert len(influxdb_server.writes) <= REQUESTS_MAX
        influxdb_server.mend()
        assert sink.deliver(batch(5000)).rejected == ()
        sink.close()


def test_live_readings_refused_one_by_one_stop_at_fifty(
    influxdb_server: InfluxdbServer, city: InfluxdbSink
) -> None:
    city.deliver([one("text", BASE_NS - 1)])
    for place in range(49):
        assert rejected(city.deliver([one(1.0, BASE_NS + place)])) == [0]
    with pytest.raises(Blocked, match="nothing is given up"):
        city.deliver([one(1.0, BASE_NS + 49)])
    # Something else that is taken goes through, but does not let the refused ones be given up.
    other = Series("other", (), ("v",))
    assert city.deliver([one(1.0, BASE_NS, other)]).rejected == ()
    with pytest.raises(Blocked, match="nothing is given up"):
        city.deliver([one(1.0, BASE_NS + 49)])


def test_an_outage_in_the_middle_of_a_search_keeps_what_is_known(
    influxdb_server: InfluxdbServer, city: InfluxdbSink
) -> None:
    city.deliver([one(1.0, BASE_NS - 1)])
    series = Series("m", (("device", "aq-1"),), ("v", "text"))
    sent = [
        Reading(series, BASE_NS + place, ("no" if place == 3 else 1.0, "x" * 900))
        for place in range(4000)
    ]
    writes_before = len(influxdb_server.writes)
    influxdb_server.fail_when(
        lambda _: len(influxdb_server.writes) > writes_before + 3, faults.overloaded(503)
    )
    verdict = city.deliver(sent)
    assert verdict.kept
    assert len(verdict.kept) < 4000
    with pytest.raises(Unavailable):
        city.deliver([sent[place] for place in verdict.kept])
    influxdb_server.mend()
    again = city.deliver([sent[place] for place in verdict.kept])
    dead = rejected(verdict) + [verdict.kept[index] for index in rejected(again)]
    assert dead == [3]
    assert times(influxdb_server) == set(range(-1, 4000)) - {3}


def test_what_was_refused_before_is_judged_line_by_line(
    influxdb_server: InfluxdbServer, city: InfluxdbSink
) -> None:
    city.deliver([one(1.0, BASE_NS - 1)])
    city.without_fuse()
    readings = batch(100, set(range(100)) - {40})
    dead, _ = until_settled(city, readings)
    assert dead == set(range(100)) - {40}
    assert times(influxdb_server) == {-1, 40}
