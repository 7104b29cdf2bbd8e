"""How dead letters are written: reasons first, then the letters, as tables, CSV or JSON."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import apsw
import msgspec

from gateway.cli import spreadsheet
from gateway.cli.options import time_text
from gateway.model import Malformed, Reading, Record
from gateway.sinks.influxdb.line_protocol import Renderer, Unwritable
from gateway.store import dead_letters
from gateway.store.connection import reading
from gateway.store.dead_letters import DeadLetter, Kind, Wanted
from gateway.store.tables import Tables

WIDE_COLUMNS = 110
"""Of a terminal, from which on a letter's line has room for when it was refused."""
PAGE_LETTERS = 1000
"""Read in one transaction."""


class Form(StrEnum):
    """How a list is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def letters(
    connection: apsw.Connection, tables: Tables, wanted: Wanted, newest: int | None
) -> Iterator[DeadLetter]:
    """The letters, ascending, or only so many of the newest."""
    if newest is not None:
        with reading(connection):
            first = dead_letters.newest_from(connection, wanted, newest)
    after = 0 if newest is None else first - 1
    while True:
        with reading(connection):
            found = dead_letters.page(connection, tables, wanted, after, PAGE_LETTERS)
        if not found:
            return
        yield from found
        after = found[-1].id


def write(form: Form, kinds: Sequence[Kind], found: Iterable[DeadLetter], most: int | None) -> None:
    """A list, with the reasons before it where there is room for them."""
    if form is Form.CSV:
        _write_csv(found)
    elif form is Form.JSON:
        _write_json(kinds, found)
    else:
        write_kinds(kinds)
        in_all = sum(kind.letters for kind in kinds)
        if in_all:
            _write_table(found)
        if most is not None and in_all > most:
            print(f"only the newest {most} of {in_all:,}; --limit N for more, --format csv for all")


def document(letter: DeadLetter) -> dict[str, Any]:
    """A letter as JSON-able values."""
    one = letter.reading
    return {
        "id": letter.id,
        "sink": letter.sink,
        "refused_at": time_text(letter.wall_ns),
        "status": letter.status,
        "text": letter.text,
        "device": letter.device,
        "measurement": one.series.measurement,
        "time": time_text(one.time_ns),
        "tags": dict(one.series.tags),
        "fields": dict(zip(one.series.fields, one.values, strict=True)),
        "seq": one.seq,
    }


def line_of(one: Reading) -> str:
    """The reading as line protocol, or why it has no line."""
    try:
        return Renderer().line(one).decode()
    except Unwritable as error:
        return f"has no line: {error}"


def write_kinds(kinds: Sequence[Kind]) -> None:
    """What was refused for which reason, for people."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not kinds:
        print("no dead letters")
        return
    table = Table(title="Refused for good", title_justify="left")
    table.add_column("letters", justify="right")
    for name in ("sink", "status", "the server's words", "newest"):
        table.add_column(name, no_wrap=name in ("status", "newest"), overflow="fold")
    for kind in kinds:
        cells = (
            f"{kind.letters:,}",
            kind.sink,
            str(kind.status),
            _printable(kind.text),
            time_text(kind.newest_ns),
        )
        table.add_row(*(Text(cell) for cell in cells))
    Console(highlight=False).print(table)


def write_one(letter: DeadLetter, frame: Record | None, *, as_json: bool) -> None:
    """Everything about a letter."""
    heard = None if frame is None else frame.heard
    raw = None
    if heard is not None:
        raw = heard.raw if isinstance(heard, Malformed) else getattr(heard, "phy", None)
        raw = getattr(heard, "payload", b"") if raw is None else raw
    answer = document(letter) | {
        "line": line_of(letter.reading),
        "frame": None
        if heard is None or frame is None
        else {
            "outcome": frame.outcome,
            "received_at": time_text(heard.received.wall_ns),
            "source": heard.source,
            "f_cnt": frame.f_cnt,
            "raw": raw.hex() if raw else None,
        },
    }
    if as_json:
        print(json.dumps(answer, indent=2))
        return
    print(f"dead letter {letter.id} of sink {letter.sink}, device {letter.device}")
    print(f"refused  {answer['refused_at']}, status {letter.status}: {_printable(letter.text)}")
    print(f"line     {_printable(answer['line'])}")
    if answer["frame"] is None:
        print(f"frame    row {letter.reading.seq}, which is not kept any more")
        return
    of = answer["frame"]
    print(
        f"frame    row {letter.reading.seq}, {of['outcome']}, {of['received_at']} by {of['source']}"
    )
    print(f"raw      {of['raw'] or 'not kept any more'}")


def write_retried(answer: Mapping[str, Any], *, as_json: bool) -> bool:
    """What became of them; whether every one was taken."""
    results = answer["sinks"]
    complete = not any(
        of["why"] or of["refused_again"] or of["not_decided"] for of in results.values()
    )
    if as_json:
        print(json.dumps(answer, indent=2))
        return complete
    if not results:
        print("no dead letter is meant by that; nothing was offered")
    for name, of in results.items():
        print(
            f"sink {name}: {of['accepted']:,} accepted, {of['refused_again']:,} refused again"
            + (f", {of['expired']:,} older than the database keeps" if of["expired"] else "")
            + (f", {of['not_decided']:,} not decided" if of["not_decided"] else "")
        )
        if of["why"]:
            print(f"  ended early, the rest stays as it is: {of['why']}")
    return complete


def _write_csv(found: Iterable[DeadLetter]) -> None:
    names = ("id", "sink", "refused_at", "status", "text", "device", "measurement", "time", "seq")
    rows = ((document(letter), line_of(letter.reading)) for letter in found)
    spreadsheet.write(
        [*names, "line"], ([*(values[name] for name in names), line] for values, line in rows)
    )


def _write_json(kinds: Sequence[Kind], found: Iterable[DeadLetter]) -> None:
    """One document, written as it is found: it may be long."""
    reasons = [
        {
            name: value
            for name, value in msgspec.to_builtins(kind).items()
            if not name.endswith("_ns")
        }
        | {"oldest": time_text(kind.oldest_ns), "newest": time_text(kind.newest_ns)}
        for kind in kinds
    ]
    print(f'{{"reasons": {json.dumps(reasons)},\n"letters": [', end="")
    separator = "\n"
    for letter in found:
        print(separator + json.dumps(document(letter)), end="")
        separator = ",\n"
    print("]}")


def _write_table(found: Iterable[DeadLetter]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    wide = console.width >= WIDE_COLUMNS
    table = Table(title="Letters", title_justify="left")
    table.add_column("id", justify="right", no_wrap=True)
    for name in ("status", "time", "sink", "device", "measurement", *(["refused"] if wide else [])):
        table.add_column(name, no_wrap=name in ("status", "time", "refused"), overflow="fold")
    for letter in found:
        cells = [
            str(letter.id), str(letter.status), time_text(letter.reading.time_ns), letter.sink,
            letter.device, letter.reading.series.measurement,
        ]  # fmt: skip
        cells += [time_text(letter.wall_ns)] if wide else []
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)


def _printable(text: str) -> str:
    """A server's or a device's words without what a terminal would obey."""
    return "".join(char if char.isprintable() else "?" for char in text)
