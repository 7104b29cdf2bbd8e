"""Frame counters on their way to disk: flushed a few at a time, complete after any stop, never a blocked start."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.pipeline import sessions as sessions_module
from gateway.pipeline.sessions import SESSIONS_AT_ONCE
from gateway.store import recovery
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

OpenBench = Callable[..., Bench]
ONE = who()


def hear(bench: Bench, *f_cnts: int, number: int = 1) -> list[str]:
    node = who(number).node()
    frames = [(n, node.uplink(n, AIR_PORT, air_report(n % 1000))) for n in f_cnts]
    return bench.hear(*(heard_by(NEAR, START_S + n, phy) for n, phy in frames))


def flushed(bench: Bench) -> list[int]:
    return [state.flushed for state in recovery.sessions(bench.store.connection) if state.state]


async def test_nothing_is_flushed_before_enough_rows_have_come(
    open_bench: OpenBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions_module, "FLUSH_ROWS", 3)
    bench = open_bench(device_of(ONE))
    for n in (1, 2):
        hear(bench, n)
        bench.book.flush_some()
    await bench.store.commit()
    assert flushed(bench) == []
    hear(bench, 3)
    bench.book.flush_some()
    assert bench.book.flushed == 0, "not before the commit"
    await bench.store.commit()
    bench.book.committed()
    assert flushed(bench) == [3]
    assert bench.book.flushed == 3


async def test_a_fleet_is_flushed_a_few_sessions_at_a_time(open_bench: OpenBench) -> None:
    count = SESSIONS_AT_ONCE * 2 + 10
    bench = open_bench(*(device_of(who(n)) for n in range(1, count + 1)))
    for number in range(1, count + 1):
        hear(bench, 1, number=number)
    bench.book.begin_round()
    done = []
    for _ in range(3):
        bench.book.flush_some()
        await bench.store.commit()
        bench.book.committed()
        done.append((len(flushed(bench)), bench.book.flushed))
    assert done == [(50, 0), (100, 0), (count, count)]


async def test_a_round_without_changes_moves_on_by_itself(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE))
    bench.hear(heard_by(NEAR, START_S, b"\x40" + bytes(12)))
    bench.book.begin_round()
    await bench.store.commit()
    bench.book.committed()
    assert bench.book.flushed == 1


async def test_frames_between_the_flushes_of_a_round_are_not_lost(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE))
    hear(bench, 1, 2)
    bench.book.begin_round()
    hear(bench, 3)
    bench.book.flush_some()
    hear(bench, 4)
    await bench.close(flush=False)
    bench = open_bench(device_of(ONE))
    assert hear(bench, 5, 4, 3) == ["uplink", "redelivered", "redelivered"]
    (session,) = bench.lorawan.sessions()
    assert session.newest == 5


async def test_a_damaged_snapshot_costs_only_what_was_flushed(
    open_bench: OpenBench, caplog: Any
) -> None:
    bench = open_bench(device_of(ONE))
    hear(bench, 70_001)
    bench.book.flush_all()
    hear(bench, 70_002)
    await bench.close(flush=False)
    bench = open_bench()
    await bench.store.read(lambda c: c.execute("UPDATE session SET state = x'FF00FF'").fetchall())
    await bench.close(flush=False)
    bench = open_bench(device_of(ONE))
    assert "damaged_session" in caplog.text
    assert "device=air-01" in caplog.text
    (session,) = bench.lorawan.sessions()
    assert session.newest == 70_002, "learned from the row after the flush"
    assert hear(bench, 70_003) == ["uplink"]


async def test_sessions_of_devices_that_are_gone_are_left_alone(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE), device_of(who(2)))
    hear(bench, 7)
    hear(bench, 8, number=2)
    await bench.close()
    bench = open_bench(device_of(who(2)))
    (session,) = bench.lorawan.sessions()
    assert (session.device, session.newest) == ("air-02", 8)
    await bench.close()
    bench = open_bench(device_of(ONE), device_of(who(2)))
    assert sorted((one.device, one.newest) for one in bench.lorawan.sessions()) == [
        ("air-01", 7), ("air-02", 8),
    ]  # fmt: skip
