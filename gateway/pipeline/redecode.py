"""What is kept, decoded anew: by a mended decoder, or by keys and devices that were added later. Pure.

    an uplink of a known device    its payload goes to the decoder again; what it gives now is compared with what
                                   the store has, point by point
    a frame refused for want of    it is interpreted as if it came now, by sessions that know nothing but the rows
    a key, a device or time        before it; the running sessions judge whether its counter is really new

Nothing here is written; `changes/redecode.py` does that.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from decoders.contract import Decoded, DecodeRefused, FieldValue
from gateway.device import Device
from gateway.lorawan.unwrap import Lorawan
from gateway.model import (
    REFUSALS,
    ApplicationUplink,
    Frame,
    Malformed,
    Reading,
    Record,
    Series,
    Stamp,
)
from gateway.pipeline.amended import LATE
from gateway.pipeline.fleet import Fleet
from gateway.pipeline.held import UNTRUSTED
from gateway.pipeline.interpret import Interpreter
from gateway.pipeline.readings import ReadingMaker
from gateway.pipeline.times import GatewayClocks

WANTING = frozenset({
    "unknown_device", "no_session", "bad_mic", "undecided", "malformed", "not_lorawan",
})  # fmt: skip
"""Outcomes of frames that a key, a device or time to search may turn into uplinks."""

Key = tuple[str, tuple[tuple[str, str], ...], int]
"""What a database tells points apart by: measurement, tags, time."""


class Row(Protocol):
    """A kept row as the store tells it (store/kept_rows.py)."""

    @property
    def seq(self) -> int:
        """The row."""

    @property
    def record(self) -> Record:
        """As it was heard."""

    @property
    def outcome(self) -> str:
        """What it counts as now."""

    @property
    def data(self) -> tuple[Reading, ...]:
        """Its data readings now."""

    @property
    def links(self) -> tuple[Reading, ...]:
        """Its link readings, with the times they have now."""

    @property
    def remains(self) -> tuple[Reading, ...]:
        """Data readings of before that nobody has deleted."""

    @property
    def waits(self) -> bool:
        """Whether its times wait for the clock."""


@dataclass(slots=True)
class Difference:
    """What an uplink gives now, against what the store has of it."""

    outcome: str
    sentence: str | None
    readings: tuple[Reading, ...]
    """All data readings that it gives now."""
    new: list[Key] = field(default_factory=list)
    changed: list[tuple[Key, dict[str, FieldValue], dict[str, FieldValue]]] = field(
        default_factory=list
    )
    """(point, fields before, fields now) where any of them differs."""
    vanished: list[Key] = field(default_factory=list)
    """Points that it does not give any more."""
    lost_fields: list[tuple[Key, tuple[str, ...]]] = field(default_factory=list)
    """Fields that points which are still there do not have any more."""

    left_behind: list[Key] = field(default_factory=list)
    """Points of which databases may have something that an earlier run replaced and did not delete."""

    def differs(self, before: str, *, delete: bool = False) -> bool:
        """Whether there is anything to write, for a row that counts as `before`."""
        changes = self.new or self.changed or self.vanished or self.outcome != before
        return bool(changes or (delete and self.left_behind))

    def to_delete(self) -> list[Key]:
        """Points that a database must forget so that nothing of before is left in it."""
        return [*self.vanished, *(key for key, _ in self.lost_fields), *self.left_behind]


Decode = Callable[
    [Device, int | None, bytes, Frame | ApplicationUplink, int | None],
    Awaitable[tuple[Decoded, ...] | None],
]
"""Asks a device's decoder: device, FPort, payload, hearing, the uplink's time if it is known. None: not now.

Of a time that nobody vouches for, the hearing's wall clock has what was given to the uplink."""


class Decoding:
    """Decodes uplinks again."""

    def __init__(
        self, fleet: Fleet, maker: ReadingMaker, clocks: GatewayClocks, decode: Decode
    ) -> None:
        self._fleet = fleet
        self._maker = maker
        self._clocks = clocks
        self._decode = decode

    async def again(self, row: Row) -> Difference | None:
        """What a row of a known device gives now; None when it cannot be told, or is not an uplink."""
        record, heard = row.record, row.record.heard
        device = self._fleet.by_name.get(record.device or "")
        if device is None or isinstance(heard, Malformed) or row.waits or not _is_uplink(row):
            return None
        opened = self._fleet.payload_of(device, heard, record.f_cnt)
        if opened is None:
            return None
        time_ns, known = self._time_of(row, heard)
        if not known:
            received = heard.received
            received = Stamp(time_ns, received.boot_ns, received.trusted)
            heard = msgspec.structs.replace(heard, received=received)
        sentence = None
        outcome = (
            "late"
            if "late" in (row.outcome, record.outcome) or record.sentence == LATE
            else "uplink"
        )
        made: list[Reading] = []
        try:
            decoded = await self._decode(device, *opened, heard, time_ns if known else None)
            if decoded is None:
                return None
            for one in decoded:
                reading = self._maker.data(device, one, time_ns)
                if reading is not None:
                    made.append(reading if known else _flagged(reading))
        except DecodeRefused as refused:
            outcome, sentence = refused.reason, refused.sentence
        return compared(row.data, tuple(made), outcome, sentence, row.remains)

    def _time_of(self, row: Row, heard: Frame | ApplicationUplink) -> tuple[int, bool]:
        """(the uplink's time as it was given to it, whether anybody vouched for it)."""
        had = row.links or row.data[-1:]
        if had:
            return had[0].time_ns, not any(UNTRUSTED in one.series.fields for one in had)
        time_ns, must_wait = self._clocks.uplink_time(heard)
        return time_ns, not must_wait


class Recovering:
    """Interprets what was refused, in the order in which it was heard, beside the sessions that run."""

    def __init__(self, interpreter: Interpreter, ledger: "Notes", lorawan: Lorawan) -> None:
        """All three of their own: nothing that is learned here reaches the running ones."""
        self._interpreter = interpreter
        self._ledger = ledger
        self._sessions = {(s.dev_addr, s.fingerprint): s for s in lorawan.sessions()}

    def know(self, row: Row, session: tuple[str, str] | None) -> None:
        """Remember a row that is an uplink already, as a restart would; `session` is its DevAddr and keys."""
        record = row.record
        if row.links or row.data:
            record = msgspec.structs.replace(record, readings=(*row.data, *row.links), held=False)
        self._interpreter.recall(row.seq, record, 0)
        heard = record.heard
        if session in self._sessions and record.f_cnt is not None and isinstance(heard, Frame):
            self._sessions[session].learn(record.f_cnt, heard.phy[-4:])

    def again(self, row: Row) -> Record | None:
        """What a refused row is now; None when it stays what it was."""
        heard = row.record.heard
        if row.record.outcome not in WANTING or isinstance(heard, Malformed):
            return None
        # A flood of forged frames is searched as slowly as when it came.
        self._interpreter.interpret(heard, idle=row.record.outcome == "undecided")
        record = self._ledger.take()
        self._interpreter.take_alarms()
        if record is None or record.device is None:
            return None
        if record.held:  # its boot is over: nobody will tell its time
            readings = tuple(_flagged(reading) for reading in record.readings)
            record = msgspec.structs.replace(record, readings=readings, held=False)
        return record


class Notes:
    """The ledger of an interpreter whose records are not written: it keeps the last one."""

    full = False
    FIRST = 1 << 48
    """Above every row's: its numbers are no rows."""

    def __init__(self) -> None:
        self.newest_seq = self.FIRST
        self.sessions: list[tuple[str, str, int, str]] = []
        """(DevAddr, fingerprint, epoch, device) by id - 1."""
        self._last: Record | None = None

    def add(self, record: Record) -> int:
        """Keep it until it is taken; a number of its own, above FIRST."""
        self.newest_seq += 1
        self._last = record
        return self.newest_seq

    def take(self) -> Record | None:
        """The record of the last hearing; None when there was none."""
        taken, self._last = self._last, None
        return taken

    def session_id(self, dev_addr: str, fingerprint: str, epoch: int, device: str) -> int:
        """The place of a session in `sessions`, from 1."""
        key = (dev_addr, fingerprint, epoch, device)
        if key not in self.sessions:
            self.sessions.append(key)
        return self.sessions.index(key) + 1

    def count(self, name: str, by: int = 1) -> None:
        """Nothing is counted."""

    def snapshot(self, session: int, state: bytes) -> None:
        """Nothing is kept."""

    async def commit(self) -> None:
        """Nothing is written."""

    async def recover(self, error: Exception) -> None:
        """Nothing can fail."""


def compared(
    old: Sequence[Reading],
    new: tuple[Reading, ...],
    outcome: str,
    sentence: str | None = None,
    remains: Sequence[Reading] = (),
) -> Difference:
    """What of these points is new, other than before, or gone."""
    before, now = _points(old), _points(new)
    found = Difference(outcome, sentence, new)
    for key, fields in now.items():
        had = before.get(key)
        if had is None:
            found.new.append(key)
            continue
        if other_values(had, fields):
            found.changed.append((key, had, fields))
        if lost := tuple(name for name in had if name not in fields):
            found.lost_fields.append((key, lost))
    found.vanished = [key for key in before if key not in now]
    known = set(found.to_delete())
    found.left_behind = [
        key
        for key, fields in _points(remains).items()
        if key not in known and fields.keys() - now.get(key, {}).keys()
    ]
    return found


def other_values(had: Mapping[str, FieldValue], has: Mapping[str, FieldValue]) -> list[str]:
    """The fields that are not the same; a flag is no float, and what is not a number stays what it is."""

    def same(name: str) -> bool:
        one, other = had.get(name), has.get(name)
        return type(one) is type(other) and (one == other or (one != one and other != other))

    return [name for name in {**had, **has} if not same(name)]


def _points(readings: Sequence[Reading]) -> dict[Key, dict[str, FieldValue]]:
    points: dict[Key, dict[str, FieldValue]] = {}
    for one in readings:
        series = one.series
        fields = dict(zip(series.fields, one.values, strict=True))
        points.setdefault((series.measurement, series.tags, one.time_ns), {}).update(fields)
    return points


def _is_uplink(row: Row) -> bool:
    """Whether a decoder had it: authentic, new and with a payload. What is `undecoded` waits for its turn."""
    return row.outcome in ("uplink", "late") or row.outcome in REFUSALS - WANTING


def _flagged(reading: Reading) -> Reading:
    """The reading with a field that says that nobody vouches for its time."""
    series = reading.series
    if UNTRUSTED in series.fields:
        return reading
    series = Series(series.measurement, series.tags, (*series.fields, UNTRUSTED))
    return msgspec.structs.replace(reading, series=series, values=(*reading.values, True))
