"""Promise 3 as figures: every frame and every reading is in exactly one place, counted twice and compared.

Frames     heard = the sum over outcomes          from the counters, and outcome by outcome from the rows
Readings   accepted = delivered + pending + dead + expired + superseded + dropped, for each sink;
           pending is counted from the rows, the others were counted when they happened
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import cast

import apsw

from gateway.model import BECAME
from gateway.store.blocks import ROTTEN, counted
from gateway.store.ceiling import database_bytes
from gateway.store.connection import reading
from gateway.store.history import held_readings, oldest_unread_wall, unread_readings
from gateway.store.position import Position
from gateway.store.retention import outcomes
from gateway.store.sampling import UNKEPT

NOT_KEPT = frozenset({"bad_crc", "redelivered", "store_full"})
"""Outcomes without a row: there is nothing to compare their counters with."""
ADDED = frozenset({"stamped"})
"""Rows that add to another row and were not heard."""


@dataclass(slots=True)
class SinkAccount:
    """One sink's side of the sum."""

    accepted: int
    delivered: int
    pending: int
    held: int
    """Of `pending`: waiting for the clock."""
    dead: int
    expired: int
    superseded: int
    dropped: int
    dead_rows: int
    """Dead letters that are kept, and those forgotten over the cap; the same as `dead`."""

    @property
    def balanced(self) -> bool:
        """Whether the sum holds, and the dead letters are there."""
        out = self.delivered + self.pending + self.dead + self.expired
        return self.accepted == out + self.superseded + self.dropped and self.dead == self.dead_rows


@dataclass(slots=True)
class Accounts:
    """Both sums, and what the store holds."""

    heard: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    rows_differ: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Outcomes whose counter and rows disagree: (counter, rows)."""
    readings: int = 0
    sources: dict[str, int] = field(default_factory=dict)
    sinks: dict[str, SinkAccount] = field(default_factory=dict)
    used_bytes: int = 0
    oldest_pending_ns: int | None = None
    """Reception time of the oldest row that some sink has not settled."""

    @property
    def frames_balanced(self) -> bool:
        """Whether heard is the sum over outcomes, and the rows agree."""
        return self.heard == sum(self.outcomes.values()) and not self.rows_differ


def accounts(connection: apsw.Connection) -> Accounts:
    """Count everything in one read transaction.

    Raises:
        StoreDamaged, Unavailable: the store cannot be read.
    """
    with reading(connection):
        return _counted(connection)


def _counted(connection: apsw.Connection) -> Accounts:
    pairs = connection.execute("SELECT name, value FROM counter").fetchall()
    counters = dict(cast("list[tuple[str, int]]", pairs))
    result = Accounts(heard=counters.get("heard", 0), readings=counters.get("readings", 0))
    for name, value in counters.items():
        kind, _, rest = name.partition(".")
        if kind == "outcome" and value:
            result.outcomes[rest] = value
        elif kind == "source":
            result.sources[rest] = value
    rows = _rows_by_outcome(connection, counters)
    for outcome in (set(rows) | set(result.outcomes)) - NOT_KEPT - ADDED:
        pair = (result.outcomes.get(outcome, 0), rows[outcome])
        if pair[0] != pair[1]:
            result.rows_differ[outcome] = pair
    dead = _dead_by_sink(connection, counters)
    waiting = []
    for sink, state in connection.execute("SELECT name, state FROM sink").fetchall():
        position = Position.load(str(state))
        if not position.away:
            result.sinks[str(sink)] = _account(
                connection, position, result.readings, dead[str(sink)]
            )
            waiting.append(oldest_unread_wall(connection, position))
    result.used_bytes = database_bytes(connection)
    result.oldest_pending_ns = min((wall for wall in waiting if wall is not None), default=None)
    return result


def _account(
    connection: apsw.Connection, position: Position, readings: int, dead_rows: int
) -> SinkAccount:
    rotten: list[int] = []
    pending = unread_readings(connection, position, rotten=rotten)
    if rotten:  # how much of such a block the sink has had, only the sum can tell
        pending = readings - position.baseline - position.settled()
    return SinkAccount(
        accepted=readings - position.baseline,
        delivered=position.delivered,
        pending=pending,
        held=held_readings(connection, position),
        dead=position.dead,
        expired=position.expired,
        superseded=position.superseded,
        dropped=position.dropped,
        dead_rows=dead_rows,
    )


def _dead_by_sink(connection: apsw.Connection, counters: dict[str, int]) -> Counter[str]:
    rows: Counter[str] = Counter()
    for sink, count in connection.execute("SELECT sink, count(*) FROM dead GROUP BY sink"):
        rows[str(sink)] += cast("int", count)
    for name, value in counters.items():
        if name.startswith("forgotten."):
            rows[name.removeprefix("forgotten.")] += value
    return rows


def _rows_by_outcome(connection: apsw.Connection, counters: dict[str, int]) -> Counter[str]:
    rows: Counter[str] = Counter()
    for table in ("frame", "refused"):
        query = f"SELECT outcome, count(*) FROM {table} GROUP BY outcome"
        for outcome, count in connection.execute(query).fetchall():
            rows[str(outcome)] += cast("int", count)
    for seq_low, text in connection.execute(
        "SELECT seq_low, CAST(outcomes AS BLOB) FROM raw_block"
    ):
        try:
            rows += counted([cast("bytes", text)])
        except ROTTEN:
            rows += outcomes(connection, cast("int", seq_low))
    for name, value in counters.items():
        for gone in ("pruned.", UNKEPT):
            if name.startswith(gone):
                rows[name.removeprefix(gone)] += value
    return _amended(rows)


def _amended(rows: Counter[str]) -> Counter[str]:
    """The count of hearings by what they are now: a row that amends another one moves that."""
    now = Counter(rows)
    for outcome, count in rows.items():
        before, became, after = outcome.partition(BECAME)
        if became:
            del now[outcome]
            now[before] -= count
            now[after] += count
    return now
