"""`lora-gateway query`: the embedded store as a table, CSV, JSON or a plot; `--uplinks` lists frames instead."""

import json
import sys
from collections import deque
from collections.abc import Iterator
from enum import StrEnum
from itertools import chain
from typing import Annotated, Any

import typer

from gateway.cli import spreadsheet
from gateway.cli.options import (
    ConfigOption,
    JsonOption,
    StoreOption,
    moment_ns,
    number,
    store_path,
    time_text,
)
from gateway.cli.progress import progress
from gateway.store.connection import open_reader
from gateway.store.query import Point, Question, measurements, points
from gateway.store.tables import Tables

TABLE_ROWS = 50
"""Newest points shown in a table unless --limit says otherwise."""
WIDTH_UNBOUNDED = 10_000
"""More columns than any table has: what it would take to show a table whole."""


class Form(StrEnum):
    """How the answer is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PLOT = "plot"


def command(
    measurement: Annotated[
        str | None, typer.Argument(help="air_quality, energy, cctv_health, lora_link, ...")
    ] = None,
    config: ConfigOption = None,
    store: StoreOption = None,
    device: Annotated[str | None, typer.Option(help="Only this device.")] = None,
    since: Annotated[str, typer.Option(help='"1 day" ago, or a time.')] = "1 day",
    until: Annotated[
        str | None, typer.Option(help='"1 h" ago, or a time; now if not given.')
    ] = None,
    field: Annotated[list[str] | None, typer.Option(help="Only these fields; repeatable.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, max=10**9, help="Only the newest so many.")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="How to write it.")] = Form.TABLE,
    as_json: JsonOption = False,
    uplinks: Annotated[
        bool, typer.Option("--uplinks", help="List opened frames; needs --config for the keys.")
    ] = False,
) -> None:
    """Print readings from the embedded store. Without a measurement, list those there are."""
    form = Form.JSON if as_json else form
    span = (moment_ns(since), 1 << 62 if until is None else moment_ns(until))
    if uplinks:
        from gateway.cli.uplinks import show

        show(config, store, device, span, limit, form.value)
        return
    connection = open_reader(store_path(config, store))
    tables = Tables(connection)
    if measurement is None:
        _list(measurements(tables), form)
        return
    question = Question(measurement=measurement, device=device, since_ns=span[0], until_ns=span[1])
    with progress("reading the store") as step:
        found = points(connection, tables, question, step)
        wanted = (_only(point, field) for point in found)
        kept: Iterator[Point] = (point for point in wanted if point.fields)
        if limit is not None or form is Form.TABLE:
            kept = iter(deque(kept, maxlen=limit or TABLE_ROWS))
        first = next(kept, None)
        kept = chain(() if first is None else (first,), kept)
        _write(kept, form, measurement, open_ended=limit is None)
    if measurement not in measurements(tables):
        print(f"nothing named {measurement!r} was ever kept; there is:", file=sys.stderr)
        _list(measurements(tables), Form.TABLE, file=sys.stderr)
        raise typer.Exit(1)
    if first is None:
        print(_nothing(measurement, device, field), file=sys.stderr)


def _nothing(measurement: str, device: str | None, fields: list[str] | None) -> str:
    """In place of an empty table: what was looked for, since a name may be mistyped."""
    asked = f" of device {device!r}" if device else ""
    asked += f" with field {' or '.join(fields)}" if fields else ""
    return f"no points of {measurement}{asked} between --since and --until"


def _only(point: Point, names: list[str] | None) -> Point:
    if names:
        point.fields = {name: point.fields[name] for name in names if name in point.fields}
    return point


def _list(names: list[str], form: Form, file: Any = None) -> None:
    if form is Form.JSON:
        print(json.dumps({"measurements": names}))
    elif not names:
        print("the store holds no readings yet", file=file or sys.stdout)
    for name in names if form is not Form.JSON else ():
        print(name, file=file or sys.stdout)


def _write(found: Iterator[Point], form: Form, measurement: str, *, open_ended: bool) -> None:
    if form is Form.JSON:
        _write_json(found, measurement)
    elif form is Form.CSV:
        _write_csv(list(found))
    elif form is Form.PLOT:
        from gateway.cli.plot import plot

        plot(list(found), measurement)
    else:
        _write_table(list(found), measurement, open_ended=open_ended)


def _write_json(found: Iterator[Point], measurement: str) -> None:
    """One document, written as it is found: it may be long."""
    print(f'{{"measurement": {json.dumps(measurement)}, "points": [', end="")
    first = True
    for point in found:
        document = {
            "time": time_text(point.time_ns),
            "tags": dict(point.tags),
            "fields": point.fields,
        }
        print(("\n" if first else ",\n") + json.dumps(document), end="")
        first = False
    print("]}")


def _columns(found: list[Point]) -> tuple[list[str], list[str]]:
    tags = {name for point in found for name, _ in point.tags}
    fields: dict[str, None] = {}
    for point in found:
        fields.update(dict.fromkeys(point.fields))
    return sorted(tags), list(fields)


def _write_csv(found: list[Point]) -> None:
    tags, fields = _columns(found)
    rows = ((point, dict(point.tags)) for point in found)
    spreadsheet.write(
        ["time", *tags, *fields],
        (
            [
                time_text(point.time_ns),
                *(of_tags.get(name, "") for name in tags),
                *(point.fields.get(name) for name in fields),
            ]
            for point, of_tags in rows
        ),
    )


def _write_table(found: list[Point], measurement: str, *, open_ended: bool) -> None:
    from rich.console import Console
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text

    if not found:
        return
    tags, fields = _columns(found)
    varying = [name for name in tags if len({dict(point.tags).get(name) for point in found}) > 1]
    table = Table()
    for name in ("time", *varying):
        table.add_column(name, no_wrap=True)
    for name in fields:
        table.add_column(name, justify="right")
    for point in found:
        of_tags = dict(point.tags)
        cells = [time_text(point.time_ns), *(of_tags.get(name, "") for name in varying)]
        cells += [_shown(point.fields.get(name)) for name in fields]
        table.add_row(*(Text(cell) for cell in cells))
    console = Console(highlight=False)
    whole = Measurement.get(console, console.options.update(max_width=WIDTH_UNBOUNDED), table)
    if whole.maximum > console.width:
        table = _in_pairs(found, varying, fields)
    console.print(f"{measurement}: {len(found)} points")
    console.print(table)
    if open_ended and len(found) == TABLE_ROWS:
        console.print(f"only the newest {TABLE_ROWS}; --limit N for more, --format csv for all")


def _in_pairs(found: list[Point], varying: list[str], fields: list[str]) -> Any:
    """For a terminal too narrow for a column per field: name and value side by side, wrapped."""
    from rich.table import Table
    from rich.text import Text

    # dev_eui says what device says, and its width is needed
    of_series = [name for name in varying if name != "dev_eui" or "device" not in varying]
    names = [", ".join(of_series)] if of_series else []
    table = Table()
    table.add_column("time", no_wrap=True)
    for name in (*names, "fields"):
        table.add_column(name)
    for point in found:
        of_tags = dict(point.tags)
        values = "  ".join(
            f"{name}={_shown(point.fields[name])}" for name in fields if name in point.fields
        )
        series = [", ".join(of_tags.get(name, "") for name in of_series)] if of_series else []
        table.add_row(time_text(point.time_ns), *(Text(cell) for cell in (*series, values)))
    return table


def _shown(value: object) -> str:
    if isinstance(value, float):
        return number(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
