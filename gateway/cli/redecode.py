"""`lora-gateway redecode`: what is kept goes through decoders and keys again; what differs replaces the old.

A dry run unless `--apply` is given. Keys and decoders are the running daemon's.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from gateway.cli.changing import change
from gateway.cli.options import ConfigNeeded, JsonOption, moment_ns, time_text

VANISHED_LINES_MAX = 20
"""Shown of what is not given any more; `--json` has more of them."""
POINTS = {
    "new": "new points",
    "changed": "points with other values",
    "with_vanished_fields": "points without fields that they had",
    "vanished": "points that are not given any more",
    "left_behind": "points of which an earlier run left something behind",
}


def command(
    config: ConfigNeeded,
    since: Annotated[str, typer.Option(help='Received since: "1 day" ago, or a time.')],
    device: Annotated[str | None, typer.Option(help="Only this device.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every device.")] = False,
    until: Annotated[
        str | None, typer.Option(help='Received before: "1 h" ago, or a time; now if not given.')
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Do it; without this it is only shown.")
    ] = False,
    delete: Annotated[
        bool,
        typer.Option("--delete", help="Let databases forget points and fields that are gone."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Run decoders and keys over what is kept, and show what would change; --apply changes it."""
    from gateway.changes.desk import REDECODE

    if (device is None) == (not every):
        raise typer.BadParameter("say which: --device NAME, or --all")
    arguments = {
        "device": device,
        "since_ns": moment_ns(since),
        "until_ns": 1 << 62 if until is None else moment_ns(until),
        "apply": apply,
        "delete": delete,
    }
    answer = change(config, REDECODE, arguments, "decoding again")
    if as_json:
        print(json.dumps(_with_times(answer), indent=2))
    else:
        _show(answer, delete=delete)


def _with_times(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The document with times as every command writes them."""
    return {
        key: [
            {name: value for name, value in one.items() if name != "time_ns"}
            | {"time": time_text(one["time_ns"])}
            for one in value
        ]
        if key in ("examples", "vanished")
        else value
        for key, value in answer.items()
    }


def _show(answer: Mapping[str, Any], *, delete: bool) -> None:
    applied, points = answer["applied"], answer["points"]
    would = "" if applied else "would "
    print(f"{answer['looked_at']:,} frames looked at, {answer['rows']:,} {would}change")
    for outcome, count in answer["outcomes"].items():
        before, _, now = outcome.partition(">")
        print(f"  {count:>9,} frames: {before} -> {now}")
    for key, what in POINTS.items():
        if points[key]:
            print(f"  {points[key]:>9,} {what}")
    if answer["fields"]:
        fields = ", ".join(f"{name} ({count:,})" for name, count in answer["fields"].items())
        print(f"other values in: {fields}")
    for one in answer["examples"]:
        print(f"{time_text(one['time_ns'])} {one['device']} {one['measurement']}, row {one['seq']}")
        if one["before"] is not None:
            print(f"    before  {_fields(one['before'])}")
        print(f"    {'now' if applied else 'after':6}  {_fields(one['now'])}")
    _show_vanished(answer, delete=delete)
    if not applied and answer["rows"]:
        print("nothing was changed: this was a dry run; --apply does it")


def _show_vanished(answer: Mapping[str, Any], *, delete: bool) -> None:
    points = answer["points"]
    if answer["vanished"]:
        print("not given any more:")
    shown = answer["vanished"][:VANISHED_LINES_MAX]
    for one in shown:
        tags = ",".join(f"{name}={value}" for name, value in one["tags"].items())
        print(f"    {time_text(one['time_ns'])} {one['measurement']},{tags}, row {one['seq']}")
    if points["vanished"] > len(shown):
        print(f"    and {points['vanished'] - len(shown):,} more")
    if (points["vanished"] or points["with_vanished_fields"]) and not delete:
        print(
            "databases keep points and fields that are gone; --delete lets them forget"
            " (a field goes with its whole point, which is written again without it)"
        )
    deleted = answer["deleted"] or {"points": {}, "why_not": {}}
    for name, count in deleted["points"].items():
        print(f"sink {name}: {count:,} points deleted")
    for name, why in deleted["why_not"].items():
        print(f"sink {name}: nothing deleted: {why}")


def _fields(fields: Mapping[str, Any]) -> str:
    return "  ".join(f"{name}={value}" for name, value in fields.items()) or "none of these"
