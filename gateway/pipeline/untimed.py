"""Readings whose time nobody vouches for, under `clock_never = "dead_letter"`: no sink sends them.

They carry the field `time_untrusted` (held.py), whichever boot they are of, and become dead letters of each
sink with the reason `clock_never`. Who retries such a letter sends it as it is, flag included.
"""

from collections.abc import Sequence

from gateway.model import Reading, Rejection, Verdict
from gateway.pipeline.held import UNTRUSTED
from gateway.ports import Sink

REASON = (
    "clock_never: this machine's clock was not set while the reading waited; its time is a guess"
)


class TimedOnly:
    """A sink that is offered only readings whose time is known; the others are rejected before it."""

    def __init__(self, sink: Sink) -> None:
        self.name = sink.name
        self.health = sink.health
        self.batch_lines = sink.batch_lines
        self._sink = sink

    def deliver(self, readings: Sequence[Reading]) -> Verdict:
        """As the sink's, its places in terms of this batch.

        Raises:
            Unavailable, Blocked: as the sink; nothing was rejected either.
        """
        places = [n for n, one in enumerate(readings) if UNTRUSTED not in one.series.fields]
        if len(places) == len(readings):
            return self._sink.deliver(readings)
        timed = set(places)
        letters = [Rejection(n, 0, REASON) for n in range(len(readings)) if n not in timed]
        verdict = self._sink.deliver([readings[n] for n in places]) if places else Verdict()
        letters += [
            Rejection(places[one.index], one.status, one.text, one.expired)
            for one in verdict.rejected
        ]
        letters.sort(key=lambda one: one.index)
        return Verdict(tuple(letters), tuple(places[n] for n in verdict.kept))

    def close(self) -> None:
        """As the sink's."""
        self._sink.close()
