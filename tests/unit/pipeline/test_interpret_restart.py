"""After a restart the store's rows are enough: what was heard is known again, and counters go on."""

from collections.abc import Callable

import pytest

from gateway.device import Device
from hil.simulators.air import Receiver
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
    who,
)

OpenBench = Callable[..., Bench]
ONE = who()
NODE = ONE.node()
PHY = NODE.uplink(1, AIR_PORT, air_report())


@pytest.fixture(params=[True, False], ids=["stopped", "killed"])
def flush(request: pytest.FixtureRequest) -> bool:
    """Whether the counters were flushed at the end."""
    return bool(request.param)


async def test_hearings_copies_and_counters_are_known_again(
    open_bench: OpenBench, flush: bool
) -> None:
    bench = open_bench(device_of(ONE))
    first, stranger = heard_by(NEAR, START_S, PHY), heard_by(NEAR, START_S + 1, b"\x40" + bytes(12))
    assert bench.hear(first, stranger) == ["uplink", "unknown_device"]
    await bench.close(flush=flush)
    bench = open_bench(device_of(ONE))
    assert bench.hear(first, stranger) == ["redelivered", "redelivered"]
    assert bench.hear(heard_by(FAR, START_S + 2, PHY, snr_db=1.0)) == ["repeated"]
    other = NODE.uplink(1, AIR_PORT, air_report(99))
    assert bench.hear(heard_by(NEAR, START_S + 3, other)) == ["f_cnt_conflict"]
    later = heard_by(NEAR, START_S + 4, NODE.uplink(4, AIR_PORT, air_report()))
    assert bench.hear(later) == ["uplink"]
    rows = await bench.rows()
    (copy,) = [row for row in rows if row.outcome == "repeated"]
    assert copy.times_s() == [START_S]
    assert copy.record.about == rows[0].seq
    assert rows[-1].fields("lora_link")[0]["lost"] == 2


async def test_how_well_each_receiver_heard_an_uplink_is_known_again(
    open_bench: OpenBench, flush: bool
) -> None:
    bench = open_bench(device_of(ONE))
    copy = heard_by(FAR, START_S + 1, PHY, snr_db=5.0)
    assert bench.hear(heard_by(NEAR, START_S, PHY), copy) == ["uplink", "repeated"]
    await bench.close(flush=flush)
    bench = open_bench(device_of(ONE))
    worse = [heard_by(one, START_S + 3, PHY, snr_db=4.0) for one in (NEAR, FAR)]
    assert bench.hear(*worse) == ["repeated", "repeated"]
    assert [row.fields("lora_link") for row in (await bench.rows())[-2:]] == [[], []]


async def test_an_event_finds_its_raw_frame_and_the_other_way_round(
    open_bench: OpenBench, flush: bool
) -> None:
    bench = open_bench(device_of(ONE))
    event = event_of(ONE, 5, air_report(5), START_S + 5)
    assert bench.hear(heard_by(NEAR, START_S, PHY), event) == ["uplink", "uplink"]
    await bench.close(flush=flush)
    bench = open_bench(device_of(ONE))
    raw = heard_by(NEAR, START_S + 6, NODE.uplink(5, AIR_PORT, air_report(5)))
    assert bench.hear(raw, event_of(ONE, 1, air_report(), START_S + 7)) == ["repeated", "repeated"]
    assert bench.hear(event) == ["redelivered"]


async def test_epochs_of_a_network_servers_session_go_on(
    open_bench: OpenBench, flush: bool
) -> None:
    bench = open_bench(device_of(ONE))
    assert (
        bench.hear(*(event_of(ONE, n, air_report(n), START_S + n) for n in (9, 3)))
        == ["uplink"] * 2
    )
    await bench.close(flush=flush)
    bench = open_bench(device_of(ONE))
    assert bench.hear(event_of(ONE, 6, air_report(6), START_S + 20)) == ["uplink"]
    rows = await bench.rows()
    assert rows[2].record.session == rows[1].record.session != rows[0].record.session
    assert rows[2].fields("lora_link")[0]["lost"] == 2


async def test_an_accepted_restart_stays_accepted(open_bench: OpenBench, flush: bool) -> None:
    device = device_of(ONE, f_cnt_reset="accept_once")
    bench = open_bench(device)
    for n, f_cnt in enumerate((9000, 0, 1, 2)):
        bench.hear(heard_by(NEAR, START_S + n, NODE.uplink(f_cnt, AIR_PORT, air_report(n))))
    await bench.close(flush=flush)
    bench = open_bench(device)
    heard = [
        heard_by(NEAR, START_S + 10, NODE.uplink(3, AIR_PORT, air_report(4))),
        heard_by(FAR, START_S + 11, NODE.uplink(9000, AIR_PORT, air_report(0))),
    ]
    assert bench.hear(*heard) == ["uplink", "repeated"]


async def test_milliseconds_stay_taken(open_bench: OpenBench, flush: bool) -> None:
    bench = open_bench(device_of(ONE))
    frames = [
        heard_by(Receiver(f"{n:016x}", 0), START_S, NODE.uplink(n, AIR_PORT, air_report(n)))
        for n in (1, 2)
    ]
    bench.hear(frames[0])
    await bench.close(flush=flush)
    bench = open_bench(device_of(ONE))
    bench.hear(frames[1])
    assert [row.times_s()[0] for row in await bench.rows()] == [START_S, START_S + 0.001]


async def test_a_plain_payload_is_redelivered_after_a_restart(
    open_bench: OpenBench, flush: bool
) -> None:
    plain = Device(name="p", decoder="air_quality", source="radio", address=1, f_port=AIR_PORT)
    bench = open_bench(plain)
    frame = heard_by(NEAR, START_S, air_report(), source="radio", address=1)
    assert bench.hear(frame) == ["uplink"]
    await bench.close(flush=flush)
    assert open_bench(plain).hear(frame) == ["redelivered"]


async def test_undecided_frames_are_still_undecided_and_can_be_decided(
    open_bench: OpenBench, flush: bool
) -> None:
    bench = open_bench(device_of(ONE))
    bench.hear(heard_by(NEAR, START_S, PHY))
    forged = [PHY[:-1] + bytes([PHY[-1] ^ n]) for n in range(1, 6)]
    bench.hear(*(heard_by(NEAR, START_S + n, phy) for n, phy in enumerate(forged, 1)))
    far = heard_by(NEAR, START_S + 9, NODE.uplink(70_000, AIR_PORT, air_report()))
    assert bench.hear(far) == ["undecided"]
    await bench.close(flush=flush)
    bench = open_bench(device_of(ONE))
    assert bench.interpreter.interpret(far, idle=True)[0] == "uplink"


async def test_rows_of_devices_that_are_gone_are_no_obstacle(
    open_bench: OpenBench, flush: bool
) -> None:
    bench = open_bench(device_of(ONE))
    bench.hear(heard_by(NEAR, START_S, PHY), event_of(ONE, 2, air_report(), START_S + 1))
    await bench.close(flush=flush)
    bench = open_bench(device_of(who(2)))
    assert bench.hear(heard_by(FAR, START_S, PHY)) == ["unknown_device"]
