"""How much is stored, how old it is, and how long an outage still fits, at the rate of the newest rows.

room      what the file may have, less what must stay: refused frames, dead letters, and what sinks have not had.
          Settled history does not count: it goes first.
rate      bytes of the newest rows of the tail, over the time since the oldest of them
"""

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import apsw

from gateway.store import rot
from gateway.store.ceiling import ROOM_LEFT, Shares, database_bytes, files_bytes
from gateway.store.connection import reading
from gateway.store.position import Position
from gateway.store.retention import refused_bytes

CEILING = "size_max"
"""The name in `meta` of the ceiling that the last writer was given."""
RATE_ROWS = 4096
"""Newest rows that the rate is measured by; housekeeping leaves as many in the tail."""
RATE_S_LEAST = 60.0
"""Less time than this tells no rate."""
ROW_BYTES = 64
"""What a row of the tail costs beyond its blobs."""
DEAD_BYTES = 100
"""And a dead letter."""
HOUR_S = 3600.0


@dataclass(slots=True)
class Outlook:
    """Figures for `status`."""

    used_bytes: int = 0
    """Pages of the file that hold something."""
    disk_bytes: int = 0
    """What the files take: free pages, WAL and reserve file too."""
    size_max: int | None = None
    """None in a file that no daemon of this version has opened."""
    oldest_history_ns: int | None = None
    waiting_bytes: int = 0
    """What some sink has not had."""
    bytes_per_hour: float | None = None
    """None when too little was heard lately to tell."""
    outage_hours: float | None = None
    """How long all sinks may be away from now on, at this rate; None when that cannot be told."""
    rotted: rot.SetAside = field(default_factory=rot.SetAside)


def outlook(connection: apsw.Connection, store: Path, now_ns: int) -> Outlook:
    """Look at the store in one read transaction.

    Raises:
        StoreDamaged, Unavailable: the store cannot be read.
    """
    with reading(connection):
        result = Outlook(
            used_bytes=database_bytes(connection),
            size_max=cast("int | None", _get(connection, "value FROM meta WHERE key = ?", CEILING)),
            oldest_history_ns=_oldest(connection),
            waiting_bytes=_waiting(connection),
            bytes_per_hour=_bytes_per_hour(connection, now_ns),
            rotted=rot.found(connection),
        )
        must_stay = result.waiting_bytes + refused_bytes(connection) + _dead_bytes(connection)
    with contextlib.suppress(OSError):
        result.disk_bytes = files_bytes(store)
    if result.size_max is not None and result.bytes_per_hour:
        shares = Shares(result.size_max)
        room = shares.room_bytes(store) * ROOM_LEFT - shares.wal_bytes - shares.reserve_bytes
        result.outage_hours = max(room - must_stay, 0.0) / result.bytes_per_hour
    return result


def _get(connection: apsw.Connection, query: str, *values: int | str) -> "apsw.SQLiteValue":
    return cast("apsw.SQLiteValue", connection.execute(f"SELECT {query}", values).get)


def _oldest(connection: apsw.Connection) -> int | None:
    for query in ("wall_low FROM raw_block ORDER BY seq_low", "wall FROM frame ORDER BY seq"):
        found = _get(connection, f"{query} LIMIT 1")
        if found is not None:
            return cast("int", found)
    return None


_TAIL = f"length(phy) + length(radio) + length(body) + {ROW_BYTES}"


def _waiting(connection: apsw.Connection) -> int:
    """Bytes of what some sink has still to get."""
    texts = connection.execute("SELECT state FROM sink").fetchall()
    positions = [Position.load(str(text)) for (text,) in texts]
    waited_for = [position for position in positions if not position.away]
    if not waited_for:
        return 0
    low = min(position.lowest_open() for position in waited_for)
    total = _get(connection, f"sum({_TAIL}) FROM frame WHERE seq >= ?", low) or 0
    floor = min(position.high for position in waited_for)
    chunks = "FROM raw_block WHERE seq_high > ?"
    raw = _get(connection, f"sum(length(data)) {chunks}", floor) or 0
    blocks = _get(
        connection,
        f"sum(length(data)) FROM block WHERE id >= (SELECT min(block_low) {chunks})",
        floor,
    )
    return cast("int", total) + cast("int", raw) + cast("int", blocks or 0)


def _dead_bytes(connection: apsw.Connection) -> int:
    return cast(
        "int",
        _get(connection, f"sum(length(reading) + length(text) + {DEAD_BYTES}) FROM dead") or 0,
    )


def _bytes_per_hour(connection: apsw.Connection, now_ns: int) -> float | None:
    newest = cast("int", _get(connection, "max(seq) FROM frame") or 0)
    total, begun = cast(
        "tuple[int | None, int | None]",
        connection.execute(
            f"SELECT sum({_TAIL}), min(wall) FROM frame WHERE seq > ? AND clock_trusted",
            (newest - RATE_ROWS,),
        ).fetchone(),
    )
    if total is None or begun is None or now_ns - begun < RATE_S_LEAST * 1e9:
        return None
    return total / ((now_ns - begun) / 1e9) * HOUR_S
