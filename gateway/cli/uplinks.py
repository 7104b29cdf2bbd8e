"""`lora-gateway query --uplinks`: what was heard, opened with the configured keys."""

import json
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from gateway.cli import spreadsheet
from gateway.cli.options import time_text
from gateway.cli.progress import progress
from gateway.device import Device
from gateway.model import ApplicationUplink, Malformed, Record
from gateway.pipeline.fleet import Fleet
from gateway.pipeline.readings import LINK
from gateway.store.connection import open_reader
from gateway.store.kept_rows import KeptRows

TABLE_ROWS = 50


def show(
    config: Path | None, store: Path | None, device: str | None, span: tuple[int, int],
    limit: int | None, form: str,
) -> None:  # fmt: skip
    """Print every kept frame of a span of reception times, ascending."""
    if config is None:
        raise typer.BadParameter("--uplinks needs --config FILE: frames are opened with its keys")
    from gateway.config import load

    loaded = load(config)
    fleet = Fleet(loaded.devices, None)
    fleet.lorawan()
    connection = open_reader(store or Path(loaded.store.path))
    rows = KeptRows(connection, LINK, *span)
    with progress("reading the store") as step:
        for looked in rows.look_ahead():
            step(looked, rows.rows)
        found: Iterator[dict[str, Any]] = (
            document(seq, record, fleet)
            for seq, record in rows.heard()
            if device in (None, record.device)
        )
        if limit is not None or form == "table":
            found = iter(deque(found, maxlen=limit or TABLE_ROWS))
        if form == "json":
            _write_json(found)
        elif form == "csv":
            _write_csv(found)
        elif form == "table":
            _write_table(list(found))
        else:
            raise typer.BadParameter("frames are listed as table, csv or json")


def document(seq: int, record: Record, fleet: Fleet) -> dict[str, Any]:
    """A kept frame as JSON-able values; `payload` is decrypted, None where no key is known."""
    heard = record.heard
    device = fleet.by_name.get(record.device or "")
    f_port, payload = _opened(record, device, fleet)
    answer: dict[str, Any] = {
        "seq": seq,
        "received_at": time_text(heard.received.wall_ns),
        "outcome": record.outcome,
        "device": record.device,
        "dev_addr": _dev_addr(record, device),
        "f_cnt": record.f_cnt,
        "f_port": f_port,
        "payload": None if payload is None else payload.hex(),
        "about": record.about,
        "source": heard.source,
        "message": record.sentence,
        "phy": heard.raw.hex() if isinstance(heard, Malformed) else None,
        "receptions": [],
    }
    if not isinstance(heard, Malformed):
        answer["phy"] = None if isinstance(heard, ApplicationUplink) else heard.phy.hex()
        radio = heard.radio
        answer["receptions"] = [
            {
                "gateway": one.receiver,
                "antenna": one.antenna,
                "rssi_dbm": one.rssi_dbm,
                "snr_db": one.snr_db,
                "frequency_hz": radio.frequency_hz,
                "spreading_factor": radio.spreading_factor,
                "bandwidth_hz": radio.bandwidth_hz,
            }
            for one in heard.receptions
        ]
    return answer


def _opened(record: Record, device: Device | None, fleet: Fleet) -> tuple[int | None, bytes | None]:
    heard = record.heard
    if isinstance(heard, ApplicationUplink):
        return heard.f_port, heard.payload
    if device is None or isinstance(heard, Malformed):
        return None, None
    if device.source:
        return device.f_port, heard.phy
    if record.f_cnt is None:
        return None, None
    return fleet.reopen(heard.phy, record.f_cnt, device) or (None, None)


def _dev_addr(record: Record, device: Device | None) -> str | None:
    heard = record.heard
    if isinstance(heard, ApplicationUplink):
        return heard.dev_addr or None
    return device.dev_addr or None if device is not None else None


def _write_json(found: Iterator[Mapping[str, Any]]) -> None:
    print('{"uplinks": [', end="")
    first = True
    for one in found:
        print(("\n" if first else ",\n") + json.dumps(one), end="")
        first = False
    print("]}")


def _write_csv(found: Iterator[Mapping[str, Any]]) -> None:
    names = ("received_at", "outcome", "device", "dev_addr", "f_cnt", "f_port", "payload", "source")
    spreadsheet.write(
        [*names, "gateways"],
        (
            [
                *(one[name] for name in names),
                " ".join(reception["gateway"] for reception in one["receptions"]),
            ]
            for one in found
        ),
    )


def _write_table(found: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=f"{len(found)} frames", title_justify="left")
    for name in ("received", "outcome", "device", "counter", "port", "payload", "heard by"):
        table.add_column(name, overflow="fold")
    for one in found:
        receptions = one["receptions"]
        heard_by = ", ".join(
            f"{reception['gateway']} {reception['rssi_dbm']:g} dBm"
            if reception["rssi_dbm"] is not None
            else reception["gateway"]
            for reception in receptions
        )
        cells = (
            one["received_at"], one["outcome"], one["device"], one["f_cnt"], one["f_port"],
            one["payload"] if one["payload"] is not None else one["message"], heard_by,
        )  # fmt: skip
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in cells))
    Console(highlight=False).print(table)
