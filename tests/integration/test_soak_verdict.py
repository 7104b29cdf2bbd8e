"""Guards the judge of the soak, on a real InfluxDB: what is missing, twice, changed or foreign is found out."""

# ruff: noqa: S310 - the URL is loopback

import shutil
from base64 import b64encode
from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest

from hil.scenarios.soak.influx_server import DATABASE, WRITER, InfluxServer
from hil.scenarios.soak.truth import Book, Sent, Way
from hil.scenarios.soak.verdict import Verdict, compare
from hil.simulators.fleet import Fleet

NEAR, FAR = "02c17aff00000001", "02c17aff00000002"
SHIFT_NS = 10**6

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxServer]:
    if shutil.which("influxd") is None:
        pytest.skip("influxd is not installed: run scripts/setup --test")
    with InfluxServer(tmp_path_factory.mktemp("influxdb"), "secret") as one:
        yield one


@pytest.fixture
def influx(server: InfluxServer) -> InfluxServer:
    server.query(f'DROP DATABASE "{DATABASE}"')
    server.query(f'CREATE DATABASE "{DATABASE}"')
    server.query(f'GRANT WRITE ON "{DATABASE}" TO {WRITER}')
    return server


class Scene:
    """Three uplinks of one device, and what of them is written."""

    def __init__(self, influx: InfluxServer, way: Way = "gateways") -> None:
        (device,) = Fleet(1).devices
        self.name = device.identity.name
        self.book = Book("soak", {self.name: dict(device.identity.tags)})
        self._influx = influx
        for number in range(3):
            sent = self.book.note(
                device.speak(1_700_000_000.0 + number), way, (NEAR, FAR), timed=True
            )
            sent.owed |= {NEAR, FAR}

    def sent(self, f_cnt: int) -> Sent:
        return self.book.sent[self.name][f_cnt]

    def write(self, *f_cnts: int) -> "Scene":
        """What a gateway must write of these."""
        for f_cnt in f_cnts:
            self.write_data(f_cnt)
            self.write_link(f_cnt, NEAR)
            self.write_link(f_cnt, FAR)
        return self

    def write_data(self, f_cnt: int, shift_ns: int = 0, **other: float) -> None:
        one = self.sent(f_cnt)
        fields = dict(one.fields) | other
        assert one.time_ns is not None
        tags = "".join(f",{name}={text}" for name, text in one.tags)
        text = ",".join(f"{name}={value}" for name, value in fields.items())
        self._send(f"{one.measurement}{tags} {text} {one.time_ns + shift_ns}")

    def write_link(self, f_cnt: int, gateway: str, shift_ns: int = 0, device: str = "") -> None:
        one = self.sent(min(f_cnt, 2))
        assert one.time_ns is not None
        at = one.time_ns + shift_ns
        self._send(f"lora_link,device={device or self.name},gateway={gateway} f_cnt={f_cnt} {at}")

    def _send(self, line: str) -> None:
        url = f"http://127.0.0.1:{self._influx.port}/write?db={DATABASE}"
        request = Request(url, line.encode())
        pair = b64encode(f"{WRITER}:secret".encode()).decode()
        request.add_header("Authorization", f"Basic {pair}")
        urlopen(request, timeout=10).close()

    def verdict(self) -> Verdict:
        return compare(self.book, self._influx)


def test_everything_once_is_right(influx: InfluxServer) -> None:
    verdict = Scene(influx).write(0, 1, 2).verdict()
    assert verdict.complaints == []
    assert verdict.points == 9
    assert verdict.tallies["gateways"].there == 3


def test_a_frame_that_is_missing_is_found(influx: InfluxServer) -> None:
    verdict = Scene(influx).write(0, 2).verdict()
    assert verdict.tallies["gateways"].missing == 1
    assert "air-01 1 is missing" in verdict.complaints[0]


def test_a_link_that_is_missing_is_found(influx: InfluxServer) -> None:
    scene = Scene(influx).write(0, 1)
    scene.write_data(2)
    scene.write_link(2, NEAR)
    (complaint,) = scene.verdict().complaints
    assert FAR in complaint


def test_a_frame_over_udp_is_excused_only_while_it_was_closed(influx: InfluxServer) -> None:
    scene = Scene(influx, "roof").write(0, 1)
    assert scene.verdict().tallies["roof"].excused == 0
    scene.book.close("roof", scene.sent(2).at - 1)
    verdict = scene.verdict()
    assert verdict.tallies["roof"].excused == 1
    assert not verdict.complaints


def test_a_frame_that_is_there_twice_is_found(influx: InfluxServer) -> None:
    scene = Scene(influx).write(0, 1, 2)
    scene.write_data(1, SHIFT_NS)
    scene.write_link(1, NEAR, SHIFT_NS)
    assert scene.verdict().tallies["gateways"].twice == 1


def test_a_value_that_changed_is_found(influx: InfluxServer) -> None:
    scene = Scene(influx).write(0, 1, 2)
    scene.write_data(1, temperature_c=99.5)
    assert scene.verdict().tallies["gateways"].wrong == 1


def test_a_time_that_changed_is_found(influx: InfluxServer) -> None:
    scene = Scene(influx).write(0, 2)
    scene.write_data(1, SHIFT_NS)
    scene.write_link(1, NEAR, SHIFT_NS)
    scene.write_link(1, FAR, SHIFT_NS)
    assert scene.verdict().tallies["gateways"].wrong == 1


@pytest.mark.parametrize(("f_cnt", "device"), [(17, ""), (1, "nobody")])
def test_a_point_that_nobody_sent_is_found(influx: InfluxServer, f_cnt: int, device: str) -> None:
    scene = Scene(influx).write(0, 1, 2)
    scene.write_link(f_cnt, NEAR, 5 * SHIFT_NS, device)
    verdict = scene.verdict()
    assert verdict.strange == 1
    assert verdict.complaints
