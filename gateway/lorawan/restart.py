"""Suspicion that a device began its frame counter again, as ABP devices without memory do after a power cut.

Watched are frames with a right MIC that the counter window refuses: older than it, or with other bytes at
a counter that was heard. One or two may be replayed; a device that restarted goes on counting upwards.
"""

FRAMES_FOR_SUSPICION = 3
_KEPT = 16
"""How many frames of the run are remembered, to know a copy by another receiver."""


class RestartWatch:
    """The run of refused frames with rising counters."""

    __slots__ = ("_run",)

    def __init__(self) -> None:
        self._run: list[tuple[int, bytes, int]] = []
        """Counter, MIC and place in the run, oldest first."""

    def sees(self, f_cnt: int, mic: bytes) -> bool:
        """Take a refused frame; True from the third of a run on, and for copies of those."""
        for counter, code, place in self._run:
            if counter == f_cnt and code == mic:
                return place >= FRAMES_FOR_SUSPICION
        if self._run and f_cnt > self._run[-1][0]:
            place = self._run[-1][2] + 1
        else:
            self._run.clear()
            place = 1
        self._run.append((f_cnt, mic, place))
        del self._run[:-_KEPT]
        return place >= FRAMES_FOR_SUSPICION

    def forget(self) -> None:
        """The device went on with its old counter."""
        self._run.clear()
