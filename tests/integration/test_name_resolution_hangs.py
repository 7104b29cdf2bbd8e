"""DNS that answers nobody, as at boot before the network: row 30. Others go on, and the end is not held up.

`getaddrinfo` knows no time-out. Here it hangs for one name until the test lets it go, and is real for others.
"""

import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.pipeline.deliver import Deliver
from gateway.sinks.influxdb.config import InfluxdbSection
from gateway.sinks.influxdb.sink import InfluxdbSink
from gateway.sources.mqtt.config import MqttSection
from gateway.sources.mqtt.source import MqttSource
from gateway.store.outlet import Outlet
from tests.http_peer import NO_CONTENT, peer, says
from tests.mqtt_gateway import Held, MachineClock
from tests.pipeline_bench import (
    AIR_PORT,
    NEAR,
    START_S,
    Bench,
    air_report,
    device_of,
    heard_by,
    who,
)

HANGING = "database.example"
PATIENCE_S = 20.0
PING = b"HTTP/1.1 204 No Content\r\nX-Influxdb-Version: 1.8.10\r\n\r\n"


class Resolver:
    """The system's, but for one name."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = 0
        self.answers = threading.Event()
        real = socket.getaddrinfo

        def resolve(host: Any, *more: Any, **keys: Any) -> Any:
            if host == HANGING:
                self.asked += 1
                self.answers.wait(PATIENCE_S)
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
            return real(host, *more, **keys)

        monkeypatch.setattr(socket, "getaddrinfo", resolve)


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    made = Resolver(monkeypatch)
    yield made
    made.answers.set()


def sink_to(host: str, port: int, name: str) -> InfluxdbSink:
    return InfluxdbSink(InfluxdbSection(url=f"http://{host}:{port}", database="city"), name)


async def test_other_sinks_commits_and_the_end_do_not_wait_for_a_name(
    tmp_path: Path, resolver: Resolver
) -> None:
    one = who()
    bench = Bench(tmp_path / "store.db", [device_of(one)])
    broker = MqttSource(
        MqttSection.model_validate({"url": f"mqtt://{HANGING}", "client_id": "kk-01"}), "roof"
    )
    with peer(says(PING, *[NO_CONTENT] * 20)) as port:
        sinks = [sink_to(HANGING, 8086, "away"), sink_to("127.0.0.1", port, "here")]
        outlets = [Outlet(bench.store, sink.name, "all") for sink in sinks]
        loops = [Deliver(sink, outlet, 0.0) for sink, outlet in zip(sinks, outlets, strict=True)]
        tasks = [asyncio.create_task(loop.run()) for loop in loops]
        receiving = asyncio.create_task(broker.run(Held(), MachineClock()))
        async with asyncio.timeout(PATIENCE_S):
            for number in range(1, 11):
                phy = one.node().uplink(number, AIR_PORT, air_report(number))
                bench.hear(heard_by(NEAR, START_S + number, phy, receptions=()))
                await bench.store.commit()
                while outlets[1].pending:
                    await asyncio.sleep(0.005)
            while resolver.asked < 2:
                await asyncio.sleep(0.005)
        delivered = outlets[1].position.delivered
        waiting = outlets[0].pending
        for loop in loops:
            loop.stop()
        for sink in sinks:
            sink.close()
        receiving.cancel()
        done, late = await asyncio.wait([*tasks, receiving], timeout=1.0)
        for task in late:
            task.cancel()
        for outlet in outlets:
            outlet.close()
        await bench.close()
    assert (delivered, waiting) == (10, 10)
    assert {tasks[1], receiving} <= done
    assert not resolver.answers.is_set(), "nobody has waited for the name"


async def test_a_name_that_is_known_later_is_reached_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = who()
    bench = Bench(tmp_path / "store.db", [device_of(one)])
    phy = one.node().uplink(1, AIR_PORT, air_report(1))
    bench.hear(heard_by(NEAR, START_S, phy, receptions=()))
    await bench.store.commit()
    known = threading.Event()
    real = socket.getaddrinfo

    def resolve(host: Any, *more: Any, **keys: Any) -> Any:
        if host == HANGING and not known.is_set():
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return real("127.0.0.1" if host == HANGING else host, *more, **keys)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with peer(says(PING, NO_CONTENT)) as port:
        sink, outlet = sink_to(HANGING, port, "city"), Outlet(bench.store, "city", "all")
        loop = Deliver(sink, outlet, 0.0)
        task = asyncio.create_task(loop.run())
        async with asyncio.timeout(PATIENCE_S):
            while sink.health.state != "down":
                await asyncio.sleep(0.005)
            told = sink.health.sentence
            known.set()
            while outlet.pending:
                await asyncio.sleep(0.005)
        loop.stop()
        await task
        sink.close()
        outlet.close()
        await bench.close()
    assert "name that is not resolved" in told
