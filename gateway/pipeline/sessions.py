"""The frame counters' way to disk and back: flushed now and then, completed at start from the rows after it.

Between two flushes the frame rows themselves are the counters' record, so that a frame costs no second
write. What is sealed must be flushed before, because sealed rows are not read again at start.
"""

from collections.abc import Callable, Iterable

from gateway.journal import Journal
from gateway.lorawan.session import Session
from gateway.lorawan.unwrap import Lorawan
from gateway.model import SessionState
from gateway.ports import Ledger

FLUSH_ROWS = 20_000
"""Rows after which every changed session is flushed: bounds what start has to read."""
SESSIONS_AT_ONCE = 50
"""Sessions flushed with one commit: a fleet's counters are a few MB."""


class SessionBook:
    """Which sessions are due, and how far everything is flushed."""

    def __init__(self, lorawan: Lorawan, ledger: Ledger) -> None:
        self._lorawan = lorawan
        self._ledger = ledger
        self._due: list[Session] = []
        self._round_began = 0
        self.flushed = 0
        """Rows up to this seq are in sessions' states that are on disk."""
        self._written = 0
        """As `flushed`, but perhaps only in the open batch."""

    def restore(
        self,
        states: Iterable[SessionState],
        rows_after: Callable[[int], Iterable[tuple[int, int, int, bytes]]],
    ) -> None:
        """Bring sessions to where they were: their states, then the rows after the oldest of them."""
        by_row = self._restored(states)
        self.flushed = self._written = min(
            (flushed for _, flushed in by_row.values()), default=self._ledger.newest_seq
        )
        _learn(by_row, rows_after(self.flushed))

    def meet(
        self,
        states: Iterable[SessionState],
        rows: Iterable[tuple[int, int, int, bytes]],
    ) -> None:
        """Sessions that came into the configuration while this runs: what an earlier run has kept of them.

        What they learn is put into the open batch at once: the rows it comes from may be older than `flushed`.
        """
        by_row = self._restored(states)
        _learn(by_row, rows)
        self.part(session for session, _ in by_row.values())

    def part(self, sessions: Iterable[Session]) -> None:
        """Put what changed of these sessions into the open batch."""
        for session in sessions:
            for each in (session, session.previous):
                if each is not None and each.dirty and each.row is not None:
                    self._ledger.snapshot(each.row, each.snapshot())

    def _restored(self, states: Iterable[SessionState]) -> dict[int, tuple[Session, int]]:
        """Sessions with their states by row, and up to which row those know."""
        journal = Journal("sessions")
        by_row: dict[int, tuple[Session, int]] = {}
        for state in states:
            try:
                session = self._lorawan.restore(
                    state.dev_addr, state.fingerprint, state.epoch, state.id, state.state or b""
                )
            except ValueError as error:
                journal.error("damaged_session", device=state.device, why=error)
                # Its row is known and it is empty: the rows after its flush, at least, are learned.
                session = next((s for s in self._lorawan.sessions() if s.row == state.id), None)
            if session is not None:
                by_row[state.id] = (session, state.flushed)
        return by_row

    def begin_round(self) -> None:
        """Take every changed session into the next flushes."""
        if not self._due:
            self._round_began = self._ledger.newest_seq
            self._due = [session for session in self._lorawan.sessions() if session.dirty]
            if not self._due:
                self._written = self._round_began

    def committed(self) -> None:
        """What was in the open batch is on disk now."""
        self.flushed = self._written

    def flush_some(self) -> None:
        """Put a few due sessions into the open batch; begins a round when enough rows have come."""
        if not self._due:
            if self._ledger.newest_seq - self._written < FLUSH_ROWS:
                return
            self.begin_round()
        for session in self._due[:SESSIONS_AT_ONCE]:
            if session.row is not None:
                self._ledger.snapshot(session.row, session.snapshot())
        del self._due[:SESSIONS_AT_ONCE]
        if not self._due:
            self._written = self._round_began

    def flush_all(self) -> None:
        """Put every changed session into the open batch: at the end."""
        self._due = []
        self.begin_round()
        while self._due:
            self.flush_some()


def _learn(
    by_row: dict[int, tuple[Session, int]], rows: Iterable[tuple[int, int, int, bytes]]
) -> None:
    """Note what was accepted after each session's state was written."""
    for seq, row, f_cnt, mic in rows:
        found = by_row.get(row)
        if found is not None and seq > found[1]:
            found[0].learn(f_cnt, mic)
