"""The parts that decode again: devices as they are configured now, and sessions that learn from the rows alone.

The sessions that run are asked whether a counter is new, and are told of those that are; nothing of what is old
moves them. A counter above the newest one that a running session has heard belongs to a time before its device
began again, and is not told: later frames would look like replays.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import msgspec

from gateway.changes.codecs import AnyDecoder
from gateway.changes.recovered import Recovered
from gateway.errors import Unavailable
from gateway.lorawan.frame_counter import COUNTERS_KEPT
from gateway.lorawan.region import Region
from gateway.lorawan.session import Session
from gateway.lorawan.unwrap import Lorawan
from gateway.model import Frame, Record, SessionState
from gateway.pipeline.fleet import Fleet
from gateway.pipeline.interpret import Interpreter
from gateway.pipeline.payloads import Payloads
from gateway.pipeline.readings import ReadingMaker
from gateway.pipeline.redecode import Decoding, Difference, Notes, Recovering
from gateway.pipeline.times import GatewayClocks
from gateway.store.kept_rows import Kept
from gateway.store.store import Store

UPLINKS_KEPT = 10_000
"""Uplinks of this run that a further reception can point at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the running gateway is made of, as far as decoding needs it."""

    fleet: Callable[[], Fleet]
    """The devices as they are configured now."""
    lorawan: Callable[[], Lorawan]
    """The running sessions."""
    region: Region | None
    host: str
    tags: dict[str, str]
    backfill_max_s: float
    payloads: Payloads
    decoder: AnyDecoder


class Shadow:
    """Everything that one run decodes with."""

    def __init__(
        self, store: Store, parts: Parts, device: str | None, states: Sequence[SessionState]
    ) -> None:
        """For one device, or for all; `states` are the sessions that the store knows.

        Raises:
            Unavailable: no such device is configured.
        """
        self._store = store
        devices = parts.fleet().by_name
        if device is not None and device not in devices:
            raise Unavailable(
                f"the running gateway knows no device {device!r}; add it to its devices file"
            )
        chosen = devices.values() if device is None else (devices[device],)
        # A restart of a counter that happened in the past is not to be accepted again.
        fleet = Fleet([replace(one, f_cnt_reset="refuse") for one in chosen], parts.region)
        lorawan, self._notes = fleet.lorawan(), Notes()
        maker, clocks = ReadingMaker(parts.host, parts.tags), GatewayClocks(parts.backfill_max_s)
        self._names = set(fleet.by_name)
        interpreter = Interpreter(fleet, lorawan, self._notes, maker, clocks, parts.payloads)
        self._recovering = Recovering(interpreter, self._notes, lorawan)
        self._decoding = Decoding(fleet, maker, clocks, parts.decoder.decode)
        self._running = {
            (one.dev_addr, one.fingerprint): one
            for one in parts.lorawan().sessions()
            if one.device in self._names
        }
        self._unheard = {key for key, one in self._running.items() if one.newest is None}
        """Sessions that had heard nothing when this began: what is recovered is all they know."""
        self._by_row = {state.id: (state.dev_addr, state.fingerprint) for state in states}
        self._seqs: dict[int, int] = {}
        self._told: set[tuple[str, str]] = set()

    def concerns(self, row: Kept) -> bool:
        """Whether a row is of a device that is meant, or of nobody yet."""
        return row.record.device is None or row.record.device in self._names

    def recovered(self, row: Kept) -> Recovered | None:
        """What a refused row is now; None when it is none, or stays what it was."""
        if row.record.device is not None or row.outcome != row.record.outcome:
            self._recovering.know(row, self._by_row.get(row.record.session or 0))
            return None
        record = self._recovering.again(row)
        if record is None:
            return None
        note = self._notes.newest_seq
        return self._judged(row, record, note)

    async def difference(self, row: Kept) -> Difference | None:
        """What an uplink gives now; None when that cannot be told."""
        return await self._decoding.again(row)

    def write(self, one: Recovered) -> None:
        """Put a recovered row into the open batch, with what follows from it."""
        store, record = self._store, one.record
        session = None
        if one.session is not None and one.tell:
            running = self._running[one.session]
            if running.row is None:
                running.row = store.session_id(*one.session, running.epoch, running.device)
            session = running.row
            if isinstance(record.heard, Frame) and record.f_cnt is not None:
                running.learn(record.f_cnt, record.heard.phy[-4:])
                self._told.add(one.session)
        about = None if record.about is None else self._seqs.get(record.about, record.about)
        if about is not None and about >= Notes.FIRST:
            about = None  # too long ago
        seq = store.add(msgspec.structs.replace(record, session=session, about=about))
        self._seqs[one.note] = seq
        if len(self._seqs) > UPLINKS_KEPT:
            del self._seqs[next(iter(self._seqs))]
        store.decided(one.seq)
        store.count(f"outcome.{one.before}", -1)
        store.count(f"outcome.{record.outcome}")

    def flush(self) -> None:
        """Put the counters that were told to running sessions into the same batch."""
        for key in self._told:
            running = self._running[key]
            if running.row is not None:
                self._store.snapshot(running.row, running.snapshot())
        self._told.clear()

    def _judged(self, row: Kept, record: Record, note: int) -> Recovered | None:
        """The running session's word about a counter."""
        heard = record.heard
        if not isinstance(heard, Frame) or record.session is None or record.f_cnt is None:
            # A network server's event: its session there is of another time.
            return Recovered(row.seq, row.outcome, record, note, None, tell=False)
        dev_addr, fingerprint, _, _ = self._notes.sessions[record.session - 1]
        key = (dev_addr, fingerprint)
        running = self._running.get(key)
        if running is None:
            return Recovered(row.seq, row.outcome, record, note, None, tell=False)
        known = running.window.mic_of(record.f_cnt)
        if known is not None and record.outcome != "repeated":
            if known != running.keys.lasting(heard.phy[-4:]):
                return None
            record = Record(heard, "repeated", record.device, f_cnt=record.f_cnt)
        return Recovered(
            row.seq, row.outcome, record, note, key, tell=self._may_tell(key, running, record.f_cnt)
        )

    def _may_tell(self, key: tuple[str, str], running: Session, f_cnt: int | None) -> bool:
        newest = running.newest
        if newest is None or key in self._unheard:
            return True
        return f_cnt is not None and 0 <= newest - f_cnt < COUNTERS_KEPT
