"""When a gateway says it heard a frame: its texts and GPS counts as Unix nanoseconds.

Gateways write the same instant in many ways, and wrong ones:

    2021-02-24T21:16:42.906774Z        rxpk.time, 0 to 9 decimals or more
    2021-02-24T23:16:42.906+02:00      some forwarders write their local time
    2021-02-24T23:16:42.906774Z+0200   mosquitto_sub before 2.0.14: the offset counts, not the Z
    2021-02-24 21:16:42 GMT            stat.time; some write UTC
    1298236621906                      rxpk.tmms: ms since 1980-01-06, leap seconds not taken off
    ""                                 no GPS lock

What cannot be read is None, never an error: a frame is worth keeping without its gateway's time.
Whether a time is believed is decided later, against this machine's clock.

Source: Lora-net/sx1302_hal packet_forwarder/PROTOCOL.md 4 (rxpk, stat); ISO 8601; IERS Bulletin C;
eclipse-mosquitto/mosquitto issue 2353.
"""

import re
from datetime import datetime

_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.,](\d+))? ?"
    r"(?:Z|UTC|GMT)?(?:([+-])([01]\d):?([0-5]\d))?",
    re.ASCII | re.IGNORECASE,
)
_UNIX_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a difference of two naive UTC times is exact
_NS_MAX = 2**63 - 1
"""Times are kept as signed 64-bit ns: up to the year 2262."""

_GPS_EPOCH_S = 315_964_800
"""1980-01-06T00:00:00Z in Unix seconds."""
_LEAP_SECONDS = ((1_167_264_018, 18), (1_119_744_017, 17), (1_104_105_616, 16))
"""From which GPS second on GPS is ahead of UTC by how much: 2017-01-01, 2015-07-01, 2015-01-01.

The last row is where belief begins, the year of LoRaWAN 1.0: earlier counts come from forwarders that
write seconds for milliseconds, or from receivers without a fix. A new leap second is a new first row.
"""


def unix_ns(text: str) -> int | None:
    """Unix ns of a time text, digits beyond the ninth cut off; without a zone it is UTC. None if unreadable."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    day, clock, fraction, sign, hours, minutes = found.groups()
    try:
        since = datetime.fromisoformat(f"{day}T{clock}") - _UNIX_EPOCH
    except ValueError:  # the 31st of February; also the leap second :60, which no counter here has
        return None
    seconds = since.days * 86_400 + since.seconds
    if sign:
        offset_s = int(hours) * 3600 + int(minutes) * 60
        seconds += -offset_s if sign == "+" else offset_s
    ns = seconds * 1_000_000_000
    if fraction:
        ns += int(fraction[:9].ljust(9, "0"))
    return ns if 0 <= ns <= _NS_MAX else None


def unix_ns_from_gps_ms(gps_ms: int) -> int | None:
    """Unix ns of a count of ms since the GPS epoch, leap seconds taken off. None before 2015, see above."""
    for first_s, leap_s in _LEAP_SECONDS:
        if gps_ms >= first_s * 1000:
            ns = (gps_ms + (_GPS_EPOCH_S - leap_s) * 1000) * 1_000_000
            return ns if ns <= _NS_MAX else None
    return None
