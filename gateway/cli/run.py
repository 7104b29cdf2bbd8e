"""`lora-gateway run`: the daemon. SIGTERM and SIGINT end it in order, within 10 s."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.config import Config, load
from gateway.ports import Source


def command(
    config: Annotated[Path, typer.Option("--config", help="The gateway's configuration file.")],
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
) -> None:
    """Run the daemon until it is told to stop."""
    from gateway.host import logs

    loaded = load(config)
    logs.set_up(log_level)
    asyncio.run(_run(loaded))


async def _run(config: Config) -> None:
    from gateway.app import Gateway
    from gateway.host.clock import SystemClock
    from gateway.journal import Journal

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    for sentence in config.warnings:
        Journal("config").warning("note", says=sentence)
    gateway = Gateway(config, SystemClock(config.gateway.clock_trust))
    showing = asyncio.create_task(_show_replays(gateway.sources))
    try:
        await gateway.run(stop)
    finally:
        showing.cancel()


async def _show_replays(sources: Sequence[Source]) -> None:
    """A bar on the terminal while recordings are read; the daemon goes on after that."""
    replays: list[Any] = [source for source in sources if hasattr(source, "progress")]
    if not replays or not sys.stderr.isatty():
        return
    from gateway.cli.progress import progress

    with progress("replaying") as step:
        while not all(replay.finished.is_set() for replay in replays):
            done, of = (sum(part) for part in zip(*(r.progress for r in replays), strict=True))
            step(done, of)
            await asyncio.sleep(0.2)
