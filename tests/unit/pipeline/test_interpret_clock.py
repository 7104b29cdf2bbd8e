"""Without a trusted clock readings wait, and get the times they should have had; copies go with their uplink."""

from collections.abc import Callable
from typing import Any

from gateway.model import Frame, Reception, Stamp
from gateway.pipeline.held import corrected, flagged
from gateway.store import recovery
from tests.pipeline_bench import (
    AIR_PORT,
    FAR,
    NEAR,
    START_S,
    Bench,
    air_report,
    device_of,
    event_of,
    heard_by,
    stamp,
    stored_air,
    who,
)

OpenBench = Callable[..., Bench]
ONE = who()
NODE = ONE.node()
OFF_S = -400 * 86400.0
"""How wrong the wall clock is until it is set."""


def unset(at_s: float) -> Stamp:
    return stamp(START_S + at_s, trusted=False, off_s=OFF_S)


def early(
    f_cnt: int, at_s: float, payload: bytes = b"", f_port: int = AIR_PORT, **more: Any
) -> Frame:
    """Heard while the clock was wrong."""
    phy = NODE.uplink(f_cnt, f_port, payload or air_report(f_cnt))
    receiver = more.pop("receiver", NEAR)
    return heard_by(receiver, START_S + at_s, phy, received=unset(at_s), **more)


async def release(bench: Bench, now: Stamp) -> dict[int, Any]:
    """What the daemon does once the clock is set; the rows that replace held ones, by those."""
    await bench.rows()
    made = {}
    for seq, _, record in recovery.held(bench.store.connection, bench.store.tables, 500):
        replacement = bench.interpreter.restamped(seq, record, corrected(record, now))
        bench.store.add(replacement or flagged(record, seq))
        bench.store.released(seq)
    for row in await bench.rows():
        if row.outcome == "stamped":
            made[row.record.about] = row
    return made


async def test_a_held_uplink_gets_the_time_it_was_received(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE))
    assert bench.hear(early(1, 10)) == ["uplink"]
    (row,) = await bench.rows()
    assert row.record.held
    assert row.times_s() == [START_S + 10 + OFF_S] * 2
    made = await release(bench, stamp(START_S + 90))
    assert made[row.seq].times_s() == [START_S + 10] * 2
    assert made[row.seq].fields("air_quality") == row.fields("air_quality")
    assert made[row.seq].fields("lora_link") == row.fields("lora_link")
    assert not made[row.seq].record.held


async def test_a_gateways_time_is_judged_by_the_clock_that_is_set(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE))
    good, wrong = ((START_S + s) * 10**9 for s in (9, 5000))
    bench.hear(early(1, 10, gateway_time_ns=good), early(2, 20, gateway_time_ns=wrong))
    made = await release(bench, stamp(START_S + 90))
    assert [row.times_s()[0] - START_S for row in made.values()] == [9, 20]
    assert bench.clocks.disbelieved == {NEAR.eui: 4980.0}


async def test_stored_samples_are_judged_only_once_the_clock_is_set(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE))
    samples = stored_air(START_S - 600, 300, 1.0, 2.0)
    ahead = stored_air(START_S + 86400, 300, 3.0)
    bench.hear(early(1, 10, samples, AIR_PORT + 1), early(2, 20, ahead, AIR_PORT + 1))
    rows = await bench.rows()
    assert [row.outcome for row in rows] == ["uplink", "uplink"], "held, not refused"
    made = await release(bench, stamp(START_S + 90))
    assert made[rows[0].seq].times_s() == [START_S - 600, START_S - 300, START_S + 10]
    assert made[rows[1].seq].fields("air_quality") == []
    assert made[rows[1].seq].times_s() == [START_S + 20], "the link reading stays"
    assert made[rows[1].seq].record.sentence


async def test_a_copy_waits_with_its_uplink_and_gets_its_time(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE))
    assert bench.hear(early(1, 10), early(1, 10.3, receiver=FAR)) == ["uplink", "repeated"]
    first, copy = await bench.rows()
    assert copy.record.held
    made = await release(bench, stamp(START_S + 90))
    assert made[first.seq].times_s() == [START_S + 10] * 2
    assert made[copy.seq].times_s() == [START_S + 10]


async def test_a_copy_heard_between_setting_and_release_waits_as_well(
    open_bench: OpenBench,
) -> None:
    bench = open_bench(device_of(ONE))
    phy = NODE.uplink(1, AIR_PORT, air_report(1))
    assert bench.hear(early(1, 10), heard_by(FAR, START_S + 10.3, phy)) == ["uplink", "repeated"]
    _, copy = await bench.rows()
    assert copy.record.held, "else it would go out with the provisional time"
    made = await release(bench, stamp(START_S + 90))
    assert made[copy.seq].times_s() == [START_S + 10]


async def test_a_copy_after_the_release_has_the_right_time_at_once(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE))
    bench.hear(early(1, 10))
    await release(bench, stamp(START_S + 90))
    phy = NODE.uplink(1, AIR_PORT, air_report(1))
    assert bench.hear(heard_by(FAR, START_S + 95, phy)) == ["repeated"]
    last = (await bench.rows())[-1]
    assert not last.record.held
    assert last.times_s() == [START_S + 10]


async def test_uplinks_of_one_moment_are_moved_apart_again(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE))
    bench.hear(early(1, 10, receptions=()), early(2, 10, receptions=()))
    made = await release(bench, stamp(START_S + 90))
    assert [round(row.times_s()[0] - START_S, 3) for row in made.values()] == [10, 10.001]


async def test_events_and_decoders_refusals_are_held_like_frames(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE))
    receptions = (Reception(NEAR.eui, 0, -80, 7.5),)
    event = event_of(ONE, 9, air_report(9), START_S, received=unset(30), receptions=receptions)
    assert bench.hear(early(1, 10, b"\x09"), event) == ["unknown_layout", "uplink"]
    refused, told = await bench.rows()
    made = await release(bench, stamp(START_S + 90))
    assert made[refused.seq].times_s() == [START_S + 10]
    assert made[refused.seq].record.sentence == refused.record.sentence
    assert made[told.seq].times_s() == [START_S + 30] * 2


async def test_a_device_that_is_no_longer_configured_cannot_be_restamped(
    open_bench: OpenBench,
) -> None:
    bench = open_bench(device_of(ONE))
    bench.hear(early(1, 10))
    await bench.rows()
    await bench.close()
    bench = open_bench()
    ((seq, _, record),) = recovery.held(bench.store.connection, bench.store.tables, 500)
    assert bench.interpreter.restamped(seq, record, stamp(START_S + 10)) is None


async def test_frames_of_a_recording_do_not_wait(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE))
    old_s = START_S - 40 * 86400
    bench.hear(early(1, 10, recorded=True, live=False, gateway_time_ns=old_s * 10**9))
    (row,) = await bench.rows()
    assert not row.record.held
    assert row.times_s() == [old_s] * 2
