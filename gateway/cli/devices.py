"""`lora-gateway devices`: who is configured and when each was heard, and lists of devices in and out."""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer import Argument, Option

from gateway.cli import device_lists
from gateway.cli.options import ConfigOption, JsonOption, time_text
from gateway.config import load, store_of
from gateway.config.bulk import files
from gateway.config.bulk.lists import Form
from gateway.device import Device
from gateway.errors import ConfigError, Unavailable
from gateway.store.connection import open_reader
from gateway.store.heard import last_heard, strangers

STRANGERS_SHOWN = 30
"""Of those heard most, on a screen; --json has all."""
SILENT_TIMES = 3
"""As often as `expect_every` may pass before a device counts as silent."""

group = typer.Typer(
    invoke_without_command=True,
    help="List devices and when each was heard; import and export lists.",
)


@group.callback()
def command(
    context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """List every configured device with when it was heard, and whoever else is on the air."""
    context.obj = config
    if context.invoked_subcommand is not None:
        return
    if config is None:
        raise typer.BadParameter("say which gateway: --config FILE")
    answer = document(config)
    if as_json:
        print(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        _show(answer)


def document(config: Path) -> dict[str, Any]:
    """The answer as JSON-able values.

    Raises:
        ConfigError: the configuration is faulty. StoreDamaged: the store cannot be read.
    """
    configured, store = _configured(config)
    heard, unknown, why = {}, [], None
    try:
        connection = open_reader(store)
    except Unavailable as error:
        why = str(error)
    else:
        try:
            heard, unknown = last_heard(connection), strangers(connection)
        finally:
            connection.close()
    now_ns = time.time_ns()
    devices = []
    for device in configured:
        last = heard.get(device.name)
        limit_s = None if device.expect_every_s is None else SILENT_TIMES * device.expect_every_s
        devices.append(
            {
                "name": device.name,
                "dev_eui": device.dev_eui or None,
                "dev_addr": device.dev_addr or None,
                "activation": device.activation,
                "decoder": device.decoder or None,
                "last_heard": last and time_text(last.wall_ns),
                "rssi_dbm": last and last.rssi_dbm,
                "expect_every_s": device.expect_every_s,
                "silent": limit_s is not None
                and (last is None or now_ns - last.wall_ns > limit_s * 1e9),
            }
        )
    return {
        "devices": devices,
        "unknown": [
            {
                "kind": one.kind,
                "address": one.address,
                "frames": one.frames,
                "last_heard": time_text(one.wall_ns),
                "source": one.source,
                "rssi_dbm": one.rssi_dbm,
            }
            for one in unknown
        ],
        "store": why or "read",
    }


def _configured(config: Path) -> tuple[Sequence[Device], Path]:
    """The devices and the store, also for somebody who may not read the keys."""
    try:
        loaded = load(config)
    except ConfigError as fault:
        if not all("Permission denied" in each.remedy for each in (fault, *fault.others)):
            raise
        return files.without_keys(files.places_of(config)), store_of(config)
    return loaded.devices, loaded.store.path


def _show(answer: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    table = Table(title=f"{len(answer['devices']):,} devices", title_justify="left")
    for column in ("device", "known by", "decoder", "last heard", "dBm"):
        table.add_column(column, overflow="fold", justify="right" if column == "dBm" else "left")
    for device in answer["devices"]:
        last = device["last_heard"] or "never"
        table.add_row(
            escape(device["name"]),
            device["dev_eui"] or device["dev_addr"] or device["activation"],
            escape(device["decoder"] or "none"),
            f"[yellow]{last}, silent[/]" if device["silent"] else last,
            "" if device["rssi_dbm"] is None else f"{device['rssi_dbm']:.0f}",
        )
    console.print(table)
    _show_unknown(console, answer["unknown"])
    if answer["store"] != "read":
        console.print(f"[yellow]{escape(answer['store'])}[/]")


def _show_unknown(console: Any, unknown: list[dict[str, Any]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    if not unknown:
        console.print("nobody else was heard")
        return
    table = Table(title=f"\n{len(unknown):,} others, not configured", title_justify="left")
    for column in ("known by", "", "frames", "last heard", "source", "dBm"):
        table.add_column(column, justify="right" if column in ("frames", "dBm") else "left")
    for one in unknown[:STRANGERS_SHOWN]:
        rssi = "" if one["rssi_dbm"] is None else f"{one['rssi_dbm']:.0f}"
        table.add_row(
            one["kind"],
            one["address"],
            f"{one['frames']:,}",
            one["last_heard"],
            escape(one["source"]),
            rssi,
        )
    console.print(table)
    if len(unknown) > STRANGERS_SHOWN:
        console.print(f"and {len(unknown) - STRANGERS_SHOWN:,} more: --json lists them")


@group.command("import")
def import_list(
    context: typer.Context,
    file: Annotated[Path, Argument(help="A list of devices, or - for standard input.")],
    config: ConfigOption = None,
    into: Annotated[
        Path | None, Option(help="The devices file, instead of the configured one.")
    ] = None,
    form: Annotated[Form, Option("--format", help="What the list is.")] = Form.AUTO,
    decoder: Annotated[str, Option(help="For new devices whose line names none.")] = "",
    dry_run: Annotated[bool, Option("--dry-run", help="Only say what would be done.")] = False,
    skip_refused: Annotated[
        bool, Option("--skip-refused", help="Take the good lines though others are refused.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Add and change devices by a list: CSV of ChirpStack, of The Things Stack, a plain one, or QR codes."""
    places = device_lists.places(config or context.obj, into)
    done = device_lists.imported(
        places, file, form, decoder, write=not dry_run, skip_refused=skip_refused
    )
    if as_json:
        print(json.dumps(done.document(), indent=2, ensure_ascii=False))
    else:
        print("\n".join(done.lines()))
    if done.refused and not skip_refused:
        raise typer.Exit(1)


@group.command("export")
def export_list(
    context: typer.Context,
    config: ConfigOption = None,
    into: Annotated[
        Path | None, Option("--from", help="The devices file, instead of the configured one.")
    ] = None,
    form: Annotated[device_lists.Written, Option("--format", help="How to write it.")] = (
        device_lists.Written.CSV
    ),
    with_keys: Annotated[
        bool, Option("--with-keys", help="Keys as well: the list is a secret then.")
    ] = False,
) -> None:
    """Write all devices to standard output, without keys unless they are asked for."""
    places = device_lists.places(config or context.obj, into)
    if with_keys:
        print("keys are in this list: keep it where nobody else reads it", file=sys.stderr)
    device_lists.export(places, form, with_keys=with_keys)
