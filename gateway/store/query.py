"""Answers about what is kept: points of a measurement, hour by hour, and the frames themselves.

A point is what InfluxDB would hold after every reading was written: of readings with the same tags and time
the fields are merged, and the row that came later wins. Reads in short transactions that page by key.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast

import apsw

from decoders.contract import FieldValue
from gateway.journal import Journal
from gateway.model import Record
from gateway.store.blocks import HOUR_NS, ROTTEN, open_block
from gateway.store.connection import reading
from gateway.store.packing import unpack_body
from gateway.store.recovery import newest_rows_page, opened, raw_record
from gateway.store.tables import Tables

FIRST_WITH_GONE = 2
"""The schema version that has the table of deleted readings."""
PAGE_ROWS = 5000
"""Tail rows read in one transaction: well under a second also on a slow card."""
AHEAD_MAX_NS = 600_000_000_000
"""A reading's time is at most this much later than its frame was received (gateways 1 min, samples 5 min)."""

Progress = Callable[[int, int], None]
"""(done, of): called now and then while a long answer is made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which points are asked for."""

    measurement: str
    device: str | None = None
    since_ns: int = 0
    until_ns: int = 1 << 62
    """First time that is not wanted any more."""


@dataclass(slots=True)
class Point:
    """What a database would show at one time of one series."""

    time_ns: int
    tags: tuple[tuple[str, str], ...]
    fields: dict[str, FieldValue] = field(default_factory=dict)


_Found = dict[int, dict[tuple[int, tuple[tuple[str, str], ...]], list[tuple[int, Point]]]]


def measurements(tables: Tables) -> list[str]:
    """Every measurement that was ever kept."""
    return sorted({series.measurement for series in tables.series.values()})


def points(
    connection: apsw.Connection,
    tables: Tables,
    question: Question,
    progress: Progress = lambda *_: None,
) -> Iterator[Point]:
    """The points asked for, ascending by time.

    Raises:
        Unavailable, StoreDamaged: the store cannot be read.
    """
    wanted = {
        row_id
        for row_id, series in tables.series.items()
        if series.measurement == question.measurement
        and (
            question.device is None
            or tables.texts.get(tables.series_device[row_id]) == question.device
        )
    }
    tail = _tail_by_hour(connection, tables, question, wanted, progress)
    with reading(connection):
        blocks = _block_ids(connection, tables, question)
    hours = sorted(set(tail) | set(blocks))
    for place, hour in enumerate(hours):
        merged = tail.pop(hour, {})
        for row_id in blocks.get(hour, ()):
            with reading(connection):
                data = connection.execute("SELECT data FROM block WHERE id = ?", (row_id,)).get
            if data is None:  # pruned since
                continue
            try:
                members = open_block(cast("bytes", data))
            except ROTTEN as error:
                Journal("store").error("rotted", what="block", row=row_id, why=error)
                continue
            gone = _gone(connection, members[0][0], members[-1][0])
            for seq, index, packed in members:
                if (seq, index) not in gone:
                    _note(merged, tables, question, wanted, seq, packed)
        for key in sorted(merged, key=lambda key: key[0]):
            yield _merge(merged[key])
        progress(place + 1, len(hours))


def records(
    connection: apsw.Connection,
    tables: Tables,
    since_ns: int,
    until_ns: int,
    device: str | None = None,
) -> Iterator[tuple[int, Record]]:
    """(seq, record) of what was heard, refused frames too, ascending by seq; readings only of the tail."""
    name = None if device is None else tables.names.get(device, -1)
    query = (
        "SELECT seq_high, data FROM raw_block WHERE seq_low > ? AND wall_high >= ? AND wall_low < ?"
        " ORDER BY seq_low LIMIT 1"
    )
    last = 0
    while True:
        with reading(connection):
            found = connection.execute(query, (last, since_ns, until_ns)).fetchone()
        if found is None:
            break
        last = cast("int", found[0])
        for row in opened(cast("bytes", found[1])):
            if since_ns <= row[6] < until_ns and (name is None or row[1] == name):
                yield raw_record(row, tables)
    last = 0
    while True:
        with reading(connection):
            page = newest_rows_page(connection, tables, last, PAGE_ROWS)
        if not page:
            return
        last = page[-1][0]
        for seq, record in page:
            wall = record.heard.received.wall_ns
            if since_ns <= wall < until_ns and device in (None, record.device):
                yield seq, record


def _tail_by_hour(
    connection: apsw.Connection,
    tables: Tables,
    question: Question,
    wanted: set[int],
    progress: Progress,
) -> _Found:
    found: _Found = {}
    condition = "" if question.device is None else " AND device = ?"
    values = () if question.device is None else (tables.names.get(question.device, -1),)
    with reading(connection):
        newest = cast("int", connection.execute("SELECT max(seq) FROM frame").get or 0)
        first = last = cast("int", connection.execute("SELECT min(seq) FROM frame").get or 1) - 1
    query = (
        "SELECT seq, body FROM frame WHERE seq > ? AND readings > 0 AND held = 0 AND wall >= ?"
        f"{condition} ORDER BY seq LIMIT ?"
    )
    while last < newest:
        with reading(connection):
            page = connection.execute(
                query, (last, question.since_ns - AHEAD_MAX_NS, *values, PAGE_ROWS)
            ).fetchall()
        gone = _gone(connection, last, newest)
        for seq, body in page:
            try:
                packed, _ = unpack_body(cast("bytes", body))
            except ROTTEN as error:
                Journal("store").error("rotted", what="frame", row=seq, why=error)
                continue
            for index, one in enumerate(packed):
                if (seq, index) in gone:
                    continue
                hour = int(one[1]) // HOUR_NS
                _note(found.setdefault(hour, {}), tables, question, wanted, cast("int", seq), one)
        last = cast("int", page[-1][0]) if len(page) == PAGE_ROWS else newest
        progress(last - first, max(newest - first, 1))
    return {hour: merged for hour, merged in found.items() if merged}


def _gone(connection: apsw.Connection, low: int, high: int) -> set[tuple[int, int]]:
    """(row, place) of readings of these rows that a person deleted; mostly none."""
    if connection.pragma("user_version") < FIRST_WITH_GONE:
        return set()  # the daemon of the version before still runs
    with reading(connection):
        found = connection.execute(
            "SELECT seq, place FROM gone WHERE seq BETWEEN ? AND ?", (low, high)
        )
        return cast("set[tuple[int, int]]", set(found))


def _block_ids(
    connection: apsw.Connection, tables: Tables, question: Question
) -> dict[int, list[int]]:
    query = (
        "SELECT hour, id FROM block WHERE hour BETWEEN ? AND ? AND measurement = ? AND readings > 0"
    )
    values = [question.since_ns // HOUR_NS, question.until_ns // HOUR_NS]
    values.append(tables.names.get(question.measurement, -1))
    if question.device is not None:
        query += " AND device = ?"
        values.append(tables.names.get(question.device, -1))
    hours: dict[int, list[int]] = {}
    for hour, row_id in connection.execute(query, values):
        hours.setdefault(cast("int", hour), []).append(cast("int", row_id))
    return hours


def _note(
    merged: dict[tuple[int, tuple[tuple[str, str], ...]], list[tuple[int, Point]]],
    tables: Tables,
    question: Question,
    wanted: set[int],
    seq: int,
    packed: list[int | FieldValue],
) -> None:
    series_id, time_ns = cast("int", packed[0]), cast("int", packed[1])
    if series_id not in wanted or not question.since_ns <= time_ns < question.until_ns:
        return
    series = tables.series[series_id]
    point = Point(time_ns, series.tags, dict(zip(series.fields, packed[2:], strict=True)))
    merged.setdefault((time_ns, series.tags), []).append((seq, point))


def _merge(versions: list[tuple[int, Point]]) -> Point:
    if len(versions) == 1:
        return versions[0][1]
    versions.sort(key=lambda version: version[0])
    point = versions[0][1]
    for _, newer in versions[1:]:
        point.fields |= newer.fields
    return point
