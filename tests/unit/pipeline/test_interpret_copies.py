"""One transmission is one uplink, however often and through whichever way it comes; the rest is said loudly."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.model import Reception
from gateway.pipeline.interpret import RECEPTIONS_MAX
from hil.simulators.air import Receiver
from tests.pipeline_bench import (
    AIR_PORT,
    FAR,
    NEAR,
    START_S,
    Bench,
    Row,
    air_report,
    device_of,
    event_of,
    heard_by,
    who,
)

OpenBench = Callable[..., Bench]
ONE = who()
NODE = ONE.node()
PHY = NODE.uplink(1, AIR_PORT, air_report())


def links(rows: list[Row]) -> list[tuple[str, float, float]]:
    """(gateway, SNR, time) of every link reading."""
    return [
        (tags["gateway"], fields["snr_db"], row.times_s()[-1] - START_S)
        for row in rows
        for tags, fields in zip(row.tags("lora_link"), row.fields("lora_link"), strict=True)
    ]


async def test_the_same_hearing_again_is_redelivered_and_not_kept(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE))
    frame = heard_by(NEAR, START_S, PHY)
    assert bench.hear(frame, frame) == ["uplink", "redelivered"]
    stranger = heard_by(NEAR, START_S, who(9).node().uplink(1, 20, b"x"))
    assert bench.hear(stranger, stranger) == ["unknown_device", "redelivered"]
    assert len(await bench.rows()) == 2


async def test_another_receiver_gives_a_link_reading_at_the_uplinks_time(
    open_bench: OpenBench,
) -> None:
    bench = open_bench(device_of(ONE))
    copy = heard_by(FAR, START_S + 0.25, PHY, snr_db=-3.0)
    assert bench.hear(heard_by(NEAR, START_S, PHY), copy) == ["uplink", "repeated"]
    rows = await bench.rows()
    assert links(rows) == [(NEAR.eui, 7.5, 0), (FAR.eui, -3.0, 0)]
    assert rows[1].record.about == rows[0].seq
    assert rows[1].fields("air_quality") == []


async def test_of_one_receiver_only_a_better_hearing_gives_a_link_reading(
    open_bench: OpenBench,
) -> None:
    bench = open_bench(device_of(ONE))
    later = [heard_by(NEAR, START_S + n, PHY, snr_db=snr) for n, snr in ((3, 7.25), (6, 8.0))]
    assert bench.hear(heard_by(NEAR, START_S, PHY), *later) == ["uplink", "repeated", "repeated"]
    rows = await bench.rows()
    assert links(rows) == [(NEAR.eui, 7.5, 0), (NEAR.eui, 8.0, 0)]
    assert len(rows) == 3, "every reception is kept"


async def test_of_a_receivers_antennas_the_best_counts(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE))
    antennas = tuple(
        Reception(NEAR.eui, n, -80 + n, snr, 2, f"t{n}") for n, snr in enumerate((1.0, 9.0, 5.0))
    )
    assert bench.hear(heard_by(NEAR, START_S, PHY, receptions=antennas)) == ["uplink"]
    assert links(await bench.rows()) == [(NEAR.eui, 9.0, 0)]


async def test_made_up_receivers_give_a_bounded_number_of_link_readings(
    open_bench: OpenBench,
) -> None:
    bench = open_bench(device_of(ONE))
    made_up = [Receiver(f"{n:016x}", START_S - 9) for n in range(RECEPTIONS_MAX + 9)]
    outcomes = bench.hear(*(heard_by(one, START_S, PHY) for one in made_up))
    assert outcomes == ["uplink"] + ["repeated"] * (len(made_up) - 1)
    assert len(links(await bench.rows())) == RECEPTIONS_MAX


@pytest.mark.parametrize("raw_first", [True, False])
async def test_a_raw_frame_and_its_network_servers_event_are_one_uplink(
    open_bench: OpenBench, raw_first: bool
) -> None:
    bench = open_bench(device_of(ONE))
    raw = heard_by(NEAR, START_S, PHY)
    event = event_of(
        ONE, 1, air_report(), START_S + 0.5, receptions=(Reception(FAR.eui, 0, -90, -2.0),)
    )
    both = (raw, event) if raw_first else (event, raw)
    assert bench.hear(*both) == ["uplink", "repeated"]
    rows = await bench.rows()
    assert len([row for row in rows if row.fields("air_quality")]) == 1
    at = 0 if raw_first else 0.5
    assert sorted(links(rows)) == sorted([(NEAR.eui, 7.5, at), (FAR.eui, -2.0, at)])
    assert bench.hear(NODE_COPY) == ["repeated"]


NODE_COPY = heard_by(FAR, START_S + 1, PHY)


@pytest.mark.parametrize(
    "more", [{"f_cnt": 2}, {"payload": air_report(9.0)}, {"dev_addr": "0200ffff"}]
)
async def test_an_event_that_differs_is_an_uplink_of_its_own(
    open_bench: OpenBench, more: dict[str, Any]
) -> None:
    bench = open_bench(device_of(ONE))
    known = {"one": ONE, "f_cnt": 1, "payload": air_report(), "at_s": START_S} | more
    assert bench.hear(heard_by(NEAR, START_S, PHY), event_of(**known)) == ["uplink", "uplink"]


async def test_an_event_told_twice_is_repeated_and_redelivered_by_its_id(
    open_bench: OpenBench,
) -> None:
    bench = open_bench(device_of(ONE))
    first, copy, again = (
        event_of(ONE, 4, air_report(), START_S, event_id=name) for name in ("a", "a", "b")
    )
    assert bench.hear(first, copy, again) == ["uplink", "redelivered", "repeated"]


async def test_a_lower_counter_of_an_event_is_a_new_session_and_never_refused(
    open_bench: OpenBench,
) -> None:
    bench = open_bench(device_of(ONE))
    events = [
        event_of(ONE, f_cnt, air_report(n), START_S + n) for n, f_cnt in enumerate((50, 52, 3, 5))
    ]
    assert bench.hear(*events) == ["uplink"] * 4
    rows = await bench.rows()
    sessions = [row.record.session for row in rows]
    assert sessions[0] == sessions[1] != sessions[2] == sessions[3]
    assert [row.fields("lora_link")[0]["lost"] for row in rows] == [0, 1, 0, 1]
    assert "airtime_ms" not in rows[0].fields("lora_link")[0], "the length on air is not told"


async def test_losses_that_an_event_without_payload_shows_are_told_later(
    open_bench: OpenBench,
) -> None:
    bench = open_bench(device_of(ONE))
    payloads = {1: air_report(1), 4: b"", 5: air_report(5)}
    events = [event_of(ONE, f_cnt, one, START_S + f_cnt) for f_cnt, one in payloads.items()]
    assert bench.hear(*events) == ["uplink", "mac_only", "uplink"]
    assert [row.fields("lora_link")[0]["lost"] for row in await bench.rows() if row.times_s()] == [
        0,
        2,
    ]


async def test_uplinks_heard_at_the_same_moment_share_no_point(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE))
    at_once = [
        heard_by(NEAR, START_S, NODE.uplink(n, AIR_PORT, air_report(n)), receptions=())
        for n in (1, 2, 3)
    ]
    assert bench.hear(*at_once) == ["uplink"] * 3
    times = [row.times_s()[0] for row in await bench.rows()]
    assert [round(at - START_S, 3) for at in times] == [0, 0.001, 0.002]


async def test_other_bytes_at_a_known_counter_are_a_conflict_and_loud(
    open_bench: OpenBench,
) -> None:
    bench = open_bench(device_of(ONE))
    other = NODE.uplink(1, AIR_PORT, air_report(99))
    assert bench.hear(heard_by(NEAR, START_S, PHY)) == ["uplink"]
    assert bench.hear(heard_by(NEAR, START_S + 1, other)) == ["f_cnt_conflict"]
    ((device, reason, sentence),) = bench.interpreter.take_alarms()
    assert (device, reason) == ("air-01", "f_cnt_conflict")
    assert "air-01" in sentence
    assert bench.interpreter.take_alarms() == []
    assert (await bench.rows())[1].record.sentence == sentence


async def test_a_counter_behind_what_is_remembered_is_replayed(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE))
    frames = [NODE.uplink(n, AIR_PORT, air_report()) for n in (9000, 9000 - 4095, 9000 - 4096)]
    heard = [heard_by(NEAR, START_S + n, phy) for n, phy in enumerate(frames)]
    assert bench.hear(*heard) == ["uplink", "late", "replayed"]


@pytest.mark.parametrize("policy", ["refuse", "accept_once"])
async def test_a_restarted_counter_is_refused_loudly_or_accepted_once(
    open_bench: OpenBench, policy: str
) -> None:
    bench = open_bench(device_of(ONE, f_cnt_reset=policy))

    def run(counters: range, base_s: int) -> list[str]:
        frames = [NODE.uplink(n, AIR_PORT, air_report(base_s + n % 10)) for n in counters]
        return bench.hear(
            *(heard_by(NEAR, START_S + base_s + n, phy) for n, phy in enumerate(frames))
        )

    assert run(range(9000, 9001), 0) == ["uplink"]
    restarted = run(range(5), 100)
    alarms = [(device, reason) for device, reason, _ in bench.interpreter.take_alarms()]
    if policy == "refuse":
        assert restarted == ["replayed"] * 2 + ["f_cnt_reset"] * 3
        assert alarms == [("air-01", "f_cnt_reset")] * 3
        return
    assert restarted == ["replayed"] * 2 + ["uplink"] * 3
    assert alarms == [("air-01", "f_cnt_reset_accepted")]
    sessions = {row.record.session for row in await bench.rows() if row.outcome == "uplink"}
    assert len(sessions) == 2, "the epoch after it is a session of its own"
    assert run(range(3), 200) == ["late", "late", "f_cnt_conflict"], "0 and 1 had not been taken"
    assert run(range(2), 300) == ["f_cnt_conflict"] * 2, "used up"


async def test_alarms_are_bounded(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE))
    assert bench.hear(heard_by(NEAR, START_S, PHY)) == ["uplink"]
    for n in range(150):
        other = NODE.uplink(1, AIR_PORT, air_report(100 + n))
        bench.hear(heard_by(NEAR, START_S + 1 + n, other))
    assert len(bench.interpreter.take_alarms()) == 100
