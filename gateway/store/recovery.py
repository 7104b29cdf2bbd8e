"""What the ingest side needs to know again at start: sessions, and the newest rows it has to remember."""

from collections.abc import Iterator
from typing import cast

import apsw

from gateway.journal import Journal
from gateway.model import BECAME, Heard, Malformed, Reading, Record, SessionState, Stamp
from gateway.store.blocks import ROTTEN, RawRow, open_raw_block
from gateway.store.packing import unpack_body, unpack_heard
from gateway.store.tables import Tables

_FRAMES = (
    "SELECT seq, device, outcome, session, f_cnt, wall, boot_time, clock_trusted, source, phy, radio,"
    " about, held, body, '' FROM frame WHERE seq > ?"
)
_REFUSED = (
    "SELECT seq, device, outcome, session, f_cnt, wall, boot_time, clock_trusted, source, phy, radio,"
    " NULL, 0, NULL, sentence FROM refused WHERE seq > ?"
)
_HEARD = f"outcome <> 'stamped' AND instr(outcome, '{BECAME}') = 0"
"""Rows that were heard themselves, and do not only say something about another one."""


def horizon(connection: apsw.Connection) -> int:
    """The newest seq that is not in the tail any more: sealed, or dropped."""
    return int(connection.execute("SELECT value FROM meta WHERE key = 'horizon'").get or 0)


def newest_seq(connection: apsw.Connection) -> int:
    """The newest row's, in the tail or among the refused."""
    query = "SELECT max(s) FROM (SELECT max(seq) s FROM frame UNION SELECT max(seq) FROM refused)"
    return int(connection.execute(query).get or 0)


def session_ids(connection: apsw.Connection) -> dict[tuple[str, str, int], int]:
    """The ids of all sessions by DevAddr, fingerprint and epoch."""
    query = "SELECT id, dev_addr, fingerprint, epoch FROM session"
    rows = cast("Iterator[tuple[int, str, str, int]]", connection.execute(query))
    return {(dev_addr, print_, epoch): row_id for row_id, dev_addr, print_, epoch in rows}


def sessions(connection: apsw.Connection) -> list[SessionState]:
    """Every session that was ever heard, with its last flushed counters."""
    query = (
        "SELECT id, dev_addr, fingerprint, epoch, device, flushed, state FROM session ORDER BY id"
    )
    return [SessionState(*row) for row in connection.execute(query)]


def counters_after(connection: apsw.Connection, seq: int) -> Iterator[tuple[int, int, int, bytes]]:
    """(seq, session, f_cnt, last four bytes) of the rows after a flush, ascending; sealed ones too.

    Repeated ones too: of an uplink that a network server told first, they are the session's only rows.
    """
    sealed = "SELECT data FROM raw_block WHERE seq_high > ? ORDER BY seq_low"
    for (data,) in connection.execute(sealed, (seq,)):
        for row in opened(cast("bytes", data)):
            if row[0] > seq and row[4] is not None and row[5] is not None and row[2] != "stamped":
                yield row[0], row[4], row[5], row[12][-4:]
    rest = (
        "SELECT seq, session, f_cnt, substr(phy, -4) FROM frame"
        " WHERE seq > ? AND session IS NOT NULL AND f_cnt IS NOT NULL AND outcome <> 'stamped'"
        " UNION ALL SELECT seq, session, f_cnt, substr(phy, -4) FROM refused"
        " WHERE seq > ? AND session IS NOT NULL AND f_cnt IS NOT NULL AND outcome = 'repeated'"
        " ORDER BY seq"
    )
    yield from cast("Iterator[tuple[int, int, int, bytes]]", connection.execute(rest, (seq, seq)))


def opened(data: bytes) -> list[RawRow]:
    """The rows of a raw block; none when its bytes have rotted, which is told."""
    try:
        return open_raw_block(data)
    except ROTTEN as error:
        Journal("store").error("rotted", what="raw block", why=error)
        return []


def newest_records(
    connection: apsw.Connection, tables: Tables, rows: int
) -> Iterator[tuple[int, Record]]:
    """(seq, record) of so many of the newest hearings, refused ones too, and what was added since; ascending.

    After many rows were decoded again the hearings may be sealed: those come without their readings.
    """
    heard = f"SELECT seq FROM frame WHERE {_HEARD} UNION ALL SELECT seq FROM refused"
    newest = f"{heard} ORDER BY 1 DESC LIMIT 1 OFFSET ?"
    first = connection.execute(newest, (rows - 1,)).get
    after = 0 if first is None else cast("int", first) - 1
    if first is None:
        missing = rows - cast("int", connection.execute(f"SELECT count(*) FROM ({heard})").get)
        yield from _newest_sealed(connection, tables, missing)
    both = f"{_FRAMES} UNION ALL {_REFUSED} ORDER BY 1"
    yield from (_record(row, tables) for row in connection.execute(both, (after, after)))


def _newest_sealed(
    connection: apsw.Connection, tables: Tables, rows: int
) -> Iterator[tuple[int, Record]]:
    chunks: list[list[RawRow]] = []
    for (data,) in connection.execute("SELECT data FROM raw_block ORDER BY seq_low DESC"):
        if rows <= 0:
            break
        heard = [
            row
            for row in opened(cast("bytes", data))
            if row[2] != "stamped" and BECAME not in row[2]
        ]
        chunks.append(heard[-rows:])
        rows -= len(heard)
    for chunk in reversed(chunks):
        yield from (raw_record(row, tables) for row in chunk)


def records(
    connection: apsw.Connection, tables: Tables, where: str, rows_max: int, after: int = 0
) -> list[tuple[int, Record]]:
    """(seq, record) of the oldest tail rows after a seq, under a further condition on their columns."""
    query = f"{_FRAMES} AND {where} ORDER BY seq LIMIT ?"
    return [_record(row, tables) for row in connection.execute(query, (after, rows_max))]


def newest_rows_page(
    connection: apsw.Connection, tables: Tables, after: int, rows_max: int
) -> list[tuple[int, Record]]:
    """(seq, record) of the next tail and refused rows, ascending."""
    both = f"{_FRAMES} UNION ALL {_REFUSED} ORDER BY 1 LIMIT ?"
    return [_record(row, tables) for row in connection.execute(both, (after, after, rows_max))]


def raw_record(row: RawRow, tables: Tables) -> tuple[int, Record]:
    """(seq, record) of a sealed row; its readings are in blocks of their own."""
    (seq, device, outcome, about, session, f_cnt, wall, boot_time, _, trusted, source, _, phy, radio,
     sentence) = row  # fmt: skip
    return _record(
        (seq, device, outcome, session, f_cnt, wall, boot_time, trusted, source, phy, radio, about, 0,
         None, sentence),
        tables,
    )  # fmt: skip


def held_rows(connection: apsw.Connection) -> Iterator[int]:
    """The rows that wait for a clock."""
    return (
        cast("int", row[0]) for row in connection.execute("SELECT seq FROM frame WHERE held = 1")
    )


def held(
    connection: apsw.Connection, tables: Tables, rows_max: int
) -> list[tuple[int, int, Record]]:
    """(seq, boot, record) of the oldest rows that wait for a clock."""
    found = records(connection, tables, "held = 1", rows_max)
    boots = "SELECT boot FROM frame WHERE seq = ?"
    return [
        (seq, cast("int", connection.execute(boots, (seq,)).get), record) for seq, record in found
    ]


def undecided(
    connection: apsw.Connection, tables: Tables, rows_max: int
) -> list[tuple[int, Record]]:
    """The oldest frames whose search was over budget."""
    query = f"{_REFUSED} AND outcome = 'undecided' ORDER BY seq LIMIT ?"
    return [_record(row, tables) for row in connection.execute(query, (0, rows_max))]


def _record(row: tuple[object, ...], tables: Tables) -> tuple[int, Record]:
    (seq, device, outcome, session, f_cnt, wall, boot_time, trusted, source, phy, radio,
     about, held, body, sentence) = cast(
        "tuple[int, int | None, str, int | None, int | None, int, int, int, int, bytes, bytes,"
        " int | None, int, bytes | None, str]", row,
    )  # fmt: skip
    received = Stamp(wall, boot_time, bool(trusted))
    named = tables.texts.get(source, "?")
    readings: tuple[Reading, ...] = ()
    note: str | None
    heard: Heard
    try:
        packed, note = unpack_body(body) if body is not None else ([], sentence)
        readings = tuple(
            Reading(tables.series[int(series_id)], int(time_ns), tuple(values), seq, index)
            for index, (series_id, time_ns, *values) in enumerate(packed)
        )
        heard = unpack_heard(phy, radio, named, received, f_cnt, note)
    except ROTTEN as error:
        note = f"its bytes have rotted: {error}"
        heard = Malformed(named, phy, note, received)
    return seq, Record(
        heard, outcome, None if device is None else tables.texts.get(device), readings, note,
        session, f_cnt, about, bool(held),
    )  # fmt: skip
