"""Guards the simulated server itself: a test is worth what its server is worth.

That its parser agrees with a real InfluxDB is checked in tests/integration/test_influxdb_simulator.py.
"""

import gzip
import json
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from influxdb_client import InfluxDBClient, Point
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException

from hil.simulators.influxdb_server import InfluxdbServer, faults
from hil.simulators.influxdb_server.lines import BadLine, Value, parse_line, split_lines

V2 = "/api/v2/write?org=city&bucket=city&precision=ns"
V3 = "/api/v3/write_lp?db=city&precision=nanosecond"


def send(
    url: str, method: str, target: str, body: bytes = b"", **headers: str
) -> tuple[int, bytes, HTTPResponse]:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, target, body, named)
        response = connection.getresponse()
        return response.status, response.read(), response
    finally:
        connection.close()


def write(
    server: InfluxdbServer, body: str, target: str = "", **headers: str
) -> tuple[int, object]:
    target = target or (V2 if server.settings.version == "2" else V3)
    status, content, _ = send(server.url, "POST", target, body.encode(), **headers)
    return status, json.loads(content) if content[:1] == b"{" else content


def test_a_line_is_read_as_the_reference_says() -> None:
    point = parse_line(r'my\ m,t\,1=a\=b,u=x f=1.5,g=-2i,h=3u,i=t,j="a \"b\" \\ c, d=e" -7')
    assert point.measurement == "my m"
    assert point.tags == (("t,1", "a=b"), ("u", "x"))
    assert point.fields == {
        "f": Value("float", 1.5),
        "g": Value("integer", -2),
        "h": Value("unsigned", 3),
        "i": Value("boolean", True),
        "j": Value("string", 'a "b" \\ c, d=e'),
    }
    assert point.time == -7
    assert parse_line("m v=1").time is None


@pytest.mark.parametrize(
    "line",
    ["m", "m v", "m v=", "m ,v=1", "m,t v=1", "m,t= v=1", "m,=a v=1", ",t=a v=1", "m v=abc", "m v=nan",
     "m v=1e400", "m v=99999999999999999999i", "m v=-1u", 'm v="open', "m v=1 x", "m v=1 1 1", "m v=1,",
     "m v=1 99999999999999999999", "m,a=b,a=c v=1", "m v=1 1.5"],
)  # fmt: skip
def test_what_is_no_line_is_refused(line: str) -> None:
    with pytest.raises(BadLine):
        parse_line(line)


def test_lines_end_outside_of_strings_only() -> None:
    body = 'a v=1\n#comment\n\n  \nb s="x\ny \\" z\n" 2\nc"q v=3\nd "k=4\ne s="open\n'
    lines = ["a v=1", 'b s="x\ny \\" z\n" 2', 'c"q v=3', 'd "k=4', 'e s="open\n']
    assert split_lines(body) == lines


@given(st.text(max_size=60))
def test_any_text_is_lines_or_complaints(text: str) -> None:
    for line in split_lines(text):
        try:
            parse_line(line)
        except BadLine:
            continue


def test_version_2_merges_points_and_keeps_types() -> None:
    with InfluxdbServer(version="2") as server:
        assert write(server, "m,b=2,a=1 v=1,w=2 5\nm,a=1,b=2 v=9 5") == (204, b"")
        assert server.points() == {("m", (("a", "1"), ("b", "2")), 5): {"v": 9.0, "w": 2.0}}
        status, said = write(server, 'm v="x" 6\nm v=3 7\nm v="y" 8')
        assert status == 422
        assert said == {
            "code": "unprocessable entity",
            "message": "failure writing points to database: partial write: field type conflict: "
            'input field "v" on measurement "m" is type string, already exists as type float dropped=2',
        }
        assert ("m", (), 7) in server.points()


def test_version_2_writes_nothing_of_a_body_that_does_not_parse() -> None:
    with InfluxdbServer(version="2") as server:
        status, said = write(server, "m v=1 1\nm v= 2")
        message = "unable to parse 'm v= 2': missing field value"
        assert (status, said) == (400, {"code": "invalid", "message": message})
        assert server.points() == {}


@pytest.mark.parametrize("wording", ["new", "old"])
def test_version_2_drops_what_is_too_old(wording: str) -> None:
    now = time.time_ns()
    with InfluxdbServer(version="2", retention_s=3600, retention_wording=wording) as server:
        status, said = write(server, f"m v=1 1\nm v=2 {now}\nm v=3 2")
        assert status == 422
        assert "dropped=2" in str(said)
        assert list(server.points()) == [("m", (), now)]


def test_version_2_lets_in_who_may_write() -> None:
    with InfluxdbServer(version="2", token="right", read_only_tokens={"reader"}) as server:
        assert write(server, "m v=1")[0] == 401
        assert write(server, "m v=1", authorization="Token wrong")[0] == 401
        assert write(server, "m v=1", authorization="Token reader")[0] == 403
        target = V2.replace("bucket=city", "bucket=none")
        assert write(server, "m v=1", target, authorization="Token right")[0] == 404
        target = V2.replace("org=city", "org=none")
        assert write(server, "m v=1", target, authorization="Token right")[0] == 404
        assert write(server, "m v=1", authorization="Token right")[0] == 204
        assert len(server.points()) == 1


def test_version_3_names_bad_lines_and_writes_the_others() -> None:
    with InfluxdbServer(version="3") as server:
        assert write(server, "m,host=a v=1 1") == (204, b"")
        status, said = write(server, 'm v="x" 2\n\n# note\nm v=3 3\nno\nm host="b" 4')
        assert status == 400
        assert isinstance(said, dict)
        assert said["error"] == "partial write of line protocol occurred"
        named = {line["line_number"]: line["error_message"] for line in said["data"]}
        assert set(named) == {1, 3, 4}
        assert named[1] == (
            "invalid column type for column 'v', expected iox::column_type::field::float, "
            "got iox::column_type::field::string"
        )
        assert named[4] == (
            "invalid column type for column 'host', expected iox::column_type::tag, "
            "got iox::column_type::field::string"
        )
        assert set(server.points()) == {("m", (("host", "a"),), 1), ("m", (), 3)}


def test_version_3_refuses_with_an_empty_body() -> None:
    with InfluxdbServer(version="3", token="right", read_only_tokens={"reader"}) as server:
        assert write(server, "m v=1") == (401, b"")
        assert write(server, "m v=1", authorization="Bearer reader") == (403, b"")
        assert send(server.url, "GET", "/ping")[0] == 401
        assert write(server, "m v=1", authorization="Bearer right") == (204, b"")


def test_version_3_has_limits_of_its_own() -> None:
    with InfluxdbServer(version="3", databases_max=1, deleted_databases={"gone"}) as server:
        assert write(server, "") == (400, b"incoming write was empty")
        assert write(server, "x" * (10 * 2**20 + 1))[0] == 413
        assert write(server, "m v=1", V3.replace("city", "a.b"))[0] == 400
        assert write(server, "m v=1", V3.replace("city", "gone"))[0] == 500
        assert write(server, "m v=1")[0] == 204
        assert write(server, "m v=1", V3.replace("city", "more"))[0] == 422


def test_influxdb_client_finds_a_version_2_in_it() -> None:
    """A writer that is not ours, so that the server is not only what our sink expects."""
    with (
        InfluxdbServer(version="2", token="right") as server,
        InfluxDBClient(server.url, token="right", org="city") as client,
    ):
        api = client.write_api(write_options=SYNCHRONOUS)
        point = Point("m").tag("a b", "c,d").field("v", 1.5).field("s", 'x "y"').time(7)
        api.write("city", record=point)
        stored: dict[str, float | str] = {"v": 1.5, "s": 'x "y"'}
        assert server.points() == {("m", (("a b", "c,d"),), 7): stored}
        with pytest.raises(ApiException) as caught:
            api.write("city", record=Point("m").field("v", "text").time(8))
        assert caught.value.status == 422
        assert "field type conflict" in str(caught.value)
        assert client.ping()


def test_times_follow_the_precision() -> None:
    with InfluxdbServer(version="2") as server:
        write(server, "m v=1 7", V2.replace("=ns", "=s"))
        assert list(server.points()) == [("m", (), 7_000_000_000)]


def test_gzip_is_read_and_bad_gzip_refused() -> None:
    with InfluxdbServer(version="2") as server:
        packed = gzip.compress(b"m v=1 1")
        assert send(server.url, "POST", V2, packed, content_encoding="gzip")[0] == 204
        assert server.requests[-1].body == b"m v=1 1"
        for bad in (packed[:-3], b"plain", packed[:10] + b"\xff" * 9):
            assert send(server.url, "POST", V2, bad, content_encoding="gzip")[0] == 400


def test_faults_come_in_the_order_they_were_asked_for_and_only_on_writes() -> None:
    with InfluxdbServer(version="2") as server:
        server.fail_next(faults.overloaded(429, "7"), faults.proxy_page(502), faults.empty(401))
        assert send(server.url, "GET", "/ping")[0] == 204
        status, _, response = send(server.url, "POST", V2, b"m v=1 1")
        assert (status, response.getheader("Retry-After")) == (429, "7")
        assert write(server, "m v=1 1")[0] == 502
        assert write(server, "m v=1 1") == (401, b"")
        assert server.points() == {}
        assert write(server, "m v=1 1") == (204, b"")


def test_a_lost_answer_was_written_and_a_hang_up_was_not() -> None:
    with InfluxdbServer(version="3") as server:
        server.fail_next(faults.hang_up(), faults.answer_lost())
        for stored in (0, 1):
            with pytest.raises((RemoteDisconnected, ConnectionError)):
                write(server, "m v=1 1")
            assert len(server.points()) == stored


def test_a_standing_fault_lasts_until_it_is_mended() -> None:
    with InfluxdbServer(version="2") as server:
        server.fail_when(lambda request: b"v=2" in request.body, faults.internal_error())
        assert write(server, "m v=1 1")[0] == 204
        assert [write(server, "m v=2 1")[0] for _ in range(2)] == [500, 500]
        server.mend()
        assert write(server, "m v=2 1")[0] == 204


def test_a_restart_keeps_points_and_port() -> None:
    server = InfluxdbServer(version="2").start()
    url = server.url
    write(server, "m v=1 1")
    server.stop()
    with pytest.raises(ConnectionError):
        send(url, "GET", "/ping")
    with server:
        assert server.url == url
        assert len(server.points()) == 1


def test_stopping_ends_an_answer_that_is_held_back() -> None:
    server = InfluxdbServer(version="2").start()
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    server.fail_next(faults.slow(60))
    connection.request("POST", V2, b"m v=1 1")
    server.stop()
    with pytest.raises((RemoteDisconnected, ConnectionError)):
        connection.getresponse()
    connection.close()


@pytest.mark.parametrize(("version", "target", "scheme"), [("2", V2, "Token"), ("3", V3, "Bearer")])
def test_it_runs_as_a_process_and_shows_its_points(
    tmp_path: Path, version: str, target: str, scheme: str
) -> None:
    token = tmp_path / "token"
    token.write_text("secret\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "hil.simulators.influxdb_server", "--version", version,
         "--token-file", str(token)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert send(url, "POST", target, b"m,a=b v=1 5")[0] == 401
        authorization = f"{scheme} secret"
        assert send(url, "POST", target, b"m,a=b v=1 5", authorization=authorization)[0] == 204
        stored = json.loads(send(url, "GET", "/points")[1])
        point = {"measurement": "m", "tags": {"a": "b"}, "time": 5, "fields": {"v": 1.0}}
        assert stored == {"count": 1, "points": [point]}
    finally:
        process.terminate()
        with process:
            assert process.wait(10) == 0
