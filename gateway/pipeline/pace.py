"""How fast a sink gets on: readings a second, and when its backlog will be gone. Pure; `now_s` is monotonic."""

from collections import deque

WINDOW_S = 60.0
"""What is said is about the last minute."""
SAMPLE_S = 1.0
SAMPLES_MAX = 64
"""One a second of the window, and some."""


class Pace:
    """Samples of what was settled and what was left."""

    def __init__(self) -> None:
        self._settled = 0
        self._samples: deque[tuple[float, int, int]] = deque(maxlen=SAMPLES_MAX)
        """(when, settled until then, pending then), a second apart at least."""

    def settled(self, count: int, pending: int, now_s: float) -> None:
        """So many readings more were settled, and so many are left."""
        if not self._samples:
            self._samples.append((now_s, self._settled, pending + count))
        self._settled += count
        if now_s - self._samples[-1][0] >= SAMPLE_S:
            self._samples.append((now_s, self._settled, pending))

    def per_s(self, now_s: float) -> float:
        """Readings settled in a second, over the last minute."""
        begun = self._begin(now_s)
        if begun is None:
            return 0.0
        return (self._settled - begun[1]) / max(now_s - begun[0], SAMPLE_S)

    def left_s(self, pending: int, now_s: float) -> float | None:
        """Seconds until nothing is pending, if it goes on so; None when that cannot be told, or it grows.

        What comes in meanwhile is taken off the speed.
        """
        begun = self._begin(now_s)
        if pending == 0:
            return 0.0
        if begun is None or begun[2] <= pending or now_s - begun[0] < SAMPLE_S:
            return None
        return pending * (now_s - begun[0]) / (begun[2] - pending)

    def _begin(self, now_s: float) -> tuple[float, int, int] | None:
        while self._samples and now_s - self._samples[0][0] > WINDOW_S:
            self._samples.popleft()
        return self._samples[0] if self._samples else None
