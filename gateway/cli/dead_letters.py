"""`lora-gateway dead-letters`: readings that a database refused for good; list, show, retry or drop them."""

import json
from typing import Annotated, Any, NoReturn

import msgspec
import typer

from gateway.changes.dead_letters import wanted_of
from gateway.cli import dead_letter_view as view
from gateway.cli.changing import change
from gateway.cli.options import (
    ConfigNeeded,
    ConfigOption,
    JsonOption,
    StoreOption,
    moment_ns,
    store_path,
)
from gateway.store import dead_letters
from gateway.store.connection import open_reader, reading
from gateway.store.dead_letters import Wanted
from gateway.store.tables import Tables

LIST_ROWS = 50
"""Newest letters shown in a table unless --limit says otherwise."""

group = typer.Typer(
    no_args_is_help=True,
    help="What a database refused for good: look at it, offer it again, or drop it.",
)

SinkOption = Annotated[str | None, typer.Option("--sink", help="Only this sink's.")]
StatusOption = Annotated[
    int | None,
    typer.Option("--status", help="Only with this HTTP status; 0: refused before sending."),
]
ReasonOption = Annotated[
    str | None, typer.Option("--reason", help="Only where the server's words contain this.")
]
DeviceOption = Annotated[str | None, typer.Option("--device", help="Only this device's.")]
SinceOption = Annotated[
    str | None, typer.Option("--since", help='Refused since: "1 day" ago, or a time.')
]
UntilOption = Annotated[
    str | None, typer.Option("--until", help='Refused before: "1 h" ago, or a time.')
]
IdsArgument = Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="Which letters.")]
AllOption = Annotated[bool, typer.Option("--all", help="Every one.")]


@group.command("list")
def list_letters(
    config: ConfigOption = None,
    store: StoreOption = None,
    sink: SinkOption = None,
    status: StatusOption = None,
    reason: ReasonOption = None,
    device: DeviceOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the newest so many.")] = None,
    form: Annotated[view.Form, typer.Option("--format", help="How to write it.")] = view.Form.TABLE,
    as_json: JsonOption = False,
) -> None:
    """What was refused for which reason, and the letters themselves."""
    wanted = _wanted(None, sink, status, reason, device, since, until)
    form = view.Form.JSON if as_json else form
    connection = open_reader(store_path(config, store))
    with reading(connection):
        kinds = dead_letters.kinds(connection, wanted)
        tables = Tables(connection)
    most = limit or (LIST_ROWS if form is view.Form.TABLE else None)
    view.write(form, kinds, view.letters(connection, tables, wanted, most), most)


@group.command("show")
def show(
    letter: Annotated[int, typer.Argument(metavar="ID", help="Its number, as `list` has it.")],
    config: ConfigOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """One letter: its line, the server's words, and the frame that it came from."""
    connection = open_reader(store_path(config, store))
    with reading(connection):
        tables = Tables(connection)
        found = dead_letters.page(connection, tables, Wanted(ids=(letter,)), 0, 1)
        if not found:
            _nothing(f"no dead letter has the number {letter}: it was taken, dropped, or never was")
        frame = dead_letters.frame_of(connection, tables, found[0].reading.seq)
        if frame is not None and frame.about is not None:  # it has the bytes
            frame = dead_letters.frame_of(connection, tables, frame.about) or frame
    view.write_one(found[0], frame, as_json=as_json)


@group.command("retry")
def retry(
    config: ConfigNeeded,
    letters: IdsArgument = None,
    every: AllOption = False,
    sink: SinkOption = None,
    status: StatusOption = None,
    reason: ReasonOption = None,
    device: DeviceOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    as_json: JsonOption = False,
) -> None:
    """Offer letters to their sink again, oldest first: what it takes is delivered, the rest stays dead.

    Mend the cause before, in the database or here. To repeat this does no harm.
    """
    from gateway.changes.desk import RETRY

    wanted = _chosen(every, _wanted(letters, sink, status, reason, device, since, until))
    answer = change(config, RETRY, _arguments(wanted), "offering again")
    complete = view.write_retried(answer, as_json=as_json)
    if not complete:
        raise typer.Exit(1)


@group.command("drop")
def drop(
    config: ConfigNeeded,
    letters: IdsArgument = None,
    every: AllOption = False,
    sink: SinkOption = None,
    status: StatusOption = None,
    reason: ReasonOption = None,
    device: DeviceOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Delete letters for good. Shows what goes and asks first; they count as dropped in `status`."""
    from gateway.changes.desk import DROP

    wanted = _chosen(every, _wanted(letters, sink, status, reason, device, since, until))
    connection = open_reader(store_path(config, None))
    with reading(connection):
        kinds = dead_letters.kinds(connection, wanted)
        count, newest = dead_letters.count(connection, wanted)
    connection.close()
    if not as_json:
        view.write_kinds(kinds)
    if not count:
        if as_json:
            print(json.dumps({"would_drop": 0} if dry_run else {"asked": 0, "dropped": {}}))
        _nothing("no dead letter is meant by that; nothing was dropped")
    if dry_run:
        _say({"would_drop": count}, f"{count:,} letters would be dropped", as_json=as_json)
        return
    if not yes:
        typer.confirm(f"Delete these {count:,} for good?", abort=True, err=True)
    # Only what was shown: not what comes meanwhile.
    wanted = msgspec.structs.replace(wanted, newest_id=newest)
    answer = change(config, DROP, _arguments(wanted), "dropping")
    dropped = sum(answer["dropped"].values())
    _say(answer, f"{dropped:,} letters were dropped", as_json=as_json)


def _wanted(
    letters: list[int] | None, sink: str | None, status: int | None, reason: str | None,
    device: str | None, since: str | None, until: str | None,
) -> Wanted:  # fmt: skip
    return wanted_of(
        {
            "ids": letters or None,
            "sink": sink,
            "status": status,
            "reason": reason,
            "device": device,
            "since_ns": 0 if since is None else moment_ns(since),
            "until_ns": 1 << 62 if until is None else moment_ns(until),
        }
    )


def _chosen(every: bool, wanted: Wanted) -> Wanted:
    """What changes letters wants to hear which; nothing named is not all.

    Raises:
        typer.BadParameter: neither ids, nor a filter, nor --all; or --all with one of them.
    """
    chosen = wanted != Wanted()
    if every and wanted.ids is not None:
        raise typer.BadParameter("--all and ID exclude each other")
    if not every and not chosen:
        raise typer.BadParameter("say which: ID ..., a filter such as --sink or --reason, or --all")
    return wanted


def _arguments(wanted: Wanted) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(wanted)
    return found


def _nothing(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)


def _say(answer: Any, sentence: str, *, as_json: bool) -> None:
    print(json.dumps(answer, indent=2) if as_json else sentence)
