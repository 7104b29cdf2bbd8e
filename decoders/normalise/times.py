"""Times that a codec gives with a record: read, and judged by the time of reception.

    number      Unix time: seconds below 1e11, milliseconds below 1e14, then microseconds, nanoseconds
    text        ISO 8601; without a zone it is UTC; digits alone are a number

A device's clock that was never set gives times that nobody wants in a database.
"""

from datetime import UTC, datetime, timedelta

BEHIND_MAX = timedelta(days=30)
"""A stored sample may be so old: no device of the catalogue remembers longer."""
AHEAD_MAX = timedelta(minutes=10)
"""A device's clock may be so far ahead."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""While the time of reception is not known: nothing was measured before."""
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_SAME = timedelta(milliseconds=2)
"""A codec that gives a record the time it was told for the reception has it to the millisecond."""

_DIVISORS = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6), (1e20, 1e9))


class BadTime(ValueError):
    """What was given as a time is none, or cannot be true; the text says why."""


def as_time(value: object) -> datetime:
    """Aware UTC.

    Raises:
        BadTime: it cannot be read.
    """
    if isinstance(value, str):
        text = value.strip()
        if not text.replace(".", "", 1).isdecimal():
            return _from_text(text)
        value = float(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadTime(f"a {type(value).__name__} is no time")
    for limit, divisor in _DIVISORS:
        if 0 <= value < limit:
            return datetime.fromtimestamp(value / divisor, UTC)
    raise BadTime("a number below 0 or above 1e20 is no Unix time")


def _from_text(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadTime(f"{text!r:.60} is no time in ISO 8601") from None


def judged(time: datetime, received_at: datetime | None) -> datetime | None:
    """The time, or None when it is the time of reception itself.

    Raises:
        BadTime: it is too far from the time of reception to be true.
    """
    if received_at is None:
        if not EARLIEST <= time <= LATEST:
            raise BadTime(f"{time:%Y-%m-%d %H:%M:%S} UTC: the device's clock was not set")
        return time
    if abs(time - received_at) <= _SAME:
        return None
    if not received_at - BEHIND_MAX <= time <= received_at + AHEAD_MAX:
        raise BadTime(
            f"{time:%Y-%m-%d %H:%M:%S} UTC, received {received_at:%Y-%m-%d %H:%M:%S}: outside of"
            f" {BEHIND_MAX.days} days before and {AHEAD_MAX.seconds // 60} minutes after"
        )
    return time
