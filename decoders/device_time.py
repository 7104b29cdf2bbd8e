"""Times that devices give to what they kept: believed only if their clock was set.

A device whose clock was never set counts from 1970, or from its start. So a time is believed from 2020 on,
and until 5 minutes after the reception, which is what the city's own nodes are judged by too.
"""

from datetime import UTC, datetime

from decoders.city.payload import AHEAD_MAX, CLOCK_SET_FROM
from decoders.contract import DecodeRefused

CLOCK_SET_FROM_S = int(CLOCK_SET_FROM.timestamp())


def stored_time(unix_s: int, received_at: datetime | None) -> datetime:
    """The time of a stored record; not compared with the reception while that is None.

    Raises:
        DecodeRefused: clock_not_set.
    """
    if unix_s < CLOCK_SET_FROM_S:
        raise DecodeRefused(
            "clock_not_set",
            f"a stored record's time is {unix_s} s after 1970, which is before 2020",
        )
    time = datetime.fromtimestamp(unix_s, UTC)
    if received_at is not None and time > received_at + AHEAD_MAX:
        raise DecodeRefused(
            "clock_not_set",
            f"a stored record's time is {time:%Y-%m-%dT%H:%M:%SZ}, after its reception at"
            f" {received_at:%Y-%m-%dT%H:%M:%SZ}",
        )
    return time
