"""How late the event loop is: a task that asks to be woken each second and sees when it really is."""

import asyncio

PAUSE_S = 1.0


class LoopLag:
    """The lag of the loop that `watch` runs in, in seconds."""

    def __init__(self) -> None:
        self.recent_s = 0.0
        """At the last wake-up."""
        self.worst_s = 0.0
        """Since `take_worst` was last called."""

    async def watch(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + PAUSE_S
            await asyncio.sleep(PAUSE_S)
            self.recent_s = max(0.0, loop.time() - due)
            self.worst_s = max(self.worst_s, self.recent_s)

    def take_worst(self) -> float:
        """The worst lag since the last call, for metrics."""
        worst, self.worst_s = self.worst_s, 0.0
        return worst
