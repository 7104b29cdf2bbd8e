"""What `devices import` and `devices export` do with a list; the plan is made in `gateway.config.bulk`."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer

from gateway.cli import spreadsheet
from gateway.config.bulk import files
from gateway.config.bulk.device_text import block
from gateway.config.bulk.files import Places
from gateway.config.bulk.lists import Form, decoded, parse
from gateway.config.bulk.plain_csv import COLUMNS, TAG
from gateway.config.bulk.plan import Outcome, Step, plan
from gateway.config.key_file import BYTES_MAX
from gateway.device import KEY_NAMES
from gateway.errors import Unavailable

LINES_SHOWN = 200
"""Of a plan on a screen; --json has all."""
IGNORED_SHOWN = 8


class Written(StrEnum):
    """How a list is written."""

    CSV = "csv"
    TOML = "toml"


def places(config: Path | None, into: Path | None) -> Places:
    """Where the devices are.

    Raises:
        ConfigError: the gateway's file is faulty. typer.BadParameter: nobody said which devices.
    """
    if config is not None:
        found = files.places_of(config)
        return found if into is None else found._replace(devices=into.absolute())
    if into is None:
        raise typer.BadParameter("say which devices: --config FILE, or the devices file itself")
    return Places(into.absolute(), None, None)


@dataclass(frozen=True, slots=True)
class Imported:
    """What a list has changed, or would."""

    file: Path
    steps: Sequence[Step]
    ignored: tuple[str, ...]
    wrote: bool
    copies: Sequence[Path]

    @property
    def refused(self) -> int:
        """How many lines were."""
        return sum(step.outcome is Outcome.REFUSED for step in self.steps)

    @property
    def counts(self) -> dict[str, int]:
        """Lines by what becomes of them."""
        found = Counter(step.outcome.value for step in self.steps)
        return {outcome.value: found[outcome.value] for outcome in Outcome}

    def document(self) -> dict[str, Any]:
        """Ready for JSON; no key is in it."""
        return {
            "devices_file": str(self.file),
            "written": self.wrote,
            "counts": self.counts,
            "ignored_columns": list(self.ignored),
            "copies": [str(copy) for copy in self.copies],
            "lines": [
                {
                    "line": step.line,
                    "outcome": step.outcome.value,
                    "name": step.name,
                    "why": list(step.sentences),
                }
                for step in self.steps
            ],
        }

    def lines(self) -> Iterator[str]:
        """For people."""
        told = [step for step in self.steps if step.outcome is not Outcome.SAME]
        told.sort(key=lambda step: step.outcome is not Outcome.REFUSED)
        for step in told[:LINES_SHOWN]:
            says = ": ".join(filter(None, (step.name, "; ".join(step.sentences))))
            yield f"line {step.line:<6} {step.outcome.value:8} {says}"
        if len(told) > LINES_SHOWN:
            yield f"and {len(told) - LINES_SHOWN:,} lines more: --json has them all"
        if self.ignored:
            more = "..." if len(self.ignored) > IGNORED_SHOWN else ""
            yield f"not used: {', '.join(self.ignored[:IGNORED_SHOWN])}{more}"
        yield ", ".join(f"{count:,} {outcome}" for outcome, count in self.counts.items())
        if self.wrote:
            yield f"written to {self.file}"
            yield from (f"what was there before is {copy}" for copy in self.copies)
        elif self.refused:
            yield "nothing was written: mend the refused lines, or take the others with --skip-refused"
        else:
            yield "nothing was written"


def imported(
    places: Places, source: Path, form: Form, decoder: str, *, write: bool, skip_refused: bool
) -> Imported:
    """Plan, and write unless something speaks against it.

    Raises:
        ConfigError: the devices are faulty as they are. Unavailable: the list cannot be read.
    """
    try:
        parsed = parse(decoded(_read(source)), form)
    except ValueError as error:
        raise Unavailable(f"{source}: {error}") from error
    found = files.read(places)
    steps = plan(found.existing, parsed, decoder)
    refused = any(step.outcome is Outcome.REFUSED for step in steps)
    changes = any(step.outcome in (Outcome.ADDED, Outcome.CHANGED) for step in steps)
    wrote = write and changes and (skip_refused or not refused)
    copies = found.write(steps) if wrote else []
    return Imported(places.devices, steps, parsed.ignored, wrote, copies)


def _read(source: Path) -> bytes:
    try:
        if str(source) == "-":
            raw = sys.stdin.buffer.read(BYTES_MAX + 1)
        else:
            with source.open("rb") as file:
                raw = file.read(BYTES_MAX + 1)
    except OSError as error:
        raise Unavailable(f"{source} cannot be read: {error.strerror}") from error
    if len(raw) > BYTES_MAX:
        raise Unavailable(f"{source} is larger than {BYTES_MAX:,} bytes; cut it into parts")
    return raw


def export(places: Places, form: Written, *, with_keys: bool) -> None:
    """Write the devices to standard output.

    Raises:
        ConfigError: they are faulty.
    """
    found = files.read(places).existing
    tables = []
    for table, keys in zip(found.tables, found.keys, strict=True):
        whole = table | dict(keys)
        tables.append({key: whole[key] for key in whole if with_keys or key not in KEY_NAMES})
    if form is Written.TOML:
        print("\n\n".join("\n".join(block(table)) for table in tables))
        return
    tags = sorted({name for table in tables for name in table.get("tags", {})})
    used = [key for key in COLUMNS if any(key in table for table in tables)] or ["name", "dev_eui"]
    spreadsheet.write(
        [*used, *(TAG + name for name in tags)],
        [
            [*(table.get(key) for key in used), *(table.get("tags", {}).get(name) for name in tags)]
            for table in tables
        ],
    )
