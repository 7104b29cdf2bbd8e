"""When held readings are let go, on a real store with a clock the test sets: right times, flags, dead letters.

Rows 14 and 16 of docs/reliability.md. What a restamped reading looks like in detail: test_interpret_clock.py.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from gateway.health import Health
from gateway.model import Frame, Reading, Stamp, Verdict
from gateway.pipeline import release as release_module
from gateway.pipeline.deliver import Deliver
from gateway.pipeline.release import Release
from gateway.pipeline.untimed import TimedOnly
from gateway.store import recovery
from gateway.store.accounts import SinkAccount, accounts
from gateway.store.outlet import Outlet
from tests.pipeline_bench import (
    AIR_PORT,
    NEAR,
    START_S,
    Bench,
    Row,
    air_report,
    device_of,
    heard_by,
    stamp,
    who,
)  # fmt: skip

OpenBench = Callable[..., Bench]
ONE = who()
NODE = ONE.node()
OFF_S = -400 * 86400.0
WAIT_S = 3600.0


def unset(at_s: float) -> Stamp:
    return stamp(START_S + at_s, trusted=False, off_s=OFF_S)


def early(f_cnt: int, at_s: float, off_s: float = OFF_S, **more: Any) -> Frame:
    """Heard while the clock was behind, by more than a year if nothing else is said."""
    phy = NODE.uplink(f_cnt, AIR_PORT, air_report(f_cnt))
    received = stamp(START_S + at_s, trusted=False, off_s=off_s)
    return heard_by(NEAR, START_S + at_s, phy, received=received, receptions=(), **more)


def release_of(bench: Bench) -> Release:
    store = bench.store
    return Release(
        store, bench.interpreter, WAIT_S, partial(store.read, recovery.held, store.tables)
    )


async def replacements(bench: Bench) -> dict[int | None, Row]:
    return {row.record.about: row for row in await bench.rows() if row.outcome == "stamped"}


class City:
    """A sink that takes everything."""

    name = "city"
    batch_lines = 100

    def __init__(self) -> None:
        self.health = Health("sink", self.name)
        self.taken: list[Reading] = []

    def deliver(self, readings: Sequence[Reading]) -> Verdict:
        self.taken += readings
        return Verdict()

    def close(self) -> None:
        self.health.stopped()


async def deliver_all(bench: Bench, sink: Any) -> None:
    outlet = Outlet(bench.store, sink.name, "all")
    loop = Deliver(sink, outlet, 0.0)
    task = asyncio.create_task(loop.run())
    async with asyncio.timeout(5):
        while outlet.behind:
            await asyncio.sleep(0.005)
        loop.stop()
        await task
    outlet.close()


async def account(bench: Bench) -> SinkAccount:
    bench.store.settled("city")
    await bench.close()
    reopened = Bench(bench.store.path, [])
    try:
        return accounts(reopened.store.connection).sinks["city"]
    finally:
        await reopened.close()


async def test_nothing_is_let_go_while_the_clock_may_still_be_set(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE))
    bench.hear(early(1, 10))
    await bench.store.commit()
    for at_s in (10.0, 1000.0, 10 + WAIT_S - 1):
        assert not await release_of(bench).step(unset(at_s))
    assert await replacements(bench) == {}


async def test_a_clock_set_in_the_same_boot_gives_the_right_times(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE))
    bench.hear(early(1, 10), early(2, 500))
    await bench.store.commit()
    await release_of(bench).step(stamp(START_S + 3000))
    assert [row.times_s() for row in (await replacements(bench)).values()] == [
        [START_S + 10],
        [START_S + 500],
    ]
    assert bench.store.hold_low is None


@pytest.mark.parametrize("live", [True, False])
async def test_a_forwarder_on_this_machine_shares_its_wrong_clock_and_is_not_taken_for_a_queue(
    open_bench: OpenBench, live: bool
) -> None:
    """A night without power: both stamp with yesterday, and yesterday is within `backfill_max`."""
    bench = open_bench(device_of(ONE))
    yesterday_s = -86400.0
    own_ns = round((START_S + 9.8 + yesterday_s) * 1e9)
    waited_ns = round((START_S - 7000) * 1e9)
    bench.hear(
        early(1, 10, yesterday_s, gateway_time_ns=own_ns, live=live),
        early(2, 20, yesterday_s, gateway_time_ns=waited_ns, live=False),
    )
    await bench.store.commit()
    await release_of(bench).step(stamp(START_S + 90))
    first, second = (await replacements(bench)).values()
    assert first.times_s() == [START_S + 10]
    assert second.times_s() == [START_S - 7000], "another gateway's queue is still one"
    assert bench.clocks.disbelieved == {}


async def test_after_the_wait_the_time_goes_out_with_a_flag(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE))
    bench.hear(early(1, 10), early(2, 500))
    await bench.store.commit()
    await release_of(bench).step(unset(10 + WAIT_S))
    made = await replacements(bench)
    assert list(made) == [1], "the second may still get its time"
    (fields,) = made[1].fields("air_quality")
    assert fields == {"pm1_0_ug_m3": 1.0, "time_untrusted": True}
    assert made[1].times_s() == [START_S + 10 + OFF_S]


@pytest.mark.parametrize("trusted", [True, False])
async def test_rows_of_an_earlier_boot_are_flagged_whatever_this_clock_says(
    open_bench: OpenBench, trusted: bool
) -> None:
    bench = open_bench(device_of(ONE))
    bench.hear(early(1, 10))
    await bench.store.commit()
    bench.store.begin_boot("c" * 32)
    await release_of(bench).step(stamp(START_S + 20, trusted=trusted))
    ((row),) = (await replacements(bench)).values()
    assert row.fields("air_quality")[0]["time_untrusted"] is True


async def test_a_boot_time_clock_that_ran_backwards_is_another_boot(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE))
    bench.hear(early(1, 500))
    await bench.store.commit()
    await release_of(bench).step(stamp(START_S + 100))
    ((row),) = (await replacements(bench)).values()
    assert row.fields("air_quality")[0]["time_untrusted"] is True


async def test_a_device_taken_out_meanwhile_keeps_its_readings_with_their_right_times(
    open_bench: OpenBench,
) -> None:
    bench = open_bench(device_of(ONE))
    bench.hear(early(1, 10))
    await bench.rows()
    await bench.close()
    bench = open_bench()
    await release_of(bench).step(stamp(START_S + 90))
    ((row),) = (await replacements(bench)).values()
    assert row.times_s() == [START_S + 10]
    assert row.fields("air_quality") == [{"pm1_0_ug_m3": 1.0}]


async def test_many_are_let_go_a_few_at_once(
    open_bench: OpenBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release_module, "HELD_AT_ONCE", 3)
    bench = open_bench(device_of(ONE))
    bench.hear(*(early(n, n) for n in range(1, 8)))
    await bench.store.commit()
    steps = [await release_of(bench).step(stamp(START_S + 90)) for _ in range(3)]
    assert steps == [True, True, False]
    assert [row.times_s()[0] - START_S for row in (await replacements(bench)).values()] == [
        *range(1, 8)
    ]


async def test_dead_letters_of_a_clock_that_was_never_set_keep_the_sum(
    open_bench: OpenBench,
) -> None:
    bench, city = open_bench(device_of(ONE)), City()
    bench.hear(*(early(n, n) for n in (1, 2, 3)))
    await bench.store.commit()
    await release_of(bench).step(unset(2 + WAIT_S))
    phy = NODE.uplink(9, AIR_PORT, air_report(9))
    bench.hear(heard_by(NEAR, START_S + 5000, phy, receptions=()))
    await bench.store.commit()
    await deliver_all(bench, TimedOnly(city))
    rows = bench.store.connection.execute("SELECT sink, status, text, time FROM dead").fetchall()
    assert [reading.values[0] for reading in city.taken] == [9.0]
    assert [(sink, status, text[:12]) for sink, status, text, _ in rows] == [
        ("city", 0, "clock_never:")
    ] * 2
    assert [time / 1e9 - START_S - OFF_S for *_, time in rows] == [1, 2]
    found = await account(bench)
    assert (found.accepted, found.delivered, found.dead, found.superseded, found.held) == (
        6, 1, 2, 2, 1,
    )  # fmt: skip
    assert found.balanced


async def test_send_flagged_sends_them_to_the_sink(open_bench: OpenBench) -> None:
    bench, city = open_bench(device_of(ONE)), City()
    bench.hear(early(1, 1))
    await bench.store.commit()
    await release_of(bench).step(unset(1 + WAIT_S))
    await deliver_all(bench, city)
    assert [(one.series.fields, one.values) for one in city.taken] == [
        (("pm1_0_ug_m3", "time_untrusted"), (1.0, True))
    ]
    assert (await account(bench)).balanced
