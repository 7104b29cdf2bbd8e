"""Guards the InfluxDB sink against everything that versions 2 and 3, and what stands before them, answer.

Each test runs on the simulated server of both versions where the row concerns both. Points are counted by
series and time in the server, never by what the sink says of itself. What concerns single lines is in
test_influxdb_sink_bad_lines.py.
"""

import logging
import random
import threading
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from gateway.errors import Blocked, Unavailable
from gateway.model import Reading, Series
from gateway.sinks.influxdb.sink import InfluxdbSink
from hil.simulators.influxdb_server import InfluxdbServer, faults
from hil.simulators.influxdb_server.faults import Fault
from tests.influx_simulated import BASE_NS, TOKEN, batch, make_sink, one, times


def test_readings_arrive_exactly_and_twice_changes_nothing(
    influxdb_server: InfluxdbServer, city: InfluxdbSink
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
        assert influxdb_server.points() == {
            ("m", series.tags, reading.time_ns): dict(zip(fields, reading.values, strict=True))
            for reading in sent
        }
    assert city.detected_version == influxdb_server.settings.version
    assert city.health.state == "up"
    assert all(r.headers["content-encoding"] == "gzip" for r in influxdb_server.writes)


def test_each_version_is_written_to_on_its_own_path(
    influxdb_server: InfluxdbServer, city: InfluxdbSink
) -> None:
    city.deliver([one(1.0)])
    request = influxdb_server.writes[-1]
    if influxdb_server.settings.version == "2":
        assert request.path == "/api/v2/write"
        assert request.query == {"org": "city", "bucket": "city", "precision": "ns"}
        assert request.headers["authorization"] == f"Token {TOKEN}"
    else:
        assert request.path == "/api/v3/write_lp"
        assert request.query == {"db": "city", "precision": "nanosecond"}
        assert request.headers["authorization"] == f"Bearer {TOKEN}"


def test_the_version_is_asked_once_and_not_at_all_when_it_is_remembered(
    influxdb_server: InfluxdbServer, token_file: Path, city: InfluxdbSink
) -> None:
    for _ in range(3):
        city.deliver([one(1.0)])
    pings = [request for request in influxdb_server.requests if request.path == "/ping"]
    assert len(pings) == 1
    assert "authorization" not in pings[0].headers
    remembering = make_sink(influxdb_server, token_file, known=city.detected_version)
    remembering.deliver([one(1.0)])
    remembering.close()
    assert len([request for request in influxdb_server.requests if request.path == "/ping"]) == 1


def test_a_configured_version_is_never_asked_for(
    influxdb_server: InfluxdbServer, token_file: Path
) -> None:
    version = influxdb_server.settings.version
    keys = {"org": "", "bucket": ""} if version == "3" else {"database": ""}
    sink = make_sink(influxdb_server, token_file, known="1", version=version, **keys)
    assert sink.detected_version == version
    sink.deliver([one(1.0)])
    sink.close()
    assert [request.path for request in influxdb_server.requests if request.path == "/ping"] == []


def test_a_server_that_was_upgraded_is_asked_again_when_it_refuses(
    influxdb_server: InfluxdbServer, token_file: Path
) -> None:
    sink = make_sink(influxdb_server, token_file, known="1")
    with pytest.raises(Blocked, match="404"):
        sink.deliver([one(1.0)])
    assert sink.deliver([one(1.0)]).rejected == ()
    assert sink.detected_version == influxdb_server.settings.version
    sink.close()


def test_a_proxy_that_hides_ping_does_not_undo_what_is_remembered(
    influxdb_server: InfluxdbServer, token_file: Path
) -> None:
    influxdb_server.fail_when(lambda request: request.path == "/ping", faults.empty(404))
    influxdb_server.fail_next(faults.empty(403))
    sink = make_sink(influxdb_server, token_file, known=influxdb_server.settings.version)
    with pytest.raises(Blocked, match="403"):
        sink.deliver([one(1.0)])
    assert sink.deliver([one(1.0)]).rejected == ()
    sink.close()


def test_what_the_found_version_needs_and_the_configuration_lacks_is_said(
    token_file: Path,
) -> None:
    with InfluxdbServer(version="2", token=TOKEN) as influxdb_server:
        sink = make_sink(influxdb_server, token_file, org="", bucket="")
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
    influxdb_server: InfluxdbServer, city: InfluxdbSink, fault: Fault
) -> None:
    # Twice, because a hang-up on a connection that was kept alive is tried once more at once.
    influxdb_server.fail_next(*[fault] * (2 if fault.hangs_up else 1))
    with pytest.raises(Unavailable) as caught:
        city.deliver(batch(10))
    assert caught.value.retry_after_s is None
    assert city.health.state == "down"
    assert influxdb_server.points() == {}
    assert city.deliver(batch(10)).rejected == ()
    assert times(influxdb_server) == set(range(10))
    assert city.health.state == "up"


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [("7", 7, 7), ("1000000000", 3600, 3600), ("later", 10, 10), ("date", 85, 91)],
)
def test_retry_after_is_handed_on(
    influxdb_server: InfluxdbServer, city: InfluxdbSink, value: str, low: float, high: float
) -> None:
    said = formatdate(time.time() + 90, usegmt=True) if value == "date" else value
    influxdb_server.fail_next(faults.overloaded(503, said), faults.overloaded(429, said))
    for _ in range(2):
        with pytest.raises(Unavailable) as caught:
            city.deliver([one(1.0)])
        assert caught.value.retry_after_s is not None
        assert low <= caught.value.retry_after_s <= high


def test_an_answer_that_is_lost_after_the_write_doubles_nothing(
    influxdb_server: InfluxdbServer, city: InfluxdbSink
) -> None:
    influxdb_server.fail_next(faults.answer_lost(), faults.answer_lost())
    with pytest.raises(Unavailable):
        city.deliver(batch(100))
    assert len(influxdb_server.points()) == 100
    assert city.deliver(batch(100)).rejected == ()
    assert len(influxdb_server.points()) == 100
    assert len(influxdb_server.writes) == 3


def test_a_server_that_takes_too_long_is_given_up(
    influxdb_server: InfluxdbServer, token_file: Path
) -> None:
    sink = make_sink(influxdb_server, token_file, timeout="1 s")
    influxdb_server.fail_next(faults.slow(60))
    begun = time.monotonic()
    with pytest.raises(Unavailable, match="in time"):
        sink.deliver([one(1.0)])
    assert time.monotonic() - begun < 5
    sink.close()


def test_closing_from_another_thread_ends_a_delivery(
    influxdb_server: InfluxdbServer, city: InfluxdbSink
) -> None:
    city.deliver([one(1.0)])
    reached = threading.Event()

    def is_second(request: object) -> bool:
        reached.set()
        return True

    influxdb_server.fail_when(is_second, faults.slow(60))
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
    influxdb_server: InfluxdbServer, city: InfluxdbSink, fault: Fault, word: str
) -> None:
    influxdb_server.fail_next(fault)
    with pytest.raises(Blocked, match=word):
        city.deliver(batch(100))
    assert city.health.state == "blocked"
    assert word in city.health.sentence
    assert influxdb_server.points() == {}
    assert city.deliver(batch(100)).rejected == ()
    assert city.health.state == "up"


def test_a_token_is_rotated_without_a_restart(
    influxdb_server: InfluxdbServer, city: InfluxdbSink, token_file: Path
) -> None:
    city.deliver([one(1.0)])
    influxdb_server.settings.token = "another"
    with pytest.raises(Blocked, match="401"):
        city.deliver([one(2.0, BASE_NS + 1)])
    token_file.write_text("another")
    assert city.deliver([one(2.0, BASE_NS + 1)]).rejected == ()
    assert times(influxdb_server) == {0, 1}


def test_a_token_that_may_only_read_blocks(
    influxdb_server: InfluxdbServer, city: InfluxdbSink
) -> None:
    influxdb_server.settings.read_only_tokens = {TOKEN}
    influxdb_server.settings.token = "another"
    with pytest.raises(Blocked, match=r"403.*right to write"):
        city.deliver([one(1.0)])


def test_a_missing_bucket_blocks_and_a_missing_database_is_made(
    influxdb_server: InfluxdbServer, city: InfluxdbSink
) -> None:
    influxdb_server.settings.buckets.clear()
    if influxdb_server.settings.version == "3":
        assert city.deliver([one(1.0)]).rejected == ()
        return
    with pytest.raises(Blocked, match='bucket "city" not found'):
        city.deliver([one(1.0)])
    influxdb_server.settings.buckets.add("city")
    assert city.deliver([one(1.0)]).rejected == ()


def test_limits_and_deletion_of_databases_in_version_3_block(token_file: Path) -> None:
    with InfluxdbServer(version="3", token=TOKEN, databases_max=0) as influxdb_server:
        sink = make_sink(influxdb_server, token_file)
        with pytest.raises(Blocked, match="exceed limit"):
            sink.deliver(batch(3))
        influxdb_server.settings.databases_max = 1
        influxdb_server.settings.deleted_databases.add("city")
        with pytest.raises(Blocked, match="marked for deletion"):
            sink.deliver(batch(3))
        sink.close()


def test_gzip_that_is_not_understood_is_left_off_on_this_connection(
    influxdb_server: InfluxdbServer, city: InfluxdbSink, caplog: pytest.LogCaptureFixture
) -> None:
    influxdb_server.fail_when(
        lambda request: "content-encoding" in request.headers, faults.unreadable_gzip()
    )
    for start in (0, 100, 200):
        sent = [one(1.0, BASE_NS + start + place) for place in range(100)]
        with caplog.at_level(logging.WARNING):
            assert city.deliver(sent).rejected == ()
    assert len(influxdb_server.points()) == 300
    packed = [
        request for request in influxdb_server.writes if "content-encoding" in request.headers
    ]
    assert len(packed) == 1
    assert caplog.text.count("gzip_not_understood") == 1


def test_a_restart_of_the_server_in_the_middle_loses_and_doubles_nothing(
    influxdb_server: InfluxdbServer, city: InfluxdbSink
) -> None:
    sent = batch(2000)
    for start in range(0, 2000, 100):
        if start == 500:
            influxdb_server.stop()
            with pytest.raises(Unavailable):
                city.deliver(sent[start : start + 100])
            influxdb_server.start()
        elif start == 1000:
            # An idle connection that the server closed meanwhile is no outage.
            influxdb_server.stop()
            influxdb_server.start()
        assert city.deliver(sent[start : start + 100]).rejected == ()
        assert city.health.state == "up"
    assert times(influxdb_server) == set(range(2000))


def test_the_token_is_in_no_log_error_or_verdict_even_when_the_server_echoes_it(
    influxdb_server: InfluxdbServer, city: InfluxdbSink, caplog: pytest.LogCaptureFixture
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
        influxdb_server.fail_next(fault)
        with pytest.raises((Unavailable, Blocked)) as caught:
            city.deliver([one(1.0)])
        told += [str(caught.value), repr(caught.value.__cause__), city.health.sentence]
    if influxdb_server.settings.version == "2":
        influxdb_server.fail_next(faults.unreadable_gzip(400, f"unable to parse: {echo}"))
        told += [rejection.text for rejection in city.deliver([one(1.0)]).rejected]
        assert "***" in told[-1]
    assert TOKEN not in caplog.text + "".join(told) + repr(vars(city))
