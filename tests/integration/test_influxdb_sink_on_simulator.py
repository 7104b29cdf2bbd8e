"""Guards the InfluxDB sink against everything that versions 2 and 3, and what stands before them, answer.

Each test runs on the simulated server of both versions where the row concerns both. Points are counted by
series and time in the server, never by what the sink says of itself.
"""

import logging
import random
import threading
import time
from collections.abc import Iterator, Sequence
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import Blocked, Unavailable
from gateway.model import Reading, Series, Verdict
from gateway.sinks.influxdb.config import InfluxdbSection
from gateway.sinks.influxdb.sink import REQUESTS_MAX, InfluxdbSink
from hil.simulators.influxdb_server import InfluxdbServer, faults
from hil.simulators.influxdb_server.faults import Fault

TOKEN = "planted-secret-token=="
BASE_NS = 1_763_000_000_000_000_000
SERIES = Series("m", (("device", "aq-1"),), ("v",))


@pytest.fixture(params=["2", "3"])
def server(request: pytest.FixtureRequest) -> Iterator[InfluxdbServer]:
    """A simulated server of each version in turn."""
    with InfluxdbServer(version=request.param, token=TOKEN) as running:
        yield running


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "influx.token"
    path.write_text(TOKEN + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def city(server: InfluxdbServer, token_file: Path) -> Iterator[InfluxdbSink]:
    """A sink on that server."""
    made = make_sink(server, token_file)
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


def test_readings_arrive_exactly_and_twice_changes_nothing(
    server: InfluxdbServer, city: InfluxdbSink
) -> None:
    fields = ("f", "b", "s")
    series = Series("m", (("device", "aq 1"), ("site", "a,b=c")), fields)
    numbers = random.Random(1)
    sent = [
        Reading(series, BASE_NS + place, (numbers.uniform(-1, 1), place % 2 == 0, f'"{place}"\n\\'))
        for place in range(5000)
    ]
    for _ in range(2):
        verdict = city.deliver(sent)
        assert (verdict.rejected, verdict.kept) == ((), ())
        assert server.points() == {
            ("m", series.tags, reading.time_ns): dict(zip(fields, reading.values, strict=True))
            for reading in sent
        }
    assert city.detected_version == server.settings.version
    assert city.health.state == "up"
    assert all(r.headers["content-encoding"] == "gzip" for r in server.writes)


def test_each_version_is_written_to_on_its_own_path(
    server: InfluxdbServer, city: InfluxdbSink
) -> None:
    city.deliver([one(1.0)])
    request = server.writes[-1]
    if server.settings.version == "2":
        assert request.path == "/api/v2/write"
        assert request.query == {"org": "city", "bucket": "city", "precision": "ns"}
        assert request.headers["authorization"] == f"Token {TOKEN}"
    else:
        assert request.path == "/api/v3/write_lp"
        assert request.query == {"db": "city", "precision": "nanosecond"}
        assert request.headers["authorization"] == f"Bearer {TOKEN}"


def test_the_version_is_asked_once_and_not_at_all_when_it_is_remembered(
    server: InfluxdbServer, token_file: Path, city: InfluxdbSink
) -> None:
    for _ in range(3):
        city.deliver([one(1.0)])
    pings = [request for request in server.requests if request.path == "/ping"]
    assert len(pings) == 1
    assert "authorization" not in pings[0].headers
    remembering = make_sink(server, token_file, known=city.detected_version)
    remembering.deliver([one(1.0)])
    remembering.close()
    assert len([request for request in server.requests if request.path == "/ping"]) == 1


def test_a_configured_version_is_never_asked_for(server: InfluxdbServer, token_file: Path) -> None:
    version = server.settings.version
    keys = {"org": "", "bucket": ""} if version == "3" else {"database": ""}
    sink = make_sink(server, token_file, known="1", version=version, **keys)
    assert sink.detected_version == version
    sink.deliver([one(1.0)])
    sink.close()
    assert [request.path for request in server.requests if request.path == "/ping"] == []


def test_a_server_that_was_upgraded_is_asked_again_when_it_refuses(
    server: InfluxdbServer, token_file: Path
) -> None:
    sink = make_sink(server, token_file, known="1")
    with pytest.raises(Blocked, match="404"):
        sink.deliver([one(1.0)])
    assert sink.deliver([one(1.0)]).rejected == ()
    assert sink.detected_version == server.settings.version
    sink.close()


def test_a_proxy_that_hides_ping_does_not_undo_what_is_remembered(
    server: InfluxdbServer, token_file: Path
) -> None:
    server.fail_when(lambda request: request.path == "/ping", faults.empty(404))
    server.fail_next(faults.empty(403))
    sink = make_sink(server, token_file, known=server.settings.version)
    with pytest.raises(Blocked, match="403"):
        sink.deliver([one(1.0)])
    assert sink.deliver([one(1.0)]).rejected == ()
    sink.close()


def test_what_the_found_version_needs_and_the_configuration_lacks_is_said(
    token_file: Path,
) -> None:
    with InfluxdbServer(version="2", token=TOKEN) as server:
        sink = make_sink(server, token_file, org="", bucket="")
        with pytest.raises(Blocked, match=r'is version 2.* write org = "..." and bucket = "..."'):
            sink.deliver([one(1.0)])
        sink.close()


@pytest.mark.parametrize(
    "fault",
    [
        faults.hang_up(),
        faults.overloaded(429),
        faults.overloaded(503),
        faults.empty(408),
        faults.internal_error("timeout"),
        faults.internal_error("engine: cache-max-memory-size exceeded: (1/1)"),
        faults.proxy_page(502, "502 Bad Gateway"),
        faults.proxy_page(504, "504 Gateway Time-out"),
    ],
)
def test_what_comes_back_by_itself_keeps_everything(
    server: InfluxdbServer, city: InfluxdbSink, fault: Fault
) -> None:
    # Twice, because a hang-up on a connection that was kept alive is tried once more at once.
    server.fail_next(*[fault] * (2 if fault.hangs_up else 1))
    with pytest.raises(Unavailable) as caught:
        city.deliver(batch(10))
    assert caught.value.retry_after_s is None
    assert city.health.state == "down"
    assert server.points() == {}
    assert city.deliver(batch(10)).rejected == ()
    assert times(server) == set(range(10))
    assert city.health.state == "up"


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [("7", 7, 7), ("1000000000", 3600, 3600), ("later", 10, 10), ("date", 85, 91)],
)
def test_retry_after_is_handed_on(
    server: InfluxdbServer, city: InfluxdbSink, value: str, low: float, high: float
) -> None:
    said = formatdate(time.time() + 90, usegmt=True) if value == "date" else value
    server.fail_next(faults.overloaded(503, said), faults.overloaded(429, said))
    for _ in range(2):
        with pytest.raises(Unavailable) as caught:
            city.deliver([one(1.0)])
        assert caught.value.retry_after_s is not None
        assert low <= caught.value.retry_after_s <= high


def test_an_answer_that_is_lost_after_the_write_doubles_nothing(
    server: InfluxdbServer, city: InfluxdbSink
) -> None:
    server.fail_next(faults.answer_lost(), faults.answer_lost())
    with pytest.raises(Unavailable):
        city.deliver(batch(100))
    assert len(server.points()) == 100
    assert city.deliver(batch(100)).rejected == ()
    assert len(server.points()) == 100
    assert len(server.writes) == 3


def test_a_server_that_takes_too_long_is_given_up(server: InfluxdbServer, token_file: Path) -> None:
    sink = make_sink(server, token_file, timeout="1 s")
    server.fail_next(faults.slow(60))
    begun = time.monotonic()
    with pytest.raises(Unavailable, match="in time"):
        sink.deliver([one(1.0)])
    assert time.monotonic() - begun < 5
    sink.close()


def test_closing_from_another_thread_ends_a_delivery(
    server: InfluxdbServer, city: InfluxdbSink
) -> None:
    city.deliver([one(1.0)])
    reached = threading.Event()

    def is_second(request: object) -> bool:
        reached.set()
        return True

    server.fail_when(is_second, faults.slow(60))
    stopper = threading.Thread(target=lambda: reached.wait(10) and city.close())
    stopper.start()
    begun = time.monotonic()
    with pytest.raises(Unavailable, match="closed"):
        city.deliver([one(2.0)])
    stopper.join()
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        (faults.empty(401), "401"),
        (faults.empty(403), "403"),
        (faults.empty(404), "404"),
        (faults.moved("https://elsewhere/"), "https://elsewhere/"),
        (faults.captive_portal(), "Welcome to our Wi-Fi"),
        (faults.plain_http_on_tls(), "HTTPS server"),
        (faults.proxy_page(400, "400 Bad Request"), "web page"),
        (faults.empty(405), "405"),
        (faults.internal_error("retention policy not found: zzz"), "retention policy"),
    ],
)
def test_what_an_operator_must_see_to_keeps_everything_and_goes_on_by_itself(
    server: InfluxdbServer, city: InfluxdbSink, fault: Fault, word: str
) -> None:
    server.fail_next(fault)
    with pytest.raises(Blocked, match=word):
        city.deliver(batch(100))
    assert city.health.state == "blocked"
    assert word in city.health.sentence
    assert server.points() == {}
    assert city.deliver(batch(100)).rejected == ()
    assert city.health.state == "up"


def test_a_token_is_rotated_without_a_restart(
    server: InfluxdbServer, city: InfluxdbSink, token_file: Path
) -> None:
    city.deliver([one(1.0)])
    server.settings.token = "another"
    with pytest.raises(Blocked, match="401"):
        city.deliver([one(2.0, BASE_NS + 1)])
    token_file.write_text("another")
    assert city.deliver([one(2.0, BASE_NS + 1)]).rejected == ()
    assert times(server) == {0, 1}


def test_a_token_that_may_only_read_blocks(server: InfluxdbServer, city: InfluxdbSink) -> None:
    server.settings.read_only_tokens = {TOKEN}
    server.settings.token = "another"
    with pytest.raises(Blocked, match=r"403.*right to write"):
        city.deliver([one(1.0)])


def test_a_missing_bucket_blocks_and_a_missing_database_is_made(
    server: InfluxdbServer, city: InfluxdbSink
) -> None:
    server.settings.buckets.clear()
    if server.settings.version == "3":
        assert city.deliver([one(1.0)]).rejected == ()
        return
    with pytest.raises(Blocked, match='bucket "city" not found'):
        city.deliver([one(1.0)])
    server.settings.buckets.add("city")
    assert city.deliver([one(1.0)]).rejected == ()


def test_limits_and_deletion_of_databases_in_version_3_block(token_file: Path) -> None:
    with InfluxdbServer(version="3", token=TOKEN, databases_max=0) as server:
        sink = make_sink(server, token_file)
        with pytest.raises(Blocked, match="exceed limit"):
            sink.deliver(batch(3))
        server.settings.databases_max = 1
        server.settings.deleted_databases.add("city")
        with pytest.raises(Blocked, match="marked for deletion"):
            sink.deliver(batch(3))
        sink.close()


@pytest.mark.parametrize("bad", [{0}, {2500}, {4999}, {0, 1, 2, 4000}, set(range(5, 5000, 50))])
def test_exactly_the_conflicting_readings_are_rejected(
    server: InfluxdbServer, city: InfluxdbSink, bad: set[int]
) -> None:
    city.deliver([one(1.0, BASE_NS - 1)])
    verdict = city.deliver(batch(5000, bad))
    assert rejected(verdict) == sorted(bad)
    assert all(r.status in (400, 422) and not r.expired for r in verdict.rejected)
    assert all(
        "type conflict" in r.text or "invalid column type" in r.text for r in verdict.rejected
    )
    assert times(server) == set(range(-1, 5000)) - bad
    assert len(server.writes) <= 1 + 4


def test_a_batch_of_more_than_one_request_is_judged_in_whole(
    server: InfluxdbServer, city: InfluxdbSink
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
    assert times(server) == set(range(-1, 4000)) - bad


def test_line_feeds_in_strings_do_not_shift_the_numbers_of_version_3(token_file: Path) -> None:
    series = Series("m", (), ("text", "v"))
    bad = {3, 17}
    sent = [
        Reading(series, BASE_NS + p, ("one\n#two\n\nthree\n" * (p % 3), "no" if p in bad else 1.0))
        for p in range(20)
    ]
    with InfluxdbServer(version="3", token=TOKEN) as server:
        sink = make_sink(server, token_file)
        assert rejected(sink.deliver(sent)) == sorted(bad)
        sink.close()
        assert times(server) == set(range(20)) - bad


def test_many_bad_lines_that_nothing_is_said_of_are_found_over_several_batches(
    token_file: Path,
) -> None:
    """A server that only says "no": each batch ends at its number of requests, what is unknown is kept."""
    bad = set(range(0, 2000, 20))
    with InfluxdbServer(version="2", token=TOKEN) as server:
        marks = {f"{BASE_NS + place}".encode() for place in bad}
        server.fail_when(
            lambda request: any(line.rpartition(b" ")[2] in marks for line in request.lines),
            faults.unreadable_gzip(400, "unable to parse: no reason given"),
        )
        sink = make_sink(server, token_file)
        dead, rounds = until_settled(sink, batch(2000))
        sink.close()
        assert dead == bad
        assert rounds > 1
        assert times(server) == set(range(2000)) - bad
        assert len(server.writes) <= rounds * REQUESTS_MAX


@pytest.mark.parametrize("wording", ["new", "old"])
def test_what_is_older_than_the_bucket_keeps_is_expired(token_file: Path, wording: Any) -> None:
    now = time.time_ns()
    sent = [one(1.0, now - place * 60 * 10**9) for place in range(5000)]
    random.Random(2).shuffle(sent)
    old = [p for p, reading in enumerate(sent) if reading.time_ns < now - 3600 * 10**9]
    with InfluxdbServer(
        version="2", token=TOKEN, retention_s=3630, retention_wording=wording
    ) as server:
        sink = make_sink(server, token_file)
        verdict = sink.deliver(sent)
        sink.close()
        assert rejected(verdict) == old
        assert all(rejection.expired for rejection in verdict.rejected)
        assert len(server.points()) == 5000 - len(old)
        assert len(server.writes) == 3


def test_a_body_too_large_is_halved_and_remembered(
    server: InfluxdbServer, city: InfluxdbSink
) -> None:
    server.settings.body_bytes_max = 20_000
    series = Series("m", (), ("text",))
    sent = [
        Reading(series, BASE_NS + place, ("x" * (30_000 if place == 7 else 90),))
        for place in range(2000)
    ]
    verdict = city.deliver(sent)
    assert [(r.index, r.status) for r in verdict.rejected] == [(7, 413)]
    assert times(server) == set(range(2000)) - {7}
    before = len([r for r in server.writes if r.status == 413])
    assert city.deliver(batch(1000)).rejected == ()
    assert len([r for r in server.writes if r.status == 413]) == before


def test_gzip_that_is_not_understood_is_left_off_on_this_connection(
    server: InfluxdbServer, city: InfluxdbSink, caplog: pytest.LogCaptureFixture
) -> None:
    server.fail_when(
        lambda request: "content-encoding" in request.headers, faults.unreadable_gzip()
    )
    for start in (0, 100, 200):
        sent = [one(1.0, BASE_NS + start + place) for place in range(100)]
        with caplog.at_level(logging.WARNING):
            assert city.deliver(sent).rejected == ()
    assert len(server.points()) == 300
    packed = [request for request in server.writes if "content-encoding" in request.headers]
    assert len(packed) == 1
    assert caplog.text.count("gzip_not_understood") == 1


def test_when_everything_is_refused_nothing_is_given_up(
    server: InfluxdbServer, city: InfluxdbSink
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
    with InfluxdbServer(version="2", token=TOKEN) as server:
        server.fail_when(lambda r: r.path != "/ping", faults.unreadable_gzip(400, words))
        sink = make_sink(server, token_file)
        with pytest.raises(Blocked, match=r"gone mad.*nothing is given up"):
            sink.deliver(batch(5000))
        assert len(server.writes) <= REQUESTS_MAX
        server.mend()
        assert sink.deliver(batch(5000)).rejected == ()
        sink.close()


def test_live_readings_refused_one_by_one_stop_at_fifty(
    server: InfluxdbServer, city: InfluxdbSink
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
    server: InfluxdbServer, city: InfluxdbSink
) -> None:
    city.deliver([one(1.0, BASE_NS - 1)])
    series = Series("m", (("device", "aq-1"),), ("v", "text"))
    sent = [
        Reading(series, BASE_NS + place, ("no" if place == 3 else 1.0, "x" * 900))
        for place in range(4000)
    ]
    writes_before = len(server.writes)
    server.fail_when(lambda _: len(server.writes) > writes_before + 3, faults.overloaded(503))
    verdict = city.deliver(sent)
    assert verdict.kept
    assert len(verdict.kept) < 4000
    with pytest.raises(Unavailable):
        city.deliver([sent[place] for place in verdict.kept])
    server.mend()
    again = city.deliver([sent[place] for place in verdict.kept])
    dead = rejected(verdict) + [verdict.kept[index] for index in rejected(again)]
    assert dead == [3]
    assert times(server) == set(range(-1, 4000)) - {3}


def test_a_restart_of_the_server_in_the_middle_loses_and_doubles_nothing(
    server: InfluxdbServer, city: InfluxdbSink
) -> None:
    sent = batch(2000)
    for start in range(0, 2000, 100):
        if start == 500:
            server.stop()
            with pytest.raises(Unavailable):
                city.deliver(sent[start : start + 100])
            server.start()
        elif start == 1000:
            # An idle connection that the server closed meanwhile is no outage.
            server.stop()
            server.start()
        assert city.deliver(sent[start : start + 100]).rejected == ()
        assert city.health.state == "up"
    assert times(server) == set(range(2000))


def test_the_token_is_in_no_log_error_or_verdict_even_when_the_server_echoes_it(
    server: InfluxdbServer, city: InfluxdbSink, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    echo = f"you sent Authorization: Token {TOKEN}"
    for fault in (
        faults.internal_error(echo),
        faults.proxy_page(502, echo),
        faults.proxy_page(401, echo),
        faults.moved(f"http://elsewhere/?token={TOKEN}"),
    ):
        server.fail_next(fault)
        with pytest.raises((Unavailable, Blocked)) as caught:
            city.deliver([one(1.0)])
        told += [str(caught.value), repr(caught.value.__cause__), city.health.sentence]
    if server.settings.version == "2":
        server.fail_next(faults.unreadable_gzip(400, f"unable to parse: {echo}"))
        told += [rejection.text for rejection in city.deliver([one(1.0)]).rejected]
        assert "***" in told[-1]
    assert TOKEN not in caplog.text + "".join(told) + repr(vars(city))
