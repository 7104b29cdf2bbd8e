"""Which refused frames are kept raw when there are very many: the first of each minute, by reason. Pure.

Anybody with a radio or a socket can make a thousand frames a second that mean nothing. Kept raw they would write
472 kB/s to the card (tests/unit/store/test_sampling.py, ten commits a second), and push what was kept before over
its cap; so it is 36. What is not kept is counted as `unkept.<reason>`: the rows and the counters still agree.
"""

from gateway.model import Frame, Heard

KEPT_PER_MINUTE_MAX = 1000
"""Of one reason: 16 a second, more than the neighbours' devices of a busy city."""
ANYBODYS = frozenset({
    "malformed", "not_lorawan", "unknown_device", "no_session", "bad_mic", "replayed", "join",
})  # fmt: skip
"""Outcomes that need no key to be made; others are kept always."""
UNKEPT = "unkept."
"""Begins the counters of what was not kept."""
MINUTE_NS = 60_000_000_000


class Sampling:
    """How many of each reason were kept in this minute."""

    def __init__(self) -> None:
        self._minute = -1
        self._kept: dict[str, int] = {}

    def keeps(self, heard: Heard, outcome: str) -> bool:
        """Whether this one is kept; a recording's always are."""
        if outcome not in ANYBODYS or (isinstance(heard, Frame) and heard.recorded):
            return True
        minute = heard.received.boot_ns // MINUTE_NS
        if minute != self._minute:
            self._minute = minute
            self._kept.clear()
        kept = self._kept.get(outcome, 0)
        self._kept[outcome] = kept + 1
        return kept < KEPT_PER_MINUTE_MAX
