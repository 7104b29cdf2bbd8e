"""TLS on a machine whose clock is not set: it is the clock that is reported, and all goes on by itself. Row 17.

The servers are a real Mosquitto and a TLS server for the sink; their certificates begin in a few seconds, which is
to this machine as if its clock were behind and then set.
"""

import asyncio
import datetime
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gateway.pipeline.deliver import Deliver
from gateway.sinks.influxdb.config import InfluxdbSection
from gateway.sinks.influxdb.sink import InfluxdbSink
from gateway.store.outlet import Outlet
from tests.http_peer import Authority, MachineClock
from tests.mosquitto_fixtures import Mosquitto
from tests.mqtt_gateway import TOPIC, Running, frame, in_thread
from tests.pipeline_bench import (
    AIR_PORT,
    NEAR,
    START_S,
    Bench,
    air_report,
    device_of,
    heard_by,
    who,
)  # fmt: skip

BEGINS_S = 4
PATIENCE_S = 30.0
AN_HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def not_yet_valid(authority: Authority) -> Path:
    return authority.server_file(datetime.timedelta(seconds=BEGINS_S), AN_HOUR)


@pytest.mark.real
async def test_a_broker_is_reached_once_the_clock_is_set(
    run_source: Callable[..., Running],
    start_mosquitto: Callable[..., Mosquitto],
    authority: Authority,
) -> None:
    pem = not_yet_valid(authority)
    broker = start_mosquitto(lines=["allow_anonymous true", f"certfile {pem}", f"keyfile {pem}"])
    running = run_source(f"mqtts://127.0.0.1:{broker.port}", ca_file=authority.ca_file)
    running.clock.trusted = False
    await running.until(lambda: running.health.state == "down", "down")
    told = running.health.sentence
    assert "cannot be checked until the clock of this machine is set" in told
    assert "certificate" not in told
    await running.up()
    tls = {"ca_certs": str(authority.ca_file)}
    await in_thread(publish_by_tls, broker, frame(7), tls)
    await running.heard(7)


def publish_by_tls(broker: Mosquitto, payload: bytes, tls: dict[str, str]) -> None:
    from paho.mqtt import publish

    publish.single(TOPIC, payload, 1, hostname="127.0.0.1", port=broker.port, tls=tls)  # type: ignore[arg-type]


@pytest.mark.real
async def test_a_broker_whose_certificate_has_expired_is_for_its_owner_once_the_clock_is_trusted(
    run_source: Callable[..., Running],
    start_mosquitto: Callable[..., Mosquitto],
    authority: Authority,
) -> None:
    pem = authority.server_file(-2 * AN_HOUR, -AN_HOUR)
    broker = start_mosquitto(lines=["allow_anonymous true", f"certfile {pem}", f"keyfile {pem}"])
    running = run_source(f"mqtts://127.0.0.1:{broker.port}", ca_file=authority.ca_file)
    await running.until(lambda: running.health.state == "blocked", "blocked")
    assert "has expired" in running.health.sentence
    assert "renew" in running.health.sentence
    running.clock.trusted = False
    await running.until(lambda: running.health.state == "down", "down")
    assert "certificate" not in running.health.sentence


class Database(BaseHTTPRequestHandler):
    """InfluxDB 1 as far as a write needs it."""

    protocol_version = "HTTP/1.1"
    lines: list[bytes]

    def do_GET(self) -> None:
        self._no_content()

    def do_POST(self) -> None:
        self.lines += self.rfile.read(int(self.headers["Content-Length"])).splitlines()
        self._no_content()

    def _no_content(self) -> None:
        self.send_response(204)
        self.send_header("X-Influxdb-Version", "1.8.10")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def database(pem: Path) -> Iterator[tuple[str, list[bytes]]]:
    """A TLS server; its address and the lines it was sent."""
    lines: list[bytes] = []
    handler = type("Lines", (Database,), {"lines": lines})
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    class Server(ThreadingHTTPServer):
        def finish_request(self, request: object, client_address: object) -> None:
            with context.wrap_socket(request, server_side=True) as wrapped:  # type: ignore[call-overload]
                super().finish_request(wrapped, client_address)  # type: ignore[arg-type]

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that does not believe the certificate hangs up."""

    with Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_address[1]}", lines
        finally:
            server.shutdown()
            thread.join()


async def test_a_database_is_written_to_at_once_when_the_clock_is_set(
    tmp_path: Path, authority: Authority
) -> None:
    clock = MachineClock(trusted=False)
    bench = Bench(tmp_path / "store.db", [device_of(who())])
    phy = who().node().uplink(1, AIR_PORT, air_report(1))
    bench.hear(heard_by(NEAR, START_S, phy, receptions=()))
    await bench.store.commit()
    with database(not_yet_valid(authority)) as (url, lines):
        section = InfluxdbSection(url=url, database="city", ca_file=authority.ca_file)
        sink = InfluxdbSink(section, "city", None, clock)
        outlet = Outlet(bench.store, "city", "all")
        deliver = Deliver(sink, outlet, 0.0)
        task = asyncio.create_task(deliver.run())
        try:
            async with asyncio.timeout(PATIENCE_S):
                while sink.health.state != "down":
                    await asyncio.sleep(0.01)
                told = sink.health.sentence
                await asyncio.sleep(BEGINS_S)
                clock.trusted = True
                deliver.wake()
                while not lines:
                    await asyncio.sleep(0.01)
        finally:
            deliver.stop()
            await task
            sink.close()
            outlet.close()
            await bench.close()
    assert "cannot be checked until the clock of this machine is set" in told
    assert "certificate" not in told
    assert [line.split(b",")[0] for line in lines] == [b"air_quality"]
