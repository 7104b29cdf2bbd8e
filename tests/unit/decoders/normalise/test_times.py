"""Guards times that a codec gives: read in every form that is seen, and judged by the time of reception."""

from datetime import UTC, datetime, timedelta

import pytest

from decoders.normalise.times import AHEAD_MAX, BEHIND_MAX, BadTime, as_time, judged

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "given",
    [
        1795348800, 1795348800.0, "1795348800", 1795348800000, "1795348800000", 1795348800000000,
        1795348800000000000, "2026-11-22T12:00:00Z", "2026-11-22T12:00:00.000Z", "2026-11-22 12:00:00",
        "2026-11-22T19:00:00+07:00", "20261122T120000Z", " 2026-11-22T12:00:00.000000000Z ",
    ],
)  # fmt: skip
def test_a_time_is_read_in_every_form(given: object) -> None:
    assert as_time(given) == NOW
    assert as_time(given).tzinfo is UTC


@pytest.mark.parametrize(
    "given",
    [
        None,
        True,
        "",
        "yesterday",
        "-5",
        -1,
        1e30,
        10**400,
        float("nan"),
        float("inf"),
        "9" * 400,
        [],
        {},
        "0000-00-00",
    ],
)
def test_what_is_no_time_is_told(given: object) -> None:
    with pytest.raises(BadTime):
        as_time(given)


@pytest.mark.parametrize("off", [-BEHIND_MAX, timedelta(hours=-1), AHEAD_MAX, timedelta(seconds=1)])
def test_a_time_near_the_reception_is_taken(off: timedelta) -> None:
    assert judged(NOW + off, NOW) == NOW + off


@pytest.mark.parametrize(
    "off", [-BEHIND_MAX - timedelta(seconds=1), AHEAD_MAX + timedelta(seconds=1)]
)
def test_a_time_far_from_the_reception_is_refused(off: timedelta) -> None:
    with pytest.raises(BadTime, match="outside of 30 days before and 10 minutes after"):
        judged(NOW + off, NOW)


def test_the_time_of_reception_itself_is_none_of_its_own() -> None:
    assert judged(NOW, NOW + timedelta(microseconds=700)) is None


def test_while_the_reception_has_no_time_only_clocks_that_were_never_set_are_refused() -> None:
    assert judged(NOW, None) == NOW
    for year in (1970, 1999, 2106):
        with pytest.raises(BadTime, match="was not set"):
            judged(datetime(year, 1, 1, tzinfo=UTC), None)
