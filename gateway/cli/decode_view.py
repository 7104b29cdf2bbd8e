"""An answer of `decode` as tables for people."""

import json
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.cli.dry_run import Answer, AnsweredReading


def show(answer: Answer, console: Console | None = None) -> None:
    """Print what the frame says, then each reading, then why there is none."""
    console = console or Console()
    if answer.uplink is not None:
        console.print(_facts("uplink", answer.uplink))
    for reading in answer.readings:
        console.print(_reading(reading))
    if answer.codec is not None:
        said = {"data": json.dumps(answer.codec["data"], ensure_ascii=False)}
        for word in ("warnings", "errors"):
            said[word] = "; ".join(answer.codec[word])
        console.print(_facts("the codec said", said))
    if answer.refused is not None:
        console.print(
            Text(f"refused, {answer.refused.reason}: {answer.refused.message}", "bold red")
        )


def _reading(reading: AnsweredReading) -> Table:
    table = _facts(reading.measurement, {"time": reading.time or "that of its uplink"})
    for name, value in reading.tags.items():
        table.add_row(f"tag {name}", Text(value))
    for name, field in reading.fields.items():
        table.add_row(Text(name), _value(field))
    for what, names in (("faults", reading.faults), ("out of range", reading.out_of_range)):
        if names:
            table.add_row(what, Text(", ".join(names), "yellow"))
    return table


def _facts(title: str, facts: Mapping[str, Any]) -> Table:
    table = Table(title=Text(title, "bold"), title_justify="left", show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")  # a payload is copied from here: never shortened
    for name, value in facts.items():
        if value not in (None, ""):
            table.add_row(Text(name), _value(value))
    return table


def _value(value: object) -> Text:
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    whole = isinstance(value, float) and value.is_integer()
    return Text(f"{value:.0f}" if whole else str(value))
