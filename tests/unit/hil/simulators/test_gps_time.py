"""Guards the conversion to GPS time by a published pair."""

from datetime import UTC, datetime

from hil.simulators.gps_time import gps_seconds


def test_the_last_leap_second_is_the_eighteenth() -> None:
    # IS-GPS-200: the epoch is a Sunday, and GPS is ahead of UTC by 18 s since 2017-01-01.
    at = datetime(2017, 1, 1, tzinfo=UTC).timestamp()
    weeks, seconds = divmod(gps_seconds(at), 7 * 86_400)
    assert (weeks, seconds) == (1930, 18)  # the Sunday that begins GPS week 1930
