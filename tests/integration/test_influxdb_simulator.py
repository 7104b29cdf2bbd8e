"""Guards that the simulated server reads line protocol as a real one does: the same lines to both.

The real one is InfluxDB 1.6.7, whose parser versions 2 and 3 kept; what differs on purpose is not in here.
"""

import random
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from hil.simulators.influxdb_server.lines import BadLine, Point, parse_line, split_lines
from tests.influx_fixtures import Influxd

pytestmark = pytest.mark.real

LINES = [
    "m v=1 1", "m,a=b v=1 1", "m,a=b,c=d v=1,w=2 1", "m v=1.5e3 1", "m v=-0.0 1", "m v=.5 1", "m v=1. 1",
    "m v=+1 1", "m v=1i 1", "m v=-9223372036854775808i 1", "m v=9223372036854775808i 1", "m v=t 1",
    "m v=True 1", "m v=FALSE 1", "m v=tRUE 1", 'm v="" 1', 'm v="a b,c=d" 1', 'm v="a\\"b" 1',
    'm v="a\\\\" 1', 'm v="a\nb" 1', "m v=nan 1", "m v=inf 1", "m v=1e400 1", "m v= 1", "m v 1", "m",
    "m, v=1 1", "m,a v=1 1", "m,a= v=1 1", "m,=b v=1 1", ",a=b v=1 1", "m,a=b,a=c v=1 1", "m v=1, 1",
    "m =1 1", "m  v=1  1", "m\\ n v=1 1", "m\\,n v=1 1", "m=n v=1 1", "m,a\\ b=c\\,d\\=e v=1 1",
    "m,a=b\\ c v=1 1", "m a\\ b\\,c\\=d=1 1", 'm,a="b" v=1 1', 'm,a=b"c v=1 1', 'm v"w=1 1', "m\\x v=1 1",
    "m,a=b\\c v=1 1", "m v=1 -5", "m v=1 1.5", "m v=1 x", "m v=1 1 1", "m v=1 99999999999999999999",
    "m,a=\u202eb v=1 1", "m,กข=ค v=1 1",
]  # fmt: skip
"""Each is one line of a body of its own."""


def write(server: Influxd, database: str, body: str) -> bool:
    """Whether the real server took all of it."""
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    connection.request("POST", f"/write?db={database}", body.encode())
    status = connection.getresponse().status
    connection.close()
    assert status in (204, 400)
    return status == 204


def read(body: str) -> list[Point] | None:
    """The points the simulator's parser finds; None when a line is bad."""
    try:
        return [parse_line(line) for line in split_lines(body)]
    except BadLine:
        return None


def as_rows(points: list[Point]) -> list[dict[str, object]]:
    """What the real server's SELECT of these points gives."""
    return [
        {"time": point.time}
        | dict(point.tags)
        | {name: value.value for name, value in point.fields.items()}
        for point in points
    ]


@pytest.mark.parametrize("line", LINES)
def test_a_line_means_the_same_to_both(influxd: Influxd, influx_database: str, line: str) -> None:
    points = read(line)
    assert write(influxd, influx_database, line) == (points is not None)
    if points:
        stored = influxd.query("SELECT * FROM /.*/", influx_database)
        assert [series["name"] for series in stored] == [points[0].measurement]
        assert influxd.rows("SELECT * FROM /.*/", influx_database) == as_rows(points)


def test_random_bodies_mean_the_same_to_both(influxd: Influxd, influx_database: str) -> None:
    """Strings with every special character inside, so that line ends and quotes are found alike."""
    numbers = random.Random(11)
    alphabet = 'ab ,=\n#\\"'

    def string() -> str:
        text = "".join(numbers.choice(alphabet) for _ in range(numbers.randint(0, 12)))
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    body = "\n".join(f"m,id={n} v={string()},w={string()},x={n} {n}" for n in range(500))
    points = read(body)
    assert points is not None
    assert write(influxd, influx_database, body)
    rows = {row["time"]: row for row in influxd.rows('SELECT * FROM "m"', influx_database)}
    assert rows == {row["time"]: row for row in as_rows(points)}
