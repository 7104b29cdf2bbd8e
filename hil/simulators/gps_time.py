"""GPS time of a Unix time: it counts seconds since 1980-01-06 and knows no leap seconds."""

GPS_EPOCH_UNIX_S = 315_964_800
"""1980-01-06T00:00:00Z."""

LEAP_SECONDS = 18
"""Since 2017-01-01; none has been announced after it (IERS Bulletin C)."""


def gps_seconds(at: float) -> float:
    """Seconds since the GPS epoch, for times from 2017 on."""
    return at - GPS_EPOCH_UNIX_S + LEAP_SECONDS
