"""When a codec is not run any more: three times in ten minutes it had to be stopped. Pure; times are arguments.

It is tried again after an hour, and stopped for good sooner then: one more time is enough. A changed file is
another codec.
"""

STRIKES_MAX = 3
STRIKE_S = 600.0
"""A strike is forgotten after so long."""
QUARANTINE_S = 3600.0


class Breaker:
    """The strikes of one codec."""

    def __init__(self) -> None:
        self._strikes: list[float] = []
        self._until_s = 0.0
        self.why = ""
        """What it was stopped for last."""

    def strike(self, now_s: float, why: str) -> bool:
        """It had to be stopped; whether it is quarantined now."""
        self.why = why
        recent = [one for one in self._strikes if now_s - one < STRIKE_S]
        self._strikes = [*recent, now_s][-STRIKES_MAX:]
        if len(self._strikes) < STRIKES_MAX:
            return False
        self._until_s = now_s + QUARANTINE_S
        # All but one are as old as the end of the quarantine: the next one quarantines again.
        self._strikes = [self._until_s] * (STRIKES_MAX - 1)
        return True

    def left_s(self, now_s: float) -> float:
        """How long it stays quarantined; 0 when it may be run."""
        return max(0.0, self._until_s - now_s)
