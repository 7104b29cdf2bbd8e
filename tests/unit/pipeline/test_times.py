"""Which time an uplink gets, branch by branch of the rule, and that no two of a device share a millisecond.

The bounds are written here as the interface states them: 60 s ahead, 60 s behind while live, 7 days back.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pipeline.times import RECEIVERS_MAX, GatewayClocks, TimeSlots, whole_ms
from hil.simulators.air import Receiver
from tests.pipeline_bench import NEAR, START_S, event_of, heard_by, stamp, who

DAY_S = 86400
S = 1_000_000_000
MS = 1_000_000
BACKFILL_S = 7 * DAY_S


@pytest.fixture
def clocks() -> GatewayClocks:
    return GatewayClocks(BACKFILL_S)


def frame(
    *, gps_s: float | None = None, own_s: float | None = None, receiver: Receiver = NEAR, **more: Any
) -> Any:  # fmt: skip
    """Received at START_S, with these times given relative to that."""
    claims = {"gps_time_ns": gps_s, "gateway_time_ns": own_s}
    known = {name: None if s is None else round((START_S + s) * S) for name, s in claims.items()}
    return heard_by(receiver, START_S, b"\x01", **(known | more))


def seconds(clocks: GatewayClocks, heard: Any) -> tuple[float, bool]:
    time_ns, held = clocks.uplink_time(heard)
    assert time_ns % MS == 0
    return (time_ns - START_S * S) / S, held


@pytest.mark.parametrize(
    ("claims", "expected_s"),
    [
        ({}, 0),
        ({"gps_s": -3.0}, -3.0),
        ({"own_s": -4.0}, -4.0),
        ({"gps_s": -3.0, "own_s": -4.0}, -3.0),
        ({"own_s": 60.0}, 60.0),
        ({"own_s": 60.001}, 0),
        ({"gps_s": 60.001, "own_s": 1.0}, 1.0),
        ({"own_s": -60.0}, -60.0),
        ({"own_s": -60.001}, 0),
        ({"own_s": -60.001, "live": False}, -60.001),
        ({"own_s": -BACKFILL_S, "live": False}, -BACKFILL_S),
        ({"own_s": -BACKFILL_S - 0.001, "live": False}, 0),
        ({"gps_s": -BACKFILL_S - 1.0, "own_s": -BACKFILL_S, "live": False}, -BACKFILL_S),
    ],
)
def test_the_first_time_that_can_be_believed_is_taken(
    clocks: GatewayClocks, claims: dict[str, Any], expected_s: float
) -> None:
    assert seconds(clocks, frame(**claims)) == (expected_s, False)


def test_times_are_rounded_to_the_nearest_millisecond(clocks: GatewayClocks) -> None:
    assert seconds(clocks, frame(own_s=-1.0004))[0] == -1.0
    assert [whole_ms(ns) for ns in (499_999, 500_000, 1_499_999)] == [0, MS, MS]


@pytest.mark.parametrize("live", [True, False])
def test_a_gateway_that_is_ahead_is_not_believed_until_it_agrees_with_this_clock(
    clocks: GatewayClocks, live: bool
) -> None:
    assert seconds(clocks, frame(own_s=3600.0)) == (0, False)
    assert clocks.disbelieved == {NEAR.eui: 3600.0}
    assert seconds(clocks, frame(own_s=-5000.0, live=False)) == (0, False), (
        "its queue, or the same wrong clock"
    )
    assert seconds(clocks, frame(own_s=-5.0, live=live)) == (-5.0, False)
    assert clocks.disbelieved == {}
    assert seconds(clocks, frame(own_s=-5000.0, live=False)) == (-5000.0, False)


def test_a_queue_of_a_gateway_that_is_ahead_falsifies_nothing_by_more_than_a_minute(
    clocks: GatewayClocks,
) -> None:
    """An hour of frames, drained at once, of a clock 38 minutes ahead: each is stamped where it is or as now."""
    ahead_s = 38 * 60
    taken = [
        seconds(clocks, frame(own_s=heard_s + ahead_s, live=False))[0]
        for heard_s in range(-3600, 0, 15)
    ]
    wrong = {s for s, heard_s in zip(taken, range(-3600, 0, 15), strict=True) if s != heard_s}
    assert clocks.disbelieved == {NEAR.eui: ahead_s - 15}
    assert all(-3600 + ahead_s <= s <= 60 for s in wrong)


def test_a_gateway_38_minutes_ahead_is_never_believed_while_live(clocks: GatewayClocks) -> None:
    """By as much as the gateway of a published log of The Things Network was."""
    ahead_s = 2280.646
    assert [seconds(clocks, frame(own_s=ahead_s))[0] for _ in range(3)] == [0, 0, 0]
    assert clocks.disbelieved == {NEAR.eui: pytest.approx(ahead_s)}


@pytest.mark.parametrize("live", [True, False])
def test_gps_that_is_wrong_costs_the_gateways_own_time_nothing(
    clocks: GatewayClocks, live: bool
) -> None:
    for _ in range(3):
        heard = frame(gps_s=2280.0, own_s=-3.0, live=live)
        assert seconds(clocks, heard) == (-3.0, False)
    assert clocks.disbelieved == ({NEAR.eui + " (GPS)": 2280.0} if live else {})


def test_of_a_frame_that_waited_a_gps_time_that_contradicts_its_gateway_is_not_taken(
    clocks: GatewayClocks,
) -> None:
    assert seconds(clocks, frame(gps_s=-9000.0, own_s=-600.0, live=False)) == (-600.0, False)
    assert seconds(clocks, frame(gps_s=-601.0, own_s=-600.0, live=False)) == (-601.0, False)
    seconds(clocks, frame(own_s=-7200.0))  # now its own is known to be wrong
    assert seconds(clocks, frame(gps_s=-9000.0, own_s=-600.0, live=False)) == (-9000.0, False)


def test_a_gateway_late_on_a_live_frame_is_not_believed(clocks: GatewayClocks) -> None:
    seconds(clocks, frame(own_s=-7200.0))
    assert clocks.disbelieved == {NEAR.eui: -7200.0}


def test_what_waited_in_a_queue_says_nothing_against_its_gateway(clocks: GatewayClocks) -> None:
    seconds(clocks, frame(own_s=-2.0 * BACKFILL_S, live=False))
    assert clocks.disbelieved == {}


def test_one_gateways_clock_says_nothing_of_anothers(clocks: GatewayClocks) -> None:
    other = Receiver("02c17aff000000ff", START_S)
    seconds(clocks, frame(own_s=3600.0))
    assert seconds(clocks, frame(own_s=-2.0, receiver=other)) == (-2.0, False)


def test_gateways_that_are_not_believed_are_bounded_and_their_times_not_taken(
    clocks: GatewayClocks,
) -> None:
    for number in range(RECEIVERS_MAX + 10):
        made_up = Receiver(f"{number:016x}", START_S)
        assert seconds(clocks, frame(own_s=90.0, receiver=made_up)) == (0, False)
    assert len(clocks.disbelieved) == RECEIVERS_MAX
    seconds(clocks, frame(own_s=120.0, receiver=Receiver(f"{0:016x}", START_S)))
    assert clocks.disbelieved[f"{0:016x}"] == 120.0


@pytest.mark.parametrize("claims", [{}, {"own_s": -2.0}, {"gps_s": 5000.0}])
def test_without_a_trusted_clock_the_time_is_this_machines_and_waits(
    clocks: GatewayClocks, claims: dict[str, Any]
) -> None:
    yesterday = stamp(START_S, trusted=False, off_s=-DAY_S)
    assert seconds(clocks, frame(**claims, received=yesterday)) == (-DAY_S, True)
    assert clocks.disbelieved == {}, "there is nothing to compare with"


@pytest.mark.parametrize(
    ("claims", "expected_s"),
    [
        ({"gps_s": -400.0 * DAY_S, "own_s": 1.0}, -400.0 * DAY_S),
        ({"own_s": 400.0 * DAY_S}, 400.0 * DAY_S),
    ],
)
@pytest.mark.parametrize("trusted", [True, False])
def test_a_recording_keeps_its_times_without_bounds(
    clocks: GatewayClocks, claims: dict[str, Any], expected_s: float, trusted: bool
) -> None:
    received = stamp(START_S, trusted=trusted)
    recorded = frame(**claims, recorded=True, live=False, received=received)
    assert seconds(clocks, recorded) == (expected_s, False)


def test_an_event_without_receptions_has_a_time_as_well(clocks: GatewayClocks) -> None:
    event = event_of(who(), 1, b"\x01", START_S, receptions=(), gateway_time_ns=(START_S - 9) * S)
    assert seconds(clocks, event) == (-9.0, False)


def test_a_run_that_grows_into_the_next_ones_passes_all_of_them() -> None:
    slots = TimeSlots()
    claimed = [slots.claim("a", ms * MS) // MS for ms in (5, 7, 9, 7, 5, 5)]
    assert claimed == [5, 7, 9, 8, 6, 10]


@given(st.lists(st.integers(min_value=0, max_value=15), max_size=60))
def test_no_two_uplinks_of_a_device_share_a_time_and_none_is_moved_without_need(
    wanted: list[int],
) -> None:
    slots = TimeSlots()
    taken: set[int] = set()
    for ms in wanted:
        got = slots.claim("a", ms * MS)
        assert got % MS == 0
        assert got // MS not in taken
        free = next(one for one in range(ms, ms + len(wanted) + 1) if one not in taken)
        assert got // MS == free, "moved to the next free one, and only when taken"
        taken.add(got // MS)


@given(st.lists(st.integers(min_value=0, max_value=10**7), min_size=1, max_size=200))
def test_the_same_time_twice_in_a_row_is_never_given_twice(wanted: list[int]) -> None:
    slots = TimeSlots()
    for ms in wanted:
        first, second = slots.claim("a", ms * MS), slots.claim("a", ms * MS)
        assert first != second
        assert first >= ms * MS


def test_devices_do_not_take_each_others_milliseconds() -> None:
    slots = TimeSlots()
    assert slots.claim("a", 5 * MS) == slots.claim("b", 5 * MS) == 5 * MS
