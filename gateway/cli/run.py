"""`lora-gateway run`: the daemon. SIGTERM and SIGINT end it in order, within 10 s."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer

from gateway.config import Config, load


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
    await gateway.run(stop)
