"""`lora-gateway status`: where every frame and every reading is, and what is connected.

The two sums come from the store, also while the daemon is down; connections only the daemon knows.
"""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import typer
from rich.markup import escape

from gateway.cli.options import ConfigOption, JsonOption, StoreOption, store_path, time_text
from gateway.cli.store_lines import store_lines
from gateway.store.accounts import accounts
from gateway.store.connection import open_reader
from gateway.store.outlook import Outlook, outlook

LOSSES = ("session_lost", "broker_dropped")
"""Counters of a source whose far end has lost something: its line is loud, though it works again."""


def command(
    config: ConfigOption = None, store: StoreOption = None, as_json: JsonOption = False
) -> None:
    """Show what was heard, what waits for each sink, and whether everything adds up."""
    from gateway.host.control import ask

    path = store_path(config, store)
    answer = document(path, ask(path, "status"))
    if as_json:
        print(json.dumps(answer, indent=2))
    else:
        _show(answer)
    if not answer["balanced"]:
        raise typer.Exit(1)


def document(path: Path, live: Mapping[str, Any] | None) -> dict[str, Any]:
    """The answer as JSON-able values; `live` is what the daemon says of itself, None when it is down.

    Raises:
        Unavailable, StoreDamaged: the store cannot be read.
    """
    connection = open_reader(path)
    found = accounts(connection)
    ahead = outlook(connection, path, time.time_ns())
    sinks = {
        name: asdict(account) | {"balanced": account.balanced}
        for name, account in found.sinks.items()
    }
    oldest = found.oldest_pending_ns
    return {
        "store": {
            "path": str(path),
            **_outlook(ahead),
            "oldest_pending": None if oldest is None else time_text(oldest),
            "oldest_pending_age_s": None
            if oldest is None
            else round((time.time_ns() - oldest) / 1e9),
        },
        "frames": {
            "heard": found.heard,
            "outcomes": dict(sorted(found.outcomes.items())),
            "sum": sum(found.outcomes.values()),
            "by_source": found.sources,
            "rows_differ": {name: list(pair) for name, pair in found.rows_differ.items()},
            "balanced": found.frames_balanced,
        },
        "readings": {"accepted": found.readings, "sinks": sinks},
        "balanced": found.frames_balanced and all(a.balanced for a in found.sinks.values()),
        "daemon": live,
    }


def _outlook(ahead: Outlook) -> dict[str, Any]:
    oldest = ahead.oldest_history_ns
    return asdict(ahead) | {
        "oldest_history": None if oldest is None else time_text(oldest),
        "oldest_history_age_s": None if oldest is None else round((time.time_ns() - oldest) / 1e9),
    }


def _show(answer: Mapping[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    frames = answer["frames"]
    table = Table(title="Frames", title_justify="left")
    table.add_column("outcome")
    table.add_column("frames", justify="right")
    for outcome, count in frames["outcomes"].items():
        table.add_row(outcome, f"{count:,}")
    table.add_section()
    table.add_row("heard", f"{frames['heard']:,}")
    console.print(table)
    console.print(_verdict("heard = sum over outcomes, and the rows agree", frames["balanced"]))
    for name, account in answer["readings"]["sinks"].items():
        console.print(_sink_table(name, account))
        console.print(_verdict("accepted = the sum of what became of them", account["balanced"]))
    stored = answer["store"]
    for line in store_lines(stored):
        console.print(line)
    if stored["oldest_pending"] is not None:
        console.print(f"oldest reading that waits: {stored['oldest_pending']}")
    for line in _live_lines(answer["daemon"]):
        console.print(line)


def _sink_table(name: str, account: Mapping[str, Any]) -> Any:
    from rich.table import Table

    table = Table(title=f"\nReadings for sink {name}", title_justify="left")
    table.add_column("")
    table.add_column("readings", justify="right")
    for key in ("delivered", "pending", "dead", "expired", "superseded", "dropped"):
        note = (
            f" ({account['held']:,} for the clock)" if key == "pending" and account["held"] else ""
        )
        table.add_row(key, f"{account[key]:,}{note}")
    table.add_section()
    table.add_row("accepted", f"{account['accepted']:,}")
    return table


def _verdict(what: str, holds: bool) -> str:
    return f"[green]holds:[/] {what}" if holds else f"[red bold]DOES NOT HOLD:[/] {what}"


def _live_lines(live: Mapping[str, Any] | None) -> Iterator[str]:
    if live is None:
        yield "the daemon does not run, or may not be asked by this user"
        return
    clock = live["clock"]
    trust = "trusted" if clock["trusted"] else "NOT trusted, readings that need it wait"
    yield f"clock {trust} ({clock['how']}){_jumps(clock)}"
    for kind in ("sources", "sinks"):
        for name, state in live[kind].items():
            colour = "green" if state["state"] == "up" else "yellow"
            if any(state.get("counters", {}).get(loss) for loss in LOSSES):
                colour = "red"
            guarantee = f", {state['guarantee']}" if "guarantee" in state else ""
            why = escape(_why(state)) + _pace(state)
            yield f"{kind[:-1]} {name}{guarantee}: [{colour}]{state['state']}[/], {why}"
    for receiver, offset_s in live["gateway_clocks_disbelieved"].items():
        yield f"[yellow]the clock of gateway {receiver} is off by {offset_s:+.0f} s and not believed[/]"
    yield from _power_lines(live.get("power"))
    if refused := live.get("devices", {}).get("refused"):
        yield f"[red]the devices as they are now on disk are not in use: {escape(refused)}[/]"
    yield from _decode_lines(live.get("decode"))
    if live.get("devices", {}).get("restart_needed"):
        yield "[yellow]the gateway's file has changed since the daemon was started; restart to use it[/]"
    if live["stalled"]:
        yield f"[red]nothing is committed: {escape(live['stalled'])}[/]"
    if live["moved_aside"]:
        yield f"[red]a damaged store was moved to {live['moved_aside']}[/]"


def _decode_lines(decode: Mapping[str, Any] | None) -> Iterator[str]:
    """What JavaScript codecs are behind with, and why."""
    if decode and (dropped := decode.get("dropped")):
        yield f"[red]{dropped:,} payloads were dropped before their codec had answered[/]"
    if not decode or not (decode["waiting"] or decode["state"] == "down"):
        return
    colour = "yellow" if decode["state"] == "down" else "green"
    yield f"{decode['waiting']:,} payloads wait for their codec: [{colour}]{escape(_why(decode))}[/]"


def _jumps(clock: Mapping[str, Any]) -> str:
    if not clock.get("jumps"):
        return ""
    return f"; it was moved {clock['jumps']} times in this run, the last time by {clock['last_jump_s']:+.0f} s"


def _pace(state: Mapping[str, Any]) -> str:
    """How fast a backlog gets less, and when it is gone; nothing where there is none."""
    left_s = state.get("time_left_s")
    if not left_s or left_s < 1:
        return ""
    left = timedelta(seconds=round(left_s))
    return f"; {state['readings_per_s']:,.0f} readings/s, nothing waits in {left}"


def _power_lines(power: Mapping[str, list[str]] | None) -> Iterator[str]:
    for sentence in power["now"] if power else ():
        yield f"[red]power: {sentence}[/]"
    for sentence in power["since_boot"] if power and not power["now"] else ():
        yield f"[yellow]power, since this boot: {sentence}[/]"


def _why(state: Mapping[str, Any]) -> str:
    """The sentence beside a state; one that only began has none of its own."""
    if state["state"] == "starting":
        return "nothing was to be done yet"
    return str(state["why"])
