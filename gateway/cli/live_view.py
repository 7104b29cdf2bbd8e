"""The demo's screen: frames as they are committed, the newest reading of each device, the counters.

It reads the store like any other reader: what it shows is on disk. Without a terminal it prints lines.
"""

import asyncio
import sys
from collections import deque
from typing import TYPE_CHECKING, Any

from gateway.cli.options import number, time_text
from gateway.model import Malformed, Reading, Record
from gateway.pipeline.readings import LINK
from gateway.store.connection import open_reader
from gateway.store.recovery import newest_rows_page
from gateway.store.tables import Tables

if TYPE_CHECKING:
    from gateway.app import Gateway

REFRESH_S = 0.5
FRAMES_SHOWN = 8
READINGS_SHOWN = 14
FIELDS_SHOWN = 6
PAGE_ROWS = 200


class LiveView:
    """What was heard lately, drawn again twice a second."""

    def __init__(self, gateway: "Gateway", *, quiet: bool) -> None:
        self._gateway = gateway
        self._quiet = quiet
        self._last = gateway.store.newest_seq
        self._frames: deque[Record] = deque(maxlen=FRAMES_SHOWN)
        self._newest: dict[tuple[str, str], tuple[Record, Reading]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Draw until stopped."""
        connection = open_reader(self._gateway.store.path)
        tables = Tables(connection)
        if self._quiet or not sys.stdout.isatty():
            while not stop.is_set():
                self._take(connection, tables, lines=not self._quiet)
                await asyncio.sleep(REFRESH_S)
            return
        from rich.console import Console
        from rich.live import Live

        with Live(self._screen(), console=Console(), refresh_per_second=4, screen=True) as live:
            while not stop.is_set():
                self._take(connection, tables, lines=False)
                live.update(self._screen())
                await asyncio.sleep(REFRESH_S)

    def _take(self, connection: Any, tables: Tables, *, lines: bool) -> None:
        tables.refresh(connection)
        for seq, record in newest_rows_page(connection, tables, self._last, PAGE_ROWS):
            self._last = seq
            self._frames.append(record)
            for reading in record.readings:
                if reading.series.measurement != LINK and record.device is not None:
                    self._newest[record.device, reading.series.measurement] = (record, reading)
                    if lines:
                        print(_line(record, reading), flush=True)

    def _screen(self) -> Any:
        from rich.console import Group
        from rich.text import Text

        hint = Text("Ctrl-C ends the demo and says how to look at the data", style="dim")
        return Group(self._frames_table(), self._readings_table(), self._counters(), hint)

    def _frames_table(self) -> Any:
        from rich.table import Table
        from rich.text import Text

        table = Table(title="frames", title_justify="left", expand=True)
        for name in ("received", "through", "outcome", "device", "counter"):
            table.add_column(name, no_wrap=True)
        table.add_column("heard by")  # on a narrow terminal only this one gives way
        for record in self._frames:
            heard = record.heard
            by = "" if isinstance(heard, Malformed) else _heard_by(heard.receptions)
            cells = (
                time_text(heard.received.wall_ns)[11:-1], heard.source, record.outcome,
                record.device or "", "" if record.f_cnt is None else str(record.f_cnt), by,
            )  # fmt: skip
            table.add_row(*(Text(cell, no_wrap=True, overflow="ellipsis") for cell in cells))
        return table

    def _readings_table(self) -> Any:
        from rich.table import Table
        from rich.text import Text

        table = Table(title="newest readings", title_justify="left", expand=True)
        for name in ("time", "device", "measurement"):
            table.add_column(name, no_wrap=True)
        table.add_column("values")
        for (device, measurement), (_, reading) in sorted(self._newest.items())[:READINGS_SHOWN]:
            cells = (time_text(reading.time_ns)[11:-1], device, measurement, _values(reading))
            table.add_row(*(Text(cell) for cell in cells))
        return table

    def _counters(self) -> Any:
        from rich.text import Text

        counters = self._gateway.store.counters
        outcomes = ", ".join(
            f"{value} {name.partition('.')[2]}"
            for name, value in sorted(counters.items())
            if name.startswith("outcome.") and value
        )
        parts = [f"heard {counters.get('heard', 0)}: {outcomes}"]
        parts.append(f"readings {counters.get('readings', 0)}")
        for name, (sink, outlet) in self._gateway.sinks.items():
            parts.append(f"{name} {sink.health.state}, {outlet.position.delivered} delivered")
        return Text(" | ".join(parts))


def _line(record: Record, reading: Reading) -> str:
    tags = dict(reading.series.tags)
    camera = f" camera={tags['camera']}" if "camera" in tags else ""
    return (
        f"{time_text(reading.time_ns)} {record.heard.source} {record.device}"
        f" {reading.series.measurement}{camera} {_values(reading)}"
    )


def _values(reading: Reading) -> str:
    pairs = sorted(
        zip(reading.series.fields, reading.values, strict=True),
        key=lambda pair: not isinstance(pair[1], float),  # what is measured before flags and texts
    )
    shown = "  ".join(
        f"{name} {number(value) if isinstance(value, float) else value}"
        for name, value in pairs[:FIELDS_SHOWN]
    )
    more = len(pairs) - FIELDS_SHOWN
    return shown + (f"  +{more}" if more > 0 else "")


def _heard_by(receptions: Any) -> str:
    return ", ".join(
        one.receiver + ("" if one.rssi_dbm is None else f" {one.rssi_dbm:g} dBm")
        for one in receptions
    )
