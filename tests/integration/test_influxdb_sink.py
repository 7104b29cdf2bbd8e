"""Guards the InfluxDB sink against real servers: influxd 1.6.7 for the meaning of answers, VictoriaMetrics for
the transport of version 2. What only versions 2 and 3 answer: test_influxdb_sink_on_simulator.py.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import Blocked, Unavailable
from gateway.model import Reading, Series
from gateway.sinks.influxdb.config import InfluxdbSection
from gateway.sinks.influxdb.sink import InfluxdbSink
from tests.influx_fixtures import Influxd, VictoriaMetrics

# ruff: noqa: S608 - every name in a statement is a test's own

pytestmark = pytest.mark.real

FIELDS = tuple(f"f{number:02}" for number in range(12))
BASE_NS = 1_763_000_000_000_000_000


@contextmanager
def sink(url: str, **keys: Any) -> Iterator[InfluxdbSink]:
    """A sink on a server, closed at the end."""
    made = InfluxdbSink(InfluxdbSection(url=url, **keys), "city")
    try:
        yield made
    finally:
        made.close()


def series(device: int, fields: tuple[str, ...] = ("v",), measurement: str = "m") -> Series:
    return Series(measurement, (("device", f"aq-{device}"),), fields)


def readings(count: int, *, step_ns: int = 1_000_000_000, devices: int = 10) -> list[Reading]:
    """As many readings of twelve fields, no two of one series and time."""
    shared = [series(device, FIELDS) for device in range(devices)]
    numbers = random.Random(1)
    return [
        Reading(
            shared[place % devices],
            BASE_NS + place * step_ns,
            tuple(round(numbers.uniform(-50, 150), 2) for _ in FIELDS),
        )
        for place in range(count)
    ]


def one(value: float | bool | str, time_ns: int = BASE_NS, device: int = 0) -> Reading:
    return Reading(series(device), time_ns, (value,))


def stored(server: Influxd, database: str, measurement: str = "m") -> dict[tuple[str, int], Any]:
    """(device, time) -> the fields of that point, as the server gives them back."""
    points: dict[tuple[str, int], Any] = {}
    for row in server.rows(f'SELECT * FROM "{measurement}"', database):
        points[row.pop("device"), row.pop("time")] = row
    return points


def as_stored(batch: Sequence[Reading]) -> dict[tuple[str, int], Any]:
    """What `stored` must give after a batch was written."""
    return {
        (reading.series.tags[0][1], reading.time_ns): dict(
            zip(reading.series.fields, reading.values, strict=True)
        )
        for reading in batch
    }


def test_every_reading_arrives_exactly_and_twice_changes_nothing(
    influxd: Influxd, influx_database: str
) -> None:
    batch = readings(5000)
    with sink(influxd.url, database=influx_database) as city:
        for _ in range(2):
            verdict = city.deliver(batch)
            assert (verdict.rejected, verdict.kept) == ((), ())
            assert stored(influxd, influx_database) == as_stored(batch)
        assert city.detected_version == "1"
        assert city.health.state == "up"


def test_all_kinds_of_values_arrive_exactly(influxd: Influxd, influx_database: str) -> None:
    fields = ("a", "b", "c", "d", "e", "f", "g")
    values = (25.0, -1.5e-300, True, False, 'say "hi" \\ bye\nnext, line=2', "", "\u202eกท 😀")
    with sink(influxd.url, database=influx_database) as city:
        city.deliver([Reading(series(0, fields), BASE_NS, values)])
    back = stored(influxd, influx_database)["aq-0", BASE_NS]
    assert tuple(back[name] for name in fields) == values
    kinds = {
        row["fieldKey"]: row["fieldType"]
        for row in influxd.rows("SHOW FIELD KEYS", influx_database)
    }
    assert kinds == dict(zip(fields, ["float"] * 2 + ["boolean"] * 2 + ["string"] * 3, strict=True))


def test_more_than_one_request_holds_is_cut(influxd: Influxd, influx_database: str) -> None:
    batch = [Reading(series(0, ("text",)), BASE_NS + place, ("x" * 900,)) for place in range(4000)]
    with sink(influxd.url, database=influx_database) as city:
        assert city.deliver(batch).rejected == ()
    assert influxd.count("text", "m", influx_database) == 4000


def test_hostile_names_make_no_stray_point(influxd: Influxd, influx_database: str) -> None:
    """Random hostile names: each reading is one point, under its safe names, with nothing beside it."""
    numbers = random.Random(7)
    alphabet = "ab\\,= \"'#\n\r\t\x00\x7f\x85%{}\u202eก😀"

    def hostile(most: int = 10) -> str:
        return "".join(numbers.choice(alphabet) for _ in range(numbers.randint(0, most)))

    batch = [
        Reading(
            Series(
                f"m{place}" + hostile(),
                (("id", str(place)), ("x" + hostile(), hostile()), ("time", "t" + hostile())),
                ("v", "w" + hostile(), "time", "long" * 2500),
            ),
            BASE_NS + place,
            (float(place), hostile(30), float(place), 0.5),
        )
        for place in range(400)
    ]
    with sink(influxd.url, database=influx_database) as city:
        verdict = city.deliver(batch)
        # A line feed in a value is legal; nothing else may be refused either.
        assert verdict.rejected == ()
    found = influxd.query("SELECT * FROM /.*/", influx_database)
    assert len(found) == len(batch)
    by_id = {}
    for one_series in found:
        assert len(one_series["values"]) == 1
        row = dict(zip(one_series["columns"], one_series["values"][0], strict=True))
        by_id[int(row["id"])] = {key: value for key, value in row.items() if value is not None}
    for place, reading in enumerate(batch):
        row = by_id[place]
        assert row["time"] == reading.time_ns
        assert row["v"] == float(place)
        assert row["time_"].startswith("t")
        assert row["long" * 2500] == 0.5
        texts = [v for k, v in row.items() if k.startswith("w")]
        assert texts == [reading.values[1]]
        # id, v, w..., two times (one a tag, one a field), the long name, perhaps x..., and the time
        assert len(row) - any(k.startswith("x") for k in row) == 7


def test_a_missing_database_blocks_until_it_is_made(influxd: Influxd) -> None:
    name = "made_later"
    with sink(influxd.url, database=name) as city:
        for _ in range(2):
            with pytest.raises(Blocked, match="database not found"):
                city.deliver([one(1.0)])
            assert city.health.state == "blocked"
        influxd.query(f'CREATE DATABASE "{name}"')
        assert city.deliver([one(1.0)]).rejected == ()
        assert city.health.state == "up"
    influxd.query(f'DROP DATABASE "{name}"')


def test_a_missing_retention_policy_blocks_until_it_is_made(
    influxd: Influxd, influx_database: str
) -> None:
    with sink(influxd.url, database=influx_database, retention_policy="week") as city:
        with pytest.raises(Blocked, match="retention policy not found"):
            city.deliver([one(1.0)])
        influxd.query(
            f'CREATE RETENTION POLICY "week" ON "{influx_database}" DURATION INF REPLICATION 1'
        )
        city.deliver([one(1.0)])
    assert len(influxd.rows('SELECT * FROM "week"."m"', influx_database)) == 1


def test_one_type_conflict_in_five_thousand_rejects_exactly_one(
    influxd: Influxd, influx_database: str
) -> None:
    batch = readings(5000)
    bad = Reading(batch[1234].series, batch[1234].time_ns, ("text", *batch[1234].values[1:]))
    with sink(influxd.url, database=influx_database) as city:
        city.deliver(batch[:1])
        verdict = city.deliver([*batch[:1234], bad, *batch[1235:]])
    assert [(r.index, r.status, r.expired) for r in verdict.rejected] == [(1234, 400, False)]
    assert "field type conflict" in verdict.rejected[0].text
    assert verdict.kept == ()
    assert stored(influxd, influx_database) == as_stored(batch[:1234] + batch[1235:])


def test_conflicts_of_several_kinds_are_all_found_and_no_others(
    influxd: Influxd, influx_database: str
) -> None:
    batch = readings(2000)
    wrong: dict[int, tuple[int, float | bool | str]] = {
        3: (0, "x"), 500: (0, "y"), 501: (1, True), 502: (1, "z"), 1999: (11, False),
    }  # fmt: skip
    mixed = list(batch)
    for place, (field, value) in wrong.items():
        values = list(batch[place].values)
        values[field] = value
        mixed[place] = Reading(batch[place].series, batch[place].time_ns, tuple(values))
    with sink(influxd.url, database=influx_database) as city:
        city.deliver(batch[:1])
        verdict = city.deliver(mixed)
    assert [rejection.index for rejection in verdict.rejected] == sorted(wrong)
    good = [reading for place, reading in enumerate(batch) if place not in wrong]
    assert stored(influxd, influx_database) == as_stored(good)


def test_a_conflict_in_one_shard_only_does_not_cost_the_other_shards(
    influxd: Influxd, influx_database: str
) -> None:
    """Version 1 keeps types per shard (a week): the same text is a conflict in one and fine in the other."""
    month_ns = 30 * 86_400 * 10**9
    texts = [one("text", BASE_NS + month_ns * (place % 2) + place, place) for place in range(40)]
    with sink(influxd.url, database=influx_database) as city:
        city.deliver([one(1.0)])
        verdict = city.deliver(texts)
    assert [r.index for r in verdict.rejected] == [p for p in range(40) if p % 2 == 0]
    rows = influxd.rows('SELECT "v"::string AS text FROM "m"', influx_database)
    assert [row["text"] for row in rows if "text" in row] == ["text"] * 20


def test_what_is_older_than_the_server_keeps_is_expired_and_the_rest_delivered(
    influxd: Influxd, influx_database: str
) -> None:
    influxd.query(
        f'CREATE RETENTION POLICY "day" ON "{influx_database}" DURATION 1d REPLICATION 1 DEFAULT'
    )
    hour_ns = 3600 * 10**9
    kept_since = time.time_ns() - 24 * hour_ns
    batch = [one(1.0, kept_since + place * hour_ns // 60, place) for place in range(-3500, 1400)]
    random.Random(3).shuffle(batch)
    with sink(influxd.url, database=influx_database) as city:
        verdict = city.deliver(batch)
        assert city.health.state == "up"
    assert all(rejection.expired for rejection in verdict.rejected)
    expired = {rejection.index for rejection in verdict.rejected}
    good = [reading for place, reading in enumerate(batch) if place not in expired]
    assert stored(influxd, influx_database) == as_stored(good)
    # The server's own line is drawn at the start of the shard (one hour) in which the day ends.
    assert all(reading.time_ns > kept_since - hour_ns for reading in good)
    assert all(batch[place].time_ns < kept_since + hour_ns for place in expired)


def test_a_body_over_the_servers_limit_is_split_and_a_line_over_it_rejected(
    start_influxd: Callable[..., Influxd],
) -> None:
    server = start_influxd(http="max-body-size = 2000")
    database = server.new_database()
    numbers = random.Random(5)
    # Random digits, so that gzip does not bring them under the limit.
    texts = ["".join(numbers.choices("0123456789abcdef", k=300)) for _ in range(200)]
    texts[77] = "".join(numbers.choices("0123456789abcdef", k=20_000))
    batch = [Reading(series(0, ("text",)), BASE_NS + p, (text,)) for p, text in enumerate(texts)]
    with sink(server.url, database=database) as city:
        verdict = city.deliver(batch)
        assert [(r.index, r.status) for r in verdict.rejected] == [(77, 413)]
        assert verdict.kept == ()
    assert server.count("text", "m", database) == 199


def test_values_that_influxdb_cannot_hold_are_rejected_before_sending(
    influxd: Influxd, influx_database: str
) -> None:
    batch = [one(float("nan"), 1), one(1.0, 2), one(float("-inf"), 3)]
    with sink(influxd.url, database=influx_database) as city:
        verdict = city.deliver(batch)
    assert [(r.index, r.status) for r in verdict.rejected] == [(0, 0), (2, 0)]
    assert influxd.count("v", "m", influx_database) == 1


def test_a_schema_change_gives_nothing_up_and_goes_on_when_it_is_mended(
    influxd: Influxd, influx_database: str
) -> None:
    batch = readings(1000)
    texts = [one("text", BASE_NS + place) for place in range(200)]
    with sink(influxd.url, database=influx_database) as city:
        city.deliver([one(1.0)])
        for _ in range(2):
            with pytest.raises(Blocked, match="nothing is given up"):
                city.deliver([*batch, *texts, *texts[:100]])
        # A probe with a single one of them concludes nothing either.
        with pytest.raises(Blocked, match="nothing is given up"):
            city.deliver(texts[:1])
        assert city.health.state == "blocked"
        influxd.query('DROP MEASUREMENT "m"', influx_database)
        assert city.deliver([*batch, *texts]).rejected == ()
        assert city.health.state == "up"


def test_a_password_is_shown_read_again_and_never_told(
    influxd_with_users: Influxd, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = influxd_with_users
    database = server.new_database()
    server.query("CREATE USER writer WITH PASSWORD 'right-password'")
    path = tmp_path / "password"
    path.write_text("wrong-password\n")
    path.chmod(0o600)
    with sink(server.url, database=database, username="writer", password_file=path) as city:
        with pytest.raises(Blocked, match="401"):
            city.deliver([one(1.0)])
        path.write_text("right-password\n")
        with pytest.raises(Blocked, match="403"):
            city.deliver([one(1.0)])
        server.query(f'GRANT WRITE ON "{database}" TO writer')
        assert city.deliver([one(1.0)]).rejected == ()
        assert city.detected_version == "1"
    assert server.count("v", "m", database) == 1
    assert "-password" not in caplog.text


def test_without_credentials_a_server_that_wants_them_blocks(influxd_with_users: Influxd) -> None:
    with (
        sink(influxd_with_users.url, database="x") as city,
        pytest.raises(Blocked, match="unable to parse authentication credentials"),
    ):
        city.deliver([one(1.0)])


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_restart_in_the_middle_loses_and_doubles_nothing(
    start_influxd: Callable[..., Influxd], how: str
) -> None:
    server = start_influxd()
    database = server.new_database()
    batches = [readings(3000)[start : start + 200] for start in range(0, 3000, 200)]
    outages = 0
    with sink(server.url, database=database) as city:
        for number, batch in enumerate(batches):
            restart = threading.Thread(target=restart_soon, args=(server, how))
            if number == 5:
                restart.start()
            while True:
                try:
                    verdict = city.deliver(batch)
                except Unavailable:
                    outages += 1
                    assert city.health.state == "down"
                    time.sleep(0.01)
                else:
                    assert (verdict.rejected, verdict.kept) == ((), ())
                    break
            if number == 5:
                restart.join()
        assert city.health.state == "up"
    assert stored(server, database) == as_stored(readings(3000))
    server.stop()


def restart_soon(server: Influxd, how: str) -> None:
    getattr(server, how)()
    server.start()


def test_victoria_metrics_takes_the_transport_of_version_2(
    victoria_metrics: VictoriaMetrics,
) -> None:
    """It keeps floats in milliseconds: all of them must be there, once, also after writing twice."""
    batch = readings(5000)
    section = {"version": "2", "org": "city", "bucket": "city"}
    with sink(victoria_metrics.url, **section) as city:
        for _ in range(2):
            assert city.deliver(batch).rejected == ()
    expected: dict[str, dict[int, float]] = {}
    for reading in batch:
        device = expected.setdefault(reading.series.tags[0][1], {})
        device[reading.time_ns // 10**6] = reading.values[3]  # type: ignore[assignment]
    found = {
        one_series["metric"]["device"]: dict(
            zip(one_series["timestamps"], one_series["values"], strict=True)
        )
        for one_series in victoria_metrics.series("m_f03")
    }
    assert found == expected


def test_a_server_that_does_not_say_its_version_asks_the_operator(
    victoria_metrics: VictoriaMetrics,
) -> None:
    with (
        sink(victoria_metrics.url, database="city") as city,
        pytest.raises(Blocked, match='write version = "1", "2" or "3"'),
    ):
        city.deliver([one(1.0)])


def test_a_remembered_version_is_used_without_asking(victoria_metrics: VictoriaMetrics) -> None:
    section = InfluxdbSection(url=victoria_metrics.url, org="city", bucket="city")
    city = InfluxdbSink(section, "city", known_version="2")
    assert city.deliver([one(1.0)]).rejected == ()
    assert city.detected_version == "2"
    city.close()
