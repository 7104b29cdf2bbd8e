"""`lora-gateway backup`: this gateway in one file, while the daemon runs or is down."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from typer import Option

from gateway.backup.taking import VOLATILE, Taken, take
from gateway.cli.options import program
from gateway.cli.progress import progress
from gateway.config import load
from gateway.errors import Unavailable

TO_STDOUT = "-"


def command(
    out: Annotated[Path, typer.Argument(help="The file to write, or - for standard output.")],
    config: Annotated[Path, Option(help="The gateway's configuration file.")],
    history: Annotated[
        bool, Option("--history", help="Take along what every sink has had long ago.")
    ] = False,
    also: Annotated[
        list[Path] | None, Option("--also", help="A file that the configuration does not name.")
    ] = None,
    force: Annotated[bool, Option("--force", help="Write over a file that is there.")] = False,
    json: Annotated[bool, Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Write configuration, devices, keys, counters and what waits for a sink into one file."""
    to_stdout = str(out) == TO_STDOUT
    if to_stdout and (json or sys.stdout.isatty()):
        raise typer.BadParameter("standard output takes the backup itself: pipe it somewhere")
    if not to_stdout and os.path.lexists(out) and not (force and out.is_file()):
        raise Unavailable(f"{out} is there already; name another file, or say --force")
    for path in also or ():
        if not path.is_file():
            raise typer.BadParameter(f"--also {path}: there is no such file")
    loaded = load(config)
    with progress("backing up") as bar:
        taken = take(
            loaded,
            None if to_stdout else out,
            history=history,
            step=bar,
            also=also or (),
        )
    answer = document(out, taken, sinks=len(loaded.sinks))
    if json:
        print(msgspec.json.format(msgspec.json.encode(answer)).decode())
    else:
        print("\n".join(lines(answer)), file=sys.stderr if to_stdout else sys.stdout)


def document(out: Path, taken: Taken, sinks: int) -> dict[str, Any]:
    """What was done, ready for JSON."""
    manifest = taken.manifest
    return {
        "file": None if str(out) == TO_STDOUT else str(out),
        "bytes": sum(member.size for member in manifest.members),
        "gateway": manifest.gateway,
        "made_at": manifest.made_at,
        "history": manifest.history,
        "members": [
            {"path": member.path, "kind": member.kind, "bytes": member.size}
            for member in manifest.members
        ],
        "rows": taken.copied.rows,
        "left_behind": {"rows": taken.copied.left_rows, "readings": taken.copied.left_readings},
        "missing": [str(path) for path in taken.missing],
        "balanced": taken.balanced,
        "only_copy": sinks == 0,
    }


def lines(answer: dict[str, Any]) -> list[str]:
    """The same for people."""
    left = answer["left_behind"]["readings"]
    where = f"{answer['file'] or 'standard output'}, {answer['bytes'] / 1e6:,.1f} MB"
    said = [
        f"backup   {where}, of gateway {answer['gateway']}",
        *(f"         {member['kind']:8} {member['path']}" for member in answer["members"]),
        f"store    {answer['rows']:,} frames with their counters, and all that waits for a sink",
    ]
    if left:
        where = (
            "they are nowhere else, for no sink is configured"
            if answer["only_copy"]
            else "every sink has had them"
        )
        said.append(
            f"left     {left:,} readings of settled history: {where}; --history takes them along"
        )
    said += [
        f"note     {path} is not in the backup: {_why_not(path)}" for path in answer["missing"]
    ]
    if not answer["balanced"]:
        said.append(
            "note     the sums of the store do not hold, and so those of the backup: see status"
        )
    said.append(
        "secret   it holds keys and passwords: whoever reads it can read and imitate the devices"
    )
    if answer["file"]:
        said.append(f"back     {program()} restore {answer['file']}")
    return said


def _why_not(path: str) -> str:
    if Path(path).is_relative_to(VOLATILE):
        return "it is made anew at each start; say --also with the file that it is made of"
    return "the configuration names it, and it is not there"
