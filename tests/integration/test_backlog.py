"""A backlog drained into a real InfluxDB while readings go on coming: row 32. Oldest first, at the server's speed.

Readings come at 50 frames a second all the while. They are delivered behind the backlog, in the order of their
device, and soon, for it is drained at many times that. BACKLOG_ROWS=300000 measures a week of 500 devices.
"""

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway.health import Health
from gateway.model import Reading, Verdict
from gateway.pipeline.deliver import Deliver
from gateway.sinks.influxdb.config import InfluxdbSection
from gateway.sinks.influxdb.sink import InfluxdbSink
from gateway.store.outlet import Outlet
from gateway.store.store import Store
from tests.influx_fixtures import Influxd
from tests.store_bench import balanced, close, fill, opened, put, record

ROWS = int(os.environ.get("BACKLOG_ROWS", "10000"))
LIVE_ROWS, LIVE_PAUSE_S = 100, 0.02
PATIENCE_S = 30.0 + ROWS / 500


class Watched:
    """The sink, and in which order rows reached it."""

    def __init__(self, sink: InfluxdbSink) -> None:
        self.name, self.health, self.batch_lines = sink.name, sink.health, sink.batch_lines
        self.seqs: list[int] = []
        self.sizes: list[int] = []
        self._sink = sink

    health: Health

    def deliver(self, readings: Sequence[Reading]) -> Verdict:
        verdict = self._sink.deliver(readings)
        self.seqs += [one.seq for one in readings]
        self.sizes.append(len(readings))
        return verdict

    def close(self) -> None:
        self._sink.close()


async def live(store: Store, first: int) -> None:
    for number in range(first, first + LIVE_ROWS):
        put(store, record(number, device=f"air-{number % 50:02}"))
        await store.commit()
        await asyncio.sleep(LIVE_PAUSE_S)


@pytest.mark.real
async def test_live_readings_follow_a_backlog_that_is_drained_oldest_first(
    tmp_path: Path, influxd: Influxd, influx_database: str
) -> None:
    store = opened(tmp_path / "store.db", size_max=4 << 30)
    for first in range(0, ROWS, 5000):
        await fill(store, range(first, min(first + 5000, ROWS)), per_commit=500)
    sink = Watched(InfluxdbSink(InfluxdbSection(url=influxd.url, database=influx_database), "city"))
    outlet = Outlet(store, "city", "all")
    deliver = Deliver(sink, outlet)
    begun = time.monotonic()
    delivering = asyncio.create_task(deliver.run())
    hearing = asyncio.create_task(live(store, ROWS))
    drained_s = middle = None
    async with asyncio.timeout(PATIENCE_S):
        while not hearing.done() or outlet.pending:
            if drained_s is None and outlet.position.high >= ROWS:
                drained_s = time.monotonic() - begun
            elif drained_s is None and outlet.position.high > ROWS // 2:
                middle = deliver.progress()
            await asyncio.sleep(0.005)
    deliver.stop()
    await delivering
    sink.close()
    outlet.close()
    await close(store)

    readings = 2 * (ROWS + LIVE_ROWS)
    assert sink.seqs == sorted(sink.seqs), (
        "rows in the order in which they were heard, live ones too"
    )
    assert len(sink.seqs) == readings
    assert sum(size == sink.batch_lines for size in sink.sizes) >= 2 * ROWS // sink.batch_lines - 1
    (counted,) = influxd.rows("SELECT count(number) FROM air", influx_database)
    assert counted["count"] == ROWS + LIVE_ROWS
    account = balanced(tmp_path / "store.db").sinks["city"]
    assert (account.delivered, account.pending) == (readings, 0)
    assert drained_s is not None
    print(
        f"{2 * ROWS} readings in {drained_s:.1f} s, {2 * ROWS / drained_s:.0f}/s; half way: {middle}"
    )
