"""A CSV file as rows of cells, as spreadsheets of any country save it: with comma, semicolon or tab. Pure.

Source: RFC 4180 for quotes; the delimiter is the one that the header line has most of.
"""

import csv
import io
import re
from typing import NamedTuple

from gateway.config.bulk.proposal import Parsed, Proposal, Unreadable

DELIMITERS = (";", "\t", ",")
COLUMNS_MAX = 200
CELL_CHARACTERS_MAX = 4096

_FORMULA_GUARD = re.compile(r"'(?=[=+\-@\t\r])")
_SPREADSHEET_NUMBER = re.compile(r"\d(?:[.,]\d+[eE]\+?\d+|\d*[eE]\+\d+)")
"""12e5 alone may be hex digits."""
_NOT_IN_WORDS = re.compile(r"[^a-z0-9]")

Aliases = dict[str, str]
"""A column's name, small and without signs, to the key of `[[device]]`."""

ALIASES: Aliases = {
    "name": "name",
    "devicename": "name",
    "deveui": "dev_eui",
    "deviceeui": "dev_eui",
    "joineui": "join_eui",
    "appeui": "join_eui",
    "appkey": "app_key",
    "applicationkey": "app_key",
    "nwkkey": "nwk_key",
    "networkkey": "nwk_key",
    "devaddr": "dev_addr",
    "deviceaddress": "dev_addr",
    "nwkskey": "nwk_s_key",
    "networksessionkey": "nwk_s_key",
    "appskey": "app_s_key",
    "applicationsessionkey": "app_s_key",
    "fnwksintkey": "f_nwk_s_int_key",
    "snwksintkey": "s_nwk_s_int_key",
    "nwksenckey": "nwk_s_enc_key",
}
"""What everybody means alike."""


class Table(NamedTuple):
    """A list as cells."""

    header: list[str]
    rows: list[tuple[int, list[str]]]
    """(line at which it begins, cells)."""
    unreadable: list[Unreadable]


def words(name: str) -> str:
    """A column's name without what people write in different ways."""
    return _NOT_IN_WORDS.sub("", name.lower())


def read_table(text: str) -> Table:
    """The cells of a CSV text with a header line.

    Raises:
        ValueError: there is no header, or it is no CSV; the message says what to do.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    header: list[str] = []
    rows: list[tuple[int, list[str]]] = []
    unreadable: list[Unreadable] = []
    begins = 1
    try:
        for cells in reader:
            cells = [_FORMULA_GUARD.sub("", cell.strip(), count=1) for cell in cells]
            if not any(cells):
                pass
            elif not header:
                header = _header(cells)
            elif fault := _fault(header, cells):
                unreadable.append(Unreadable(begins, fault))
            else:
                rows.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(
            f"line {begins}: is no CSV ({error}); save the list as CSV again"
        ) from error
    if not header:
        raise ValueError("is empty; the first line names the columns")
    return Table(header, rows, unreadable)


def proposals(table: Table, aliases: Aliases) -> Parsed:
    """Every row by the keys that its columns mean; empty cells say nothing."""
    keys = [aliases.get(words(name), "") for name in table.header]
    unreadable = list(table.unreadable)
    found = []
    for line, cells in table.rows:
        given = [
            (key, name, cell)
            for key, name, cell in zip(keys, table.header, cells, strict=False)
            if cell
        ]
        fault = next(
            (why for key, name, cell in given if key and (why := _spoiled(name, cell))), None
        )
        if fault:
            unreadable.append(Unreadable(line, fault))
            continue
        values: dict[str, object] = {key: cell for key, _, cell in given if key}
        columns = {key: name for key, name, _ in given if key and key != name}
        found.append(Proposal(line, values, columns))
    ignored = tuple(name for key, name in zip(keys, table.header, strict=True) if not key and name)
    return Parsed(found, sorted(unreadable), ignored)


def _delimiter(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(DELIMITERS, key=first.count)


def _header(cells: list[str]) -> list[str]:
    if len(cells) > COLUMNS_MAX:
        raise ValueError(f"has more than {COLUMNS_MAX} columns")
    names = [words(cell) for cell in cells if cell]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ValueError(f"has two columns {twice!r}; take one of them out")
    return cells


def _fault(header: list[str], cells: list[str]) -> str | None:
    if any(cells[len(header) :]) or len(cells) < len(header):
        return f"has {len(cells)} cells, the header names {len(header)} columns"
    if any(len(cell) > CELL_CHARACTERS_MAX for cell in cells):
        return f"has a cell of more than {CELL_CHARACTERS_MAX} characters"
    return None


def _spoiled(column: str, cell: str) -> str | None:
    if _SPREADSHEET_NUMBER.fullmatch(cell):
        return f"{column}: a spreadsheet has made a number of it; format that column as text and fill it again"
    return None
