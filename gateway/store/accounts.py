"""Promise 3 as figures: every frame and every reading is in exactly one place, counted twice and compared.

Frames     heard = the sum over outcomes          from the counters, and outcome by outcome from the rows
Readings   accepted = delivered + pending + dead + expired + superseded + dropped, for each sink;
           pending is counted from the rows, the others were counted when they happened
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import cast

import apsw

from gateway.store.blocks import counted
from gateway.store.ceiling import used_bytes
from gateway.store.connection import reading
from gateway.store.history import held_readings, unread_readings
from gateway.store.position import Position

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

    @property
    def balanced(self) -> bool:
        """Whether the sum holds."""
        out = self.delivered + self.pending + self.dead + self.expired
        return self.accepted == out + self.superseded + self.dropped


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
    lowest = None
    for sink, state in connection.execute("SELECT name, state FROM sink").fetchall():
        position = Position.load(str(state))
        lowest = min(position.lowest_open(), lowest or (1 << 62))
        result.sinks[str(sink)] = _account(connection, position, result.readings)
    result.used_bytes = used_bytes(connection)
    if lowest is not None:
        query = "SELECT wall FROM frame WHERE seq >= ? AND readings > 0 ORDER BY seq LIMIT 1"
        result.oldest_pending_ns = cast("int | None", connection.execute(query, (lowest,)).get)
    return result


def _account(connection: apsw.Connection, position: Position, readings: int) -> SinkAccount:
    return SinkAccount(
        accepted=readings - position.baseline,
        delivered=position.delivered,
        pending=unread_readings(connection, position),
        held=held_readings(connection, position),
        dead=position.dead,
        expired=position.expired,
        superseded=position.superseded,
        dropped=position.dropped,
    )


def _rows_by_outcome(connection: apsw.Connection, counters: dict[str, int]) -> Counter[str]:
    rows: Counter[str] = Counter()
    for table in ("frame", "refused"):
        query = f"SELECT outcome, count(*) FROM {table} GROUP BY outcome"
        for outcome, count in connection.execute(query).fetchall():
            rows[str(outcome)] += cast("int", count)
    rows += counted(str(row[0]) for row in connection.execute("SELECT outcomes FROM raw_block"))
    for name, value in counters.items():
        if name.startswith("pruned."):
            rows[name.removeprefix("pruned.")] += value
    return rows
