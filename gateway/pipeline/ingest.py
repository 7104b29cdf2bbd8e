"""The left half of the flow: what sources hand over is interpreted, committed, and acknowledged after that.

Group commit: the first hearing of a batch waits at most `commit_interval` for others. The wait ends early when
a source has 16 messages unacknowledged, or as many as its far end sends without an answer; and while one commit is
on its way to the disk the next batch gathers. So a slow card makes large groups, not a queue.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from gateway.backoff import Backoff
from gateway.errors import GatewayError, StoreFull, Unavailable
from gateway.journal import Journal
from gateway.model import Heard, ReceiverReport
from gateway.pipeline.interpret import Interpreter
from gateway.pipeline.sessions import SessionBook
from gateway.ports import Ledger, Receipt

UNACKNOWLEDGED_MAX = 16
"""Messages of one source that wait for a receipt before a commit begins at once: brokers send 20 by default."""
BATCH_MAX = 2000
"""Hearings interpreted in one go, so that the event loop is not held for long."""
WAITING_MAX = 20_000
"""Hearings that wait for their commit; sources that can wait do so above it."""
RETRY_FIRST_S, RETRY_MOST_S = 0.5, 30.0
"""Waits after a commit that the disk refused."""
REPORTS_MAX = 256
"""Gateways whose last report is kept; their ids come from unauthenticated datagrams."""

_Item = tuple[Sequence[Heard], Receipt | None]


class Ingest:
    """The intake of all sources, and the one task that commits."""

    def __init__(
        self, interpreter: Interpreter, ledger: Ledger, book: SessionBook, commit_interval_s: float
    ) -> None:
        self._interpreter = interpreter
        self._ledger = ledger
        self._book = book
        self._interval_s = commit_interval_s
        self._waiting: deque[_Item] = deque()
        self._hearings = 0
        self._receipts = 0
        self._window = UNACKNOWLEDGED_MAX
        self._wake = asyncio.Event()
        self._urgent = asyncio.Event()
        self._roomy = asyncio.Event()
        self._roomy.set()
        self._closing = False
        self._alarms: dict[tuple[str, str], int] = {}
        self._journal = Journal("ingest")
        self._backoff = Backoff(RETRY_FIRST_S, RETRY_MOST_S)
        self.reports: dict[str, ReceiverReport] = {}
        """The last report of each gateway."""
        self.last_heard: dict[str, int] = {}
        """When each device was last heard, boot-time ns."""
        self.stalled: str | None = None
        """Why nothing is committed at the moment, for status and the watchdog."""

    def expect_window(self, window: int) -> None:
        """A source's far end stops sending at so many unacknowledged messages."""
        if window:
            self._window = min(self._window, window)

    # -- the Intake that sources see ------------------------------------------------------------------

    def submit(self, heard: Sequence[Heard], receipt: Receipt | None = None) -> None:
        """Take what one message or datagram held; see ports.Intake."""
        if receipt is None and self._no_room():
            for one in heard:
                self._count(one.source, "store_full")
            return
        self._waiting.append((heard, receipt))
        self._hearings += len(heard)
        if receipt is not None:
            self._receipts += 1
            if self._receipts >= self._window:
                self._urgent.set()
        if self._hearings >= WAITING_MAX:
            self._roomy.clear()
            self._urgent.set()
        self._wake.set()

    def report(self, report: ReceiverReport) -> None:
        """Keep what a gateway says of itself, for status."""
        self._ledger.count("reports")
        if report.receiver in self.reports or len(self.reports) < REPORTS_MAX:
            self.reports[report.receiver] = report

    async def room(self, *, patient: bool = True) -> None:
        """Wait until few enough hearings wait for their commit; see ports.Intake."""
        if patient or not (self._ledger.full or self.stalled):
            await self._roomy.wait()

    def _no_room(self) -> bool:
        """Whether what cannot be sent again must be given up: nothing is committed, and enough waits."""
        return self._ledger.full or (self.stalled is not None and self._hearings >= WAITING_MAX)

    def disk_refuses(self, error: GatewayError) -> None:
        """Nothing can be written at present: said once in the log, and in `stalled` until it can."""
        if self.stalled is None:
            self._journal.error("stalled", why=error)
        self.stalled = str(error)

    def disk_works(self) -> None:
        """Housekeeping could write: when nothing waits here either, nothing is stalled."""
        if not self._hearings and not self._ledger.full:
            self._go_on()

    def _go_on(self) -> None:
        if self.stalled is not None:
            self._journal.info("going_on", after=self.stalled)
            self.stalled = None

    # -- the committing task --------------------------------------------------------------------------

    async def run(self) -> None:
        """Commit what comes, until `finish` has emptied it."""
        while not (self._closing and not self._waiting):
            await self._wake.wait()
            self._wake.clear()
            if not self._waiting:
                continue
            if self._interval_s > 0 and not self._urgent.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._interval_s):
                        await self._urgent.wait()
            self._urgent.clear()
            if not await self._store_has_room():
                return
            await self._flush()
            if self._waiting:
                self._wake.set()
                if self._receipts >= self._window or self._closing:
                    self._urgent.set()

    def finish(self) -> None:
        """No source submits any more: commit what is left and end `run`."""
        self._closing = True
        self._urgent.set()
        self._wake.set()

    async def _store_has_room(self) -> bool:
        """Wait while the store is full: what waits here is not acknowledged. False when asked to finish."""
        while self._ledger.full:
            if self._closing:
                return False
            self.stalled = "the store is full"
            await asyncio.sleep(RETRY_FIRST_S)
        self.stalled = None
        return True

    async def _flush(self) -> None:
        receipts: list[Receipt] = []
        tally: dict[tuple[str, str], int] = {}
        taken = 0
        while self._waiting and taken < BATCH_MAX:
            heard, receipt = self._waiting.popleft()
            taken += len(heard)
            for one in heard:
                key = one.source, self._interpreter.interpret(one)[0]
                tally[key] = tally.get(key, 0) + 1
            if receipt is not None:
                receipts.append(receipt)
        for (source, outcome), count in tally.items():
            self._count(source, outcome, count)
        self._book.flush_some()
        await self._commit()
        self._book.committed()
        self._tell_alarms()
        self._hearings -= taken
        self._receipts -= len(receipts)
        if self._hearings < WAITING_MAX:
            self._roomy.set()
        for receipt in receipts:
            receipt()

    def _tell_alarms(self) -> None:
        """Say what an operator must know of, the first time and then at each doubling."""
        for device, reason, sentence in self._interpreter.take_alarms():
            count = self._alarms.get((device, reason), 0) + 1
            self._alarms[device, reason] = count
            if count & (count - 1) == 0:
                self._journal.error(reason, device=device, times=count, why=sentence)

    def _count(self, source: str, outcome: str, by: int = 1) -> None:
        count = self._ledger.count
        count("heard", by)
        count(f"outcome.{outcome}", by)
        count(f"source.{source}", by)

    async def _commit(self) -> None:
        """Commit, for as long as it takes: nothing is acknowledged before."""
        while True:
            try:
                await self._ledger.commit()
            except (StoreFull, Unavailable) as error:
                self.disk_refuses(error)
                await self._ledger.recover(error)
                await asyncio.sleep(self._backoff.next())
                continue
            self._go_on()
            self._backoff.reset()
            return


def retry_undecided(
    interpreter: Interpreter,
    ledger: Ledger,
    kept: Iterable[tuple[int, Heard]],
    decided: Callable[[int], None],
) -> int:
    """Search for frames that were over budget, when there is time; how many were decided."""
    done = 0
    for seq, heard in kept:
        outcome, _ = interpreter.interpret(heard, idle=True)
        ledger.count("outcome.undecided", -1)
        ledger.count(f"outcome.{outcome}")
        decided(seq)
        done += 1
    return done
