"""How often a frame may be searched for its counter, so that a flood of wrong MICs costs others nothing.

A search is up to 16 checks for each of up to 32 sessions. The one check at each session's expected
counter is outside of this: it is always made.
"""

from collections import deque

PER_S = 60.0
"""The time that the two allowances below are for."""
SEARCHES_PER_DEV_ADDR = 5
"""Enough for a device that comes back after 61,440 lost frames and for its repeats."""
SEARCHES_TOTAL = 300
"""5 a second of at most 512 checks of about 0.8 µs (on a Pi 4, estimated, six times that): 1 % of a core."""


class _Allowance:
    """At most `count` in any span of PER_S seconds."""

    __slots__ = ("_times",)

    def __init__(self, count: int) -> None:
        self._times: deque[float] = deque(maxlen=count)

    def is_free(self, now_s: float) -> bool:
        times = self._times
        return len(times) < (times.maxlen or 0) or now_s - times[0] >= PER_S

    def take(self, now_s: float) -> None:
        self._times.append(now_s)


class SearchBudget:
    """Searches left, by DevAddr and in total. Times are seconds of any monotonic clock."""

    def __init__(self) -> None:
        self._total = _Allowance(SEARCHES_TOTAL)
        self._by_dev_addr: dict[int, _Allowance] = {}
        """Grows to the number of configured DevAddrs: others are not searched."""

    def takes(self, dev_addr: int, now_s: float) -> bool:
        """Whether one more search may be made now; it is then counted."""
        own = self._by_dev_addr.get(dev_addr)
        if own is None:
            own = self._by_dev_addr[dev_addr] = _Allowance(SEARCHES_PER_DEV_ADDR)
        if not own.is_free(now_s) or not self._total.is_free(now_s):
            return False
        own.take(now_s)
        self._total.take(now_s)
        return True
