"""The right half of the flow: each sink gets readings from the store by its own position, at its own pace.

A batch is read and written in the sink's own thread; its verdict is settled in the event loop: the position
moves on, rejected readings become dead letters. What a sink could not take is offered again, unchanged.

After an outage the oldest readings go first, in whole batches without a pause between them: that is the order
of each device. Live readings wait behind the backlog until it is gone, and a sink takes many times what comes in.

Each failure halves what is offered next, and each success doubles it: a link that is too slow for a whole batch
within its time-out still gets on, and to ask whether a server is back costs few bytes of a metered one. While an
operator is waited for, a single row asks; once it is taken, whole batches follow, for the link was good.
"""

import asyncio
import contextlib
from collections.abc import Mapping

from gateway.backoff import Backoff
from gateway.errors import Blocked, StoreFull, Unavailable
from gateway.model import Verdict
from gateway.pipeline.pace import Pace
from gateway.ports import Offer, Outlet, Sink

LINGER_S = 0.4
"""Wait after a batch that was not full, so that few readings do not cost a request each."""
RETRY_FIRST_S, RETRY_MOST_S = 1.0, 300.0
PROBE_S = 60.0
"""How often a blocked sink is tried again, where its section does not say; credentials are read anew each time."""


class Deliver:
    """One sink's task."""

    def __init__(
        self, sink: Sink, outlet: Outlet, linger_s: float = LINGER_S, probe_s: float = PROBE_S
    ) -> None:
        self._sink = sink
        self._outlet = outlet
        self._linger_s = linger_s
        self._probe_s = probe_s
        self._lines = sink.batch_lines
        """How many readings to offer at once, at present."""
        self._blocked = False
        """Whether the last failure was one for an operator."""
        self._pace = Pace()
        self._backoff = Backoff(RETRY_FIRST_S, RETRY_MOST_S)
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()
        """Set to end a wait before its time."""

    async def run(self) -> None:
        """Deliver until stopped."""
        while not self._stopping.is_set():
            more = self._outlet.more()
            wait_s = await self._step()
            if wait_s is None:
                await self._either(more)
            elif wait_s > 0:
                await self._pause(wait_s)
            elif not self._many_wait():
                await self._linger()

    def stop(self) -> None:
        """End after the batch under way; what it does after that is harmless to do again."""
        self._stopping.set()
        self._hurry.set()

    def wake(self) -> None:
        """Try again now, if it waits: what stood in the way may be gone."""
        self._hurry.set()

    def progress(self) -> Mapping[str, float | None]:
        """Readings a second over the last minute, and seconds until nothing waits; None when that grows."""
        now_s, pending = asyncio.get_running_loop().time(), self._outlet.pending
        left_s = self._pace.left_s(pending, now_s)
        return {
            "readings_per_s": round(self._pace.per_s(now_s), 1),
            "time_left_s": None if left_s is None else round(left_s, 1),
        }

    async def _step(self) -> float | None:
        """Offer one batch; seconds until the next, None to wait for new readings."""
        try:
            offer, verdict = await self._outlet.work(self._offer)
        except Unavailable as error:
            self._sink.health.down(error.what)
            self._lines, self._blocked = max(self._lines // 2, 1), False
            wait_s = self._backoff.next()
            return wait_s if error.retry_after_s is None else max(wait_s, error.retry_after_s)
        except Blocked as error:
            self._sink.health.blocked(f"{error.what}; {error.remedy}")
            self._lines, self._blocked = 1, True
            return self._probe_s
        if not offer:
            return None
        self._backoff.reset()
        try:
            await self._outlet.settle(offer, verdict or Verdict())
        except (StoreFull, Unavailable):
            # The position has moved in memory and goes to disk with the next commit that succeeds.
            return RETRY_FIRST_S
        kept = len(verdict.kept) if verdict is not None else 0
        if not kept:
            more = self._sink.batch_lines if self._blocked else self._lines * 2
            self._lines = min(more, self._sink.batch_lines)
            self._blocked = False
        now_s = asyncio.get_running_loop().time()
        self._pace.settled(len(offer.readings) - kept, self._outlet.pending, now_s)
        # What was kept is offered again, but not at once: its obstacle may still be there.
        return self._linger_s if kept else 0.0

    def _offer(self) -> tuple[Offer, Verdict | None]:
        """In the sink's thread: take the next readings from the store and write them."""
        offer = self._outlet.take(self._lines)
        if not offer.readings:
            return offer, None
        return offer, self._sink.deliver(offer.readings)

    def _many_wait(self) -> bool:
        return self._outlet.pending >= self._lines

    async def _linger(self) -> None:
        """Let readings gather, for a while or until a whole batch waits."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._linger_s):
                while not self._stopping.is_set() and not self._many_wait():
                    await self._either(self._outlet.more())

    async def _pause(self, wait_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._hurry.wait()
        self._hurry.clear()

    async def _either(self, waiting: "asyncio.Future[None]") -> None:
        stopping: asyncio.Future[object] = asyncio.ensure_future(self._stopping.wait())
        try:
            # `waiting` is shared by all sinks and only watched, never cancelled.
            await asyncio.wait((waiting, stopping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
