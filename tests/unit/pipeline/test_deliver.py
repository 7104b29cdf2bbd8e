"""A sink's loop on a real store: what it may not lose, repeat out of order, or hammer a server with.

The sinks here are doubles of a server: they write down what they were offered and answer by a script.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest

from gateway.errors import Blocked, Unavailable
from gateway.health import Health
from gateway.model import Reading, Rejection, Verdict
from gateway.pipeline import deliver as deliver_module
from gateway.pipeline.deliver import Deliver
from gateway.store.accounts import SinkAccount, accounts
from gateway.store.outlet import Outlet
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

Answer = Verdict | Exception
ONE = who()
NODE = ONE.node()
PATIENCE_S = 5.0


class Server:
    """Takes everything, after the answers of its script."""

    name = "city"

    def __init__(self, *script: Answer, batch_lines: int = 100) -> None:
        self.health = Health("sink", self.name)
        self.batch_lines = batch_lines
        self.offered: list[list[float]] = []
        self.taken: list[float] = []
        self.deliver_loop: Deliver | None = None
        self.offered_at: list[float] = []
        self._script = list(script)

    def deliver(self, readings: Sequence[Reading]) -> Verdict:
        values = [float(one.values[0]) for one in readings]
        self.offered.append(values)
        self.offered_at.append(time.monotonic())
        answer = self._script.pop(0) if self._script else Verdict()
        if isinstance(answer, Exception):
            raise answer
        whole = min(answer.kept, default=len(values))
        gone = {rejection.index for rejection in answer.rejected}
        self.taken += [one for n, one in enumerate(values) if n < whole and n not in gone]
        return answer

    def close(self) -> None:
        self.health.stopped()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits that a test can sit through."""
    for name in ("RETRY_FIRST_S", "RETRY_MOST_S"):
        monkeypatch.setattr(deliver_module, name, 0.01)


def hear(bench: Bench, *values: int) -> None:
    for value in values:
        phy = NODE.uplink(value, AIR_PORT, air_report(value))
        bench.hear(heard_by(NEAR, START_S + value, phy, receptions=()))


@asynccontextmanager
async def delivering(
    bench: Bench, server: Server, linger_s: float = 0.01, probe_s: float = 0.01
) -> AsyncIterator[Outlet]:
    outlet = Outlet(bench.store, server.name, "all")
    deliver = Deliver(server, outlet, linger_s, probe_s)
    server.deliver_loop = deliver
    task = asyncio.create_task(deliver.run())
    try:
        yield outlet
    finally:
        deliver.stop()
        async with asyncio.timeout(PATIENCE_S):
            await task
        outlet.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.005)


async def account(bench: Bench) -> SinkAccount:
    bench.store.settled("city")
    await bench.close()
    reopened = Bench(bench.store.path, [])
    try:
        return accounts(reopened.store.connection).sinks["city"]
    finally:
        await reopened.close()


async def test_everything_is_delivered_in_order_and_new_readings_wake_the_loop(
    open_bench: Any,
) -> None:
    bench, server = open_bench(device_of(ONE)), Server()
    hear(bench, 1, 2)
    await bench.store.commit()
    async with delivering(bench, server):
        await until(lambda: server.taken == [1, 2])
        hear(bench, 3)
        await bench.store.commit()
        await until(lambda: server.taken == [1, 2, 3])
    found = await account(bench)
    assert (found.accepted, found.delivered, found.pending, found.balanced) == (3, 3, 0, True)


@pytest.mark.usefixtures("quick")
async def test_a_server_that_is_away_is_tried_again_with_the_same(open_bench: Any) -> None:
    bench = open_bench(device_of(ONE))
    server = Server(Unavailable("connection refused"), Unavailable("connection refused"))
    hear(bench, 1, 2)
    await bench.store.commit()
    async with delivering(bench, server):
        await until(lambda: server.taken == [1, 2])
    assert server.offered == [[1, 2]] * 3
    assert server.health.sentence == "connection refused"


@pytest.mark.usefixtures("quick")
async def test_a_server_is_not_asked_before_the_time_it_names(open_bench: Any) -> None:
    bench, server = open_bench(device_of(ONE)), Server(Unavailable("429", retry_after_s=0.3))
    hear(bench, 1)
    await bench.store.commit()
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with delivering(bench, server):
        await until(lambda: server.taken == [1])
    assert loop.time() - began >= 0.3


async def test_a_blocked_sink_is_probed_as_often_as_its_section_says(open_bench: Any) -> None:
    bench = open_bench(device_of(ONE))
    server = Server(*[Blocked("401 from the server", "renew influx.token")] * 3)
    hear(bench, 1)
    await bench.store.commit()
    async with delivering(bench, server, probe_s=0.2):
        await until(lambda: server.taken == [1])
    waits = [later - at for at, later in pairwise(server.offered_at)]
    assert len(waits) == 3
    assert all(wait >= 0.2 for wait in waits)


@pytest.mark.usefixtures("quick")
async def test_while_an_operator_is_waited_for_one_row_asks(open_bench: Any) -> None:
    bench = open_bench(device_of(ONE))
    server = Server(*[Blocked("401 from the server", "renew influx.token")] * 3, batch_lines=8)
    hear(bench, *range(1, 41))
    await bench.store.commit()
    async with delivering(bench, server):
        await until(lambda: server.taken == list(range(1, 41)))
    sizes = [len(batch) for batch in server.offered]
    assert sizes == [8, 1, 1, 1, 8, 8, 8, 8, 7]


@pytest.mark.usefixtures("quick")
async def test_after_an_outage_batches_grow_again(open_bench: Any) -> None:
    bench = open_bench(device_of(ONE))
    server = Server(*[Unavailable("connection refused")] * 3, batch_lines=8)
    hear(bench, *range(1, 41))
    await bench.store.commit()
    async with delivering(bench, server):
        await until(lambda: server.taken == list(range(1, 41)))
    assert [len(batch) for batch in server.offered] == [8, 4, 2, 1, 2, 4, 8, 8, 8, 8, 1]


class SlowLink(Server):
    """Nothing above so many readings gets through before the time-out."""

    def deliver(self, readings: Sequence[Reading]) -> Verdict:
        if len(readings) > 10:
            self.offered.append([])
            raise Unavailable("gives no answer in time")
        return super().deliver(readings)


@pytest.mark.usefixtures("quick")
async def test_a_link_too_slow_for_whole_batches_gets_on(open_bench: Any) -> None:
    bench, server = open_bench(device_of(ONE)), SlowLink(batch_lines=100)
    hear(bench, *range(1, 101))
    await bench.store.commit()
    async with delivering(bench, server):
        await until(lambda: server.taken == list(range(1, 101)))
    assert (await account(bench)).balanced


async def test_who_knows_that_an_obstacle_is_gone_ends_the_wait(open_bench: Any) -> None:
    bench = open_bench(device_of(ONE))
    server = Server(Unavailable("the clock is not set", retry_after_s=3600))
    hear(bench, 1)
    await bench.store.commit()
    async with delivering(bench, server):
        await until(lambda: server.health.state == "down")
        assert server.deliver_loop is not None
        server.deliver_loop.wake()
        await until(lambda: server.taken == [1])


async def test_a_backlog_is_taken_oldest_first_and_live_readings_follow_it(open_bench: Any) -> None:
    """Row 32: an outage's readings and those that come while it is drained, in the order they were heard."""
    bench, server = open_bench(device_of(ONE)), Server(batch_lines=50)
    hear(bench, *range(1, 1001))
    await bench.store.commit()
    async with delivering(bench, server):
        await until(lambda: len(server.taken) >= 100)
        assert server.deliver_loop is not None
        progress = server.deliver_loop.progress()
        for live in range(1001, 1021):
            hear(bench, live)
            await bench.store.commit()
        await until(lambda: len(server.taken) == 1020)
        await until(lambda: server.deliver_loop.progress()["time_left_s"] == 0.0)
    assert server.taken == list(range(1, 1021))
    assert [len(batch) for batch in server.offered[:20]] == [50] * 20, "whole batches, no pauses"
    assert progress["readings_per_s"] >= 50
    assert (await account(bench)).balanced


@pytest.mark.usefixtures("quick")
async def test_a_blocked_sink_keeps_everything_and_goes_on_by_itself(open_bench: Any) -> None:
    bench = open_bench(device_of(ONE))
    server = Server(*[Blocked("401 from the server", "renew influx.token")] * 3)
    hear(bench, 1)
    await bench.store.commit()
    async with delivering(bench, server):
        await until(lambda: server.health.state == "blocked")
        assert server.health.sentence == "401 from the server; renew influx.token"
        hear(bench, 2)
        await bench.store.commit()
        await until(lambda: server.taken == [1, 2])


async def test_a_blocked_sink_is_stopped_at_once(open_bench: Any) -> None:
    bench, server = open_bench(device_of(ONE)), Server(Blocked("401", "renew it"))
    hear(bench, 1)
    await bench.store.commit()
    async with delivering(bench, server, probe_s=60):
        await until(lambda: server.health.state == "blocked")
    assert server.offered == [[1]], "its wait of a minute was cut short"


async def test_what_is_kept_is_offered_again_in_order(open_bench: Any) -> None:
    bench, server = open_bench(device_of(ONE)), Server(Verdict(kept=(1,)), Verdict(kept=(1, 2)))
    hear(bench, 1, 2, 3, 4)
    await bench.store.commit()
    async with delivering(bench, server):
        await until(lambda: server.taken == [1, 2, 3, 4])
    assert server.offered == [[1, 2, 3, 4], [2, 3, 4], [3, 4]]
    assert (await account(bench)).balanced


async def test_a_sink_that_keeps_all_is_not_asked_without_pause(open_bench: Any) -> None:
    bench = open_bench(device_of(ONE))
    server = Server(*[Verdict(kept=(0,))] * 1000, batch_lines=2)
    hear(bench, *range(1, 9))
    await bench.store.commit()
    async with delivering(bench, server, linger_s=0.1):
        await until(lambda: len(server.offered) >= 2)
        await asyncio.sleep(0.35)
    assert len(server.offered) <= 7
    assert server.taken == []


async def test_rejected_readings_become_dead_letters_and_old_ones_expire(open_bench: Any) -> None:
    bench = open_bench(device_of(ONE))
    rejected = (
        Rejection(0, 400, "field type conflict"),
        Rejection(2, 422, "too old", expired=True),
    )
    server = Server(Verdict(rejected=rejected))
    hear(bench, 1, 2, 3)
    await bench.store.commit()
    async with delivering(bench, server):
        await until(lambda: server.taken == [2])
        await until(lambda: bench.store.positions["city"].high == 3)
    rows = bench.store.connection.execute("SELECT sink, seq, status, text FROM dead").fetchall()
    assert rows == [("city", 1, 400, "field type conflict")]
    found = await account(bench)
    assert (found.delivered, found.dead, found.expired, found.pending) == (1, 1, 1, 0)
    assert found.balanced


async def test_full_batches_do_not_wait_for_more(open_bench: Any) -> None:
    bench, server = open_bench(device_of(ONE)), Server(batch_lines=3)
    hear(bench, *range(1, 11))
    await bench.store.commit()
    async with delivering(bench, server, linger_s=PATIENCE_S * 2):
        await until(lambda: len(server.taken) >= 9)
    assert server.taken == list(range(1, 1 + len(server.taken)))
    assert all(len(batch) <= 3 for batch in server.offered)


async def test_stop_ends_a_loop_that_waits_for_readings(open_bench: Any) -> None:
    bench, server = open_bench(device_of(ONE)), Server()
    async with delivering(bench, server):
        await asyncio.sleep(0)
    assert server.offered == []
