"""What the event loop gathers for the next commit: rows, ids, counters. In memory only.

Ids are given here and kept in the file by the commit that first uses them.
"""

from collections.abc import Iterable, Sequence

import apsw

from gateway.model import REFUSALS, Malformed, Reading, Record
from gateway.store import recovery, retention
from gateway.store.batch import Batch, ToldRow
from gateway.store.packing import pack_body, pack_heard
from gateway.store.sampling import UNKEPT, Sampling
from gateway.store.tables import Tables

COMMITS = "commits"
"""The counter of transactions: tells after an I/O error whether the last one is on disk."""
NEWEST_SEQ = "newest_seq"
"""The counter that keeps a seq from being given twice when the newest rows are deleted."""


class Draft:
    """The open batch, and what its rows refer to."""

    def __init__(self, connection: apsw.Connection) -> None:
        """Go on where the file ends."""
        self.tables = Tables(connection)
        query = "SELECT name, value FROM counter WHERE name NOT LIKE 'pruned.%'"
        self.counters: dict[str, int] = dict(connection.execute(query))
        self.horizon: int = recovery.horizon(connection)
        """The newest sealed row; the tail is above it."""
        self.next_seq = 1 + max(
            self.horizon, self.counters.get(NEWEST_SEQ, 0), recovery.newest_seq(connection)
        )
        self.this_boot = 0
        self.newest_reading = 0
        """The newest row of this run that has readings."""
        self.refused_bytes = retention.refused_bytes(connection)
        """What refused frames take in the file, or more."""
        self._open = Batch()
        self._sampling = Sampling()
        self._changed: set[str] = set()
        self._sessions: dict[tuple[str, str, int], int] = recovery.session_ids(connection)
        self._held = set(recovery.held_rows(connection))
        """Rows that the file, or a batch on its way to it, holds for the clock."""
        self._released: set[int] = set()
        """Those of them that a batch on its way releases."""
        self._decided: set[int] = set()
        """Decided, and still undecided in the file."""
        self.leaving: set[int] = set()
        """Dead letters that something else has become of, and that are still dead in the file."""

    @property
    def newest_seq(self) -> int:
        """The seq of the newest record added."""
        return self.next_seq - 1

    def count(self, name: str, by: int = 1) -> None:
        """Add to a counter; it is written with the next commit."""
        self.counters[name] = self.counters.get(name, 0) + by
        self._changed.add(name)

    def add(self, record: Record) -> int:
        """Put a record into the open batch; its seq."""
        seq = self.next_seq
        self.next_seq = seq + 1
        heard = record.heard
        refused = not record.readings and (record.outcome in REFUSALS or _capped(record))
        if refused and not self._sampling.keeps(heard, record.outcome):
            self.count(UNKEPT + record.outcome)
            return seq
        stamp = heard.received
        name_id = self.tables.name_id
        device = None if record.device is None else name_id(record.device)
        receiver = (
            None if isinstance(heard, Malformed) or not heard.receptions
            else self.tables.receiver_id(heard.receptions[0].receiver)
        )  # fmt: skip
        phy, radio = pack_heard(heard)
        when = (stamp.wall_ns, stamp.boot_ns, self.this_boot, stamp.trusted)
        where = (name_id(heard.source), receiver)
        if refused:
            sentence = record.sentence or ""
            self._open.refused.append(
                (seq, device, record.outcome, record.session, record.f_cnt, *when, *where, phy, radio,
                 sentence)
            )  # fmt: skip
            self.refused_bytes += (
                retention.ROW_OVERHEAD_BYTES + len(phy) + len(radio) + len(sentence)
            )
            return seq
        series_id = self.tables.series_id
        packed = [
            (
                series_id(reading.series, record.device or "", reading.values),
                reading.time_ns,
                *reading.values,
            )
            for reading in record.readings
        ]
        self._open.frames.append(
            (seq, device, len(packed), record.held, record.outcome, record.about, record.session,
             record.f_cnt, *when, *where, phy, radio, pack_body(packed, record.sentence))
        )  # fmt: skip
        if packed:
            self.count("readings", len(packed))
            self.newest_reading = seq
        if record.held:
            self._held.add(seq)
        return seq

    @property
    def hold_low(self) -> int | None:
        """The lowest row held for the clock, as the file has it; it and what follows is not sealed."""
        return min(self._held, default=None)

    def waits_for_clock(self, seq: int) -> bool:
        """Whether a row is held and nothing has released it."""
        return seq in self._held and seq not in self._released

    def released(self, seq: int) -> None:
        """A held row was replaced by another record of the open batch."""
        self._open.released.append(seq)
        self._released.add(seq)

    def waits_for_search(self, seq: int) -> bool:
        """Whether an undecided row of the file was not decided meanwhile."""
        return seq not in self._decided

    @property
    def deciding(self) -> bool:
        """Whether rows were decided that the file still has as refused."""
        return bool(self._decided)

    def decided(self, seq: int) -> None:
        """A refused row has become another record of the open batch: its bytes live on there."""
        self._open.decided.append(seq)
        self._decided.add(seq)

    def session_id(self, dev_addr: str, fingerprint: str, epoch: int, device: str) -> int:
        """The id of a session, made in the open batch when it is new."""
        key = (dev_addr, fingerprint, epoch)
        found = self._sessions.get(key)
        if found is None:
            found = len(self._sessions) + 1
            self._sessions[key] = found
            self._open.sessions.append((found, *key, device, self.next_seq - 1))
        return found

    def snapshot(self, session: int, state: bytes) -> None:
        """Put the state of a session, as of the newest record added, into the open batch."""
        self._open.snapshots.append((state, self.next_seq - 1, session))

    def note_sinks(self, texts: dict[str, str]) -> None:
        """Write positions of sinks that are not configured, as they are given."""
        self._open.sinks |= texts

    def forget(self, readings: Iterable[Reading]) -> None:
        """These are shown no more once the next commit is on disk."""
        self._open.gone += [(one.seq, one.index) for one in readings]

    def tell(self, letters: Sequence[ToldRow]) -> None:
        """Dead letters were refused again, in these words."""
        self._open.told += letters

    def forget_rows(self, upto: int) -> None:
        """Tail rows up to this seq are no more."""
        self.horizon = max(self.horizon, upto)
        self._held = {seq for seq in self._held if seq > upto}

    def _close_batch(self, sinks: dict[str, str]) -> Batch:
        """The open batch with all that is due; counters as absolute values, the newest ones."""
        batch, self._open = self._open, Batch()
        batch.new = self.tables.take_new()
        batch.sinks |= sinks
        if batch.frames or batch.refused:
            self.counters[NEWEST_SEQ] = self.next_seq - 1
            self._changed.add(NEWEST_SEQ)
        batch.counters = {name: self.counters[name] for name in self._changed}
        self._changed.clear()
        return batch

    def _is_on_disk(self, batch: Batch) -> None:
        self._decided.difference_update(batch.decided)
        self._held.difference_update(batch.released)
        self._released.difference_update(batch.released)
        self._letters_are_out(batch)

    def _letters_are_out(self, batch: Batch) -> None:
        self.leaving.difference_update(batch.taken_out)

    def _numbered(self, batch: Batch) -> Batch:
        batch.number = self.counters.get(COMMITS, 0) + 1
        self.counters[COMMITS] = batch.counters[COMMITS] = batch.number
        return batch


def _capped(record: Record) -> bool:
    """Whether a record that is no refusal is kept under the cap of refused ones: anyone can make many."""
    if record.outcome == "join":
        return record.device is None
    return record.outcome in ("undecided", "repeated")
