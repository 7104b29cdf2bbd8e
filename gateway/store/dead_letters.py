"""Readings that a sink refused for good: finding them, and taking them out again with the sums still right.

    dead -> accepted this time   dead row deleted, `dead` - 1, `delivered` + 1   in one transaction
    dead -> refused again        stays; the server's newer words and the time replace the old ones
    dead -> dropped by a person  dead row deleted, `dead` - 1, `dropped` + 1
    dead -> superseded           dead row deleted, `dead` - 1, `superseded` + 1: a newer row has the reading

Until that transaction is on disk a letter is dead, also when the database has it already: to offer it once
more is harmless. An id is never given twice, so that a command repeated later cannot meet another letter.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, cast

import apsw
from msgspec import Meta, Struct

from gateway.model import Reading, Record
from gateway.store.batch import DeadRow, ToldRow
from gateway.store.packing import unpack_body
from gateway.store.recovery import newest_rows_page, opened, raw_record
from gateway.store.tables import Tables

if TYPE_CHECKING:
    from gateway.store.store import Store

NEWEST_ID = "newest_dead"
"""The key of `meta` that keeps an id from being given twice when the newest letters are gone."""

_FROM = "FROM dead JOIN series ON series.id = dead.series JOIN name ON name.id = series.device"
_NUMBERS = re.compile(r"[0-9]+")

Number = Annotated[int, Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
"""What SQLite takes as one."""


class Wanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which dead letters are meant; what is not given does not matter."""

    ids: tuple[Number, ...] | None = None
    sink: str | None = None
    status: Number | None = None
    reason: str | None = None
    """A part of the server's words, upper and lower case alike."""
    device: str | None = None
    since_ns: Number = 0
    """Refused at this time or later."""
    until_ns: Number = 1 << 62
    newest_id: Number = 1 << 62
    """Letters that came after this one are not meant."""


class DeadLetter(Struct, frozen=True, kw_only=True):
    """A reading that a sink refused for good."""

    id: int
    sink: str
    device: str
    reading: Reading
    """`seq` and `index` say which row it came from."""
    status: int
    """The HTTP status; 0 when this program refused it itself."""
    text: str
    """The server's words."""
    wall_ns: int
    """When it was refused, the last time."""


class Kind(Struct, kw_only=True):
    """Letters of a sink that were refused for one reason."""

    sink: str
    status: int
    text: str
    """The newest one's words; those of the others differ in nothing but numbers."""
    letters: int = 0
    oldest_ns: int = 1 << 62
    newest_ns: int = 0


def count(connection: apsw.Connection, wanted: Wanted) -> tuple[int, int]:
    """(how many, the newest id among them)."""
    where, values = _condition(wanted)
    row = connection.execute(
        f"SELECT count(*), coalesce(max(dead.id), 0) {_FROM} {where}", values
    ).fetchone()
    return cast("tuple[int, int]", row)


def sinks(connection: apsw.Connection, wanted: Wanted) -> list[str]:
    """The sinks that refused any of these."""
    where, values = _condition(wanted)
    query = f"SELECT DISTINCT dead.sink {_FROM} {where} ORDER BY 1"
    return [str(name) for (name,) in connection.execute(query, values)]


def ids(connection: apsw.Connection, wanted: Wanted, after: int, letters_max: int) -> list[int]:
    """The ids of the next ones after an id, ascending."""
    where, values = _condition(wanted)
    query = f"SELECT dead.id {_FROM} {where} AND dead.id > ? ORDER BY dead.id LIMIT ?"
    found = connection.execute(query, (*values, after, letters_max))
    return [cast("int", row[0]) for row in found]


def kinds(connection: apsw.Connection, wanted: Wanted) -> list[Kind]:
    """What was refused for which reason, the most frequent first."""
    where, values = _condition(wanted)
    query = (
        "SELECT dead.sink, dead.status, dead.text, count(*), min(dead.wall), max(dead.wall)"
        f" {_FROM} {where} GROUP BY dead.sink, dead.status, dead.text"
    )
    found: dict[tuple[str, int, str], Kind] = {}
    for row in connection.execute(query, values):
        sink, status, text, letters, oldest, newest = cast(
            "tuple[str, int, str, int, int, int]", row
        )
        alike = sink, status, _NUMBERS.sub("#", text)
        kind = found.setdefault(alike, Kind(sink=sink, status=status, text=text))
        kind.letters += letters
        kind.oldest_ns = min(kind.oldest_ns, oldest)
        if newest > kind.newest_ns:
            kind.newest_ns, kind.text = newest, text
    return sorted(found.values(), key=lambda kind: -kind.letters)


def page(
    connection: apsw.Connection, tables: Tables, wanted: Wanted, after: int, letters_max: int
) -> list[DeadLetter]:
    """The next ones after an id, ascending: for each device in the order in which they were refused."""
    where, values = _condition(wanted)
    query = (
        "SELECT dead.id, dead.sink, name.text, dead.seq, dead.place, dead.reading, dead.status, dead.text,"
        f" dead.wall {_FROM} {where} AND dead.id > ? ORDER BY dead.id LIMIT ?"
    )
    return [
        _letter(row, tables) for row in connection.execute(query, (*values, after, letters_max))
    ]


def newest_from(connection: apsw.Connection, wanted: Wanted, letters_max: int) -> int:
    """The id from which on there are so many, or all when there are fewer."""
    where, values = _condition(wanted)
    query = f"SELECT dead.id {_FROM} {where} ORDER BY dead.id DESC LIMIT 1 OFFSET ?"
    return int(connection.execute(query, (*values, letters_max - 1)).get or 1)


def frame_of(connection: apsw.Connection, tables: Tables, seq: int) -> Record | None:
    """The row that a letter came from; None when it is not kept any more, or has rotted."""
    found = newest_rows_page(connection, tables, seq - 1, 1)
    if found and found[0][0] == seq:
        return found[0][1]
    query = "SELECT data FROM raw_block WHERE seq_low <= ? AND seq_high >= ?"
    data = connection.execute(query, (seq, seq)).get
    rows = () if data is None else opened(cast("bytes", data))
    return next((raw_record(row, tables)[1] for row in rows if row[0] == seq), None)


def numbered(write: apsw.Connection, rows: Sequence[DeadRow]) -> Iterator[tuple[object, ...]]:
    """New letters with ids of their own, in the writer's transaction."""
    used = int(write.execute("SELECT value FROM meta WHERE key = ?", (NEWEST_ID,)).get or 0)
    used = max(used, int(write.execute("SELECT max(id) FROM dead").get or 0))
    write.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (NEWEST_ID, used + len(rows)))
    return ((used + place, *row) for place, row in enumerate(rows, 1))


async def settle(
    store: "Store",
    sink: str,
    *,
    delivered: Iterable[int] = (),
    expired: Iterable[int] = (),
    dropped: Iterable[int] = (),
    superseded: Iterable[int] = (),
    told: Sequence[ToldRow] = (),
) -> int:
    """Take letters of a sink out, each under what became of it, and commit; how many were still there.

    `told` are (status, text, wall, id) of those that were refused again.

    Raises:
        StoreFull, Unavailable: it is not on disk yet; it goes there with the next commit that succeeds.
    """
    fates = {
        "delivered": set(delivered), "expired": set(expired), "dropped": set(dropped),
        "superseded": set(superseded),
    }  # fmt: skip
    async with store.settling:
        asked = set().union(*fates.values())
        there = await store.read(_still_there, sink, asked) - store.leaving
        position = store.positions.known(sink)
        if position is not None and there:
            for fate, ids in fates.items():
                setattr(position, fate, getattr(position, fate) + len(ids & there))
            position.dead -= len(there)
            store.take_out(sink, there)
        store.tell(told)
        await store.commit()
    return len(there)


def _still_there(connection: apsw.Connection, sink: str, ids: set[int]) -> set[int]:
    """Others may have gone over the cap, or by another command."""
    query = "SELECT 1 FROM dead WHERE id = ? AND sink = ?"
    return {one for one in ids if connection.execute(query, (one, sink)).get}


def _condition(wanted: Wanted) -> tuple[str, tuple[int | str, ...]]:
    parts, values = ["dead.wall >= ?", "dead.wall < ?", "dead.id <= ?"], list[int | str]()
    values += [wanted.since_ns, wanted.until_ns, wanted.newest_id]
    for part, value in (
        ("dead.sink = ?", wanted.sink),
        ("dead.status = ?", wanted.status),
        ("name.text = ?", wanted.device),
        ("instr(lower(dead.text), lower(?)) > 0", wanted.reason),
    ):
        if value is not None:
            parts.append(part)
            values.append(value)
    if wanted.ids is not None:
        parts.append(f"dead.id IN ({','.join(str(int(one)) for one in wanted.ids)})")
    return "WHERE " + " AND ".join(parts), tuple(values)


def _letter(row: tuple[object, ...], tables: Tables) -> DeadLetter:
    row_id, sink, device, seq, place, packed, status, text, wall = cast(
        "tuple[int, str, str, int, int, bytes, int, str, int]", row
    )
    ((series_id, time_ns, *values),), _ = unpack_body(packed)
    reading = Reading(tables.series[int(series_id)], int(time_ns), tuple(values), seq, place)
    return DeadLetter(
        id=row_id, sink=sink, device=device, reading=reading, status=status, text=text, wall_ns=wall
    )
