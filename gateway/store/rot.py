"""Bytes that rotted: what cannot be read any more is set aside, kept and counted, and the rest is served.

SQLite finds a broken page, not a flipped bit inside a blob. A block says so by its checksum, a row of the tail by
not being MessagePack. Whoever meets one raises `Rotted`; housekeeping then sets it aside in one transaction:

    block    its bytes stay where they are; its count becomes 0, so that nobody reads it
    frame    the row stays, without readings; the bytes of its body go to `meta`
    meta     rotted.<what>.<id>: for a block how many readings it held, for a row the bytes of its body

What a sink had not had of it counts as dropped, so that the sums of promise 3 hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

import apsw

from gateway.store.history import unread_readings
from gateway.store.packing import pack_body
from gateway.store.position import Position

MARK = "rotted."
"""Begins the names in `meta` of what was set aside."""


@dataclass(slots=True)
class SetAside:
    """What was set aside since the file was begun."""

    blocks: int = 0
    rows: int = 0
    readings: int = 0
    """Those of the blocks; rows are counted by themselves."""


def set_aside(connection: apsw.Connection, what: Literal["block", "frame"], row: int) -> None:
    """Mark it, in a transaction of the caller; nothing when it was done before."""
    if what == "block":
        readings = connection.execute("SELECT readings FROM block WHERE id = ?", (row,)).get
        if not readings:
            return
        _mark(connection, what, row, readings)
        connection.execute("UPDATE block SET readings = 0 WHERE id = ?", (row,))
        connection.execute(
            "UPDATE raw_block SET readings = readings - ? WHERE ? BETWEEN block_low AND block_high",
            (readings, row),
        )
        return
    body = connection.execute("SELECT body FROM frame WHERE seq = ? AND readings > 0", (row,)).get
    if body is not None:
        _mark(connection, what, row, body)
        connection.execute(
            "UPDATE frame SET readings = 0, body = ? WHERE seq = ?", (pack_body([]), row)
        )


def lost(connection: apsw.Connection, positions: Mapping[str, Position]) -> dict[str, int]:
    """By sink, how many readings are in no place: those that were set aside before it had them."""
    accepted = connection.execute("SELECT value FROM counter WHERE name = 'readings'").get or 0
    return {
        name: int(accepted)
        - position.baseline
        - position.settled()
        - unread_readings(connection, position)
        for name, position in positions.items()
    }


def found(connection: apsw.Connection) -> SetAside:
    """What was set aside, for `status`."""
    result = SetAside()
    query = "SELECT key, typeof(value), value FROM meta WHERE key GLOB ?"
    for key, kind, value in connection.execute(query, (MARK + "*",)):
        if str(key).startswith(MARK + "block."):
            result.blocks += 1
            result.readings += cast("int", value) if kind == "integer" else 0
        else:
            result.rows += 1
    return result


def _mark(connection: apsw.Connection, what: str, row: int, value: "apsw.SQLiteValue") -> None:
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"{MARK}{what}.{row}", value))
