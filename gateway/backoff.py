"""How long to wait before something outside is tried again: a random part of a ceiling that doubles.

Many gateways that lose one broker at once must not come back at once, so each wait is drawn evenly from
nothing to the ceiling ("full jitter"). Pure: it says how long, the caller waits.

Source: Exponential Backoff And Jitter, M. Brooker, AWS Architecture Blog, 2015.
"""

from random import Random


class Backoff:
    """The waits of one connection; `reset` when it stands again."""

    def __init__(self, first_s: float, most_s: float, random: Random | None = None) -> None:
        self._first_s = first_s
        self._most_s = most_s
        self._ceiling_s = first_s
        self._random = random or Random()  # noqa: S311 - spreads load, guards nothing

    def next(self) -> float:
        """Seconds to wait now; the ceiling of the next wait is twice as high, up to the most."""
        wait_s = self._random.uniform(0, self._ceiling_s)
        self._ceiling_s = min(self._ceiling_s * 2, self._most_s)
        return wait_s

    def reset(self) -> None:
        """Begin again with the first ceiling."""
        self._ceiling_s = self._first_s
