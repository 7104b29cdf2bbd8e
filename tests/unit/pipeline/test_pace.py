"""How fast a sink gets on, worked out by hand from samples a second apart."""

import pytest

from gateway.pipeline.pace import Pace


def drained(per_s: int, arriving_per_s: int, pending: int, seconds: int) -> tuple[Pace, int]:
    """A sink that settles so many each second while others come in; and what is left."""
    pace = Pace()
    for second in range(1, seconds + 1):
        pending += arriving_per_s - per_s
        pace.settled(per_s, pending, float(second))
    return pace, pending


def test_before_anything_was_settled_nothing_is_said() -> None:
    pace = Pace()
    assert pace.per_s(5.0) == 0.0
    assert pace.left_s(100, 5.0) is None
    assert pace.left_s(0, 5.0) == 0.0


def test_speed_and_time_left_of_a_backlog() -> None:
    pace, left = drained(5000, 50, 100_000, 11)
    assert left == 100_000 - 11 * 4950
    assert pace.per_s(11.0) == pytest.approx(
        55_000 / 10
    )  # begun one sample before the first second
    assert pace.left_s(left, 11.0) == pytest.approx(left / (11 * 4950 / 10), rel=0.02)


def test_in_its_first_second_no_end_is_told() -> None:
    pace = Pace()
    pace.settled(5000, 95_000, 10.0)
    assert pace.left_s(95_000, 10.5) is None
    assert pace.left_s(95_000, 11.0) == pytest.approx(19.0)


def test_a_backlog_that_grows_has_no_end() -> None:
    pace, left = drained(50, 80, 1000, 20)
    assert pace.left_s(left, 20.0) is None
    assert pace.per_s(20.0) > 0


def test_only_the_last_minute_counts() -> None:
    pace, _ = drained(100, 100, 0, 600)
    assert pace.per_s(600.0) == pytest.approx(100, rel=0.02)
    assert pace.per_s(700.0) == 0.0
    pace.settled(30, 0, 701.0)
    assert pace.per_s(702.0) == pytest.approx(30)


def test_settling_many_times_a_second_keeps_few_samples() -> None:
    pace = Pace()
    for turn in range(10_000):
        pace.settled(1, 0, turn / 100)
    assert pace.per_s(100.0) == pytest.approx(100, rel=0.05)
    assert len(pace._samples) <= 64
