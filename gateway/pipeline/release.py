"""When readings that wait for the clock are let go: it was set in their boot, or they have waited long enough.

    the clock is trusted, same boot          their right times (held.corrected)
    `clock_wait` is over, or the boot is     the times they had, with the field `time_untrusted`; under
                                             clock_never = "dead_letter" no sink sends those (untimed.py)

The boot-time clock decides how long something has waited: it cannot jump.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from gateway.model import Record, Stamp
from gateway.pipeline.held import corrected, flagged, shifted, without_our_clock
from gateway.pipeline.interpret import Interpreter

HELD_AT_ONCE = 500
"""Held rows given their times in one step."""


class Waiting(Protocol):
    """The store as a release sees it."""

    this_boot: int
    """The row of this boot."""

    def waits_for_clock(self, seq: int) -> bool:
        """Whether a row is held and nothing has released it."""

    def add(self, record: Record) -> int:
        """Put a record into the open batch; its seq."""

    def released(self, seq: int) -> None:
        """A held row was replaced by another record of the open batch."""

    async def commit(self) -> None:
        """Write the open batch."""


class Release:
    """Gives held rows their times, a few at once, oldest first."""

    def __init__(
        self,
        store: Waiting,
        interpreter: Interpreter,
        wait_s: float,
        read: Callable[[int], Awaitable[Sequence[tuple[int, int, Record]]]],
    ) -> None:
        """`read` gives (seq, boot, record) of so many of the oldest held rows."""
        self._store = store
        self._interpreter = interpreter
        self._wait_ns = int(wait_s * 1e9)
        self._read = read

    async def step(self, now: Stamp) -> bool:
        """Let go what may go; True when there is more to do at once.

        Raises:
            StoreFull, Unavailable: nothing was let go; it is tried again.
        """
        held = await self._read(HELD_AT_ONCE)
        released = 0
        for seq, boot, record in held:
            # Another batch may have released it that the disk has not taken yet.
            if self._store.waits_for_clock(seq):
                released += self._let_go(seq, boot, record, now)
        if released:
            await self._store.commit()
        return released == HELD_AT_ONCE

    def _let_go(self, seq: int, boot: int, record: Record, now: Stamp) -> bool:
        since_ns = now.boot_ns - record.heard.received.boot_ns
        # A clock that counts from the start of the machine never runs backwards within a boot.
        same_boot = boot == self._store.this_boot and since_ns >= 0
        replacement = None
        if same_boot and now.trusted:
            received = corrected(record, now)
            judged = without_our_clock(record, received)
            replacement = self._interpreter.restamped(seq, judged, received)
            replacement = replacement or shifted(record, seq, received)
        elif same_boot and since_ns < self._wait_ns:
            return False
        self._store.add(replacement or flagged(record, seq))
        self._store.released(seq)
        return True
