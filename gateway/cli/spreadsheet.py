"""CSV that a spreadsheet shows and does not run: texts come from payloads, brokers and servers."""

import csv
import sys
from collections.abc import Iterable

RUNS = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that spreadsheets take for a formula (OWASP, CSV injection)."""


def write(header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Write to stdout; texts that would run get an apostrophe before them, None is an empty cell."""
    writer = csv.writer(sys.stdout)
    writer.writerow(header)
    for row in rows:
        writer.writerow([cell(value) for value in row])


def cell(value: object) -> object:
    """One value as it stands in a cell; numbers stay what they are, also negative ones."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(RUNS) else value
