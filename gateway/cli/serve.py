"""What `run` does, without what parses its options: a daemon keeps neither for weeks.

typer costs 2 MB and 50 ms, and the daemon's two options are plain.
"""

import asyncio
import getopt
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.config import Config, load
from gateway.errors import GatewayError
from gateway.ports import Source


def serve(config: Path, log_level: str = "info") -> None:
    """Run the daemon until SIGTERM, SIGINT, or its terminal is closed.

    Raises:
        ConfigError: before anything is opened. GatewayError: the store cannot be used.
    """
    from gateway.host import logs

    loaded = load(config)
    logs.set_up(log_level)
    try:
        asyncio.run(_run(loaded))
    except BaseExceptionGroup as group:
        expected, bugs = group.split(GatewayError)
        if bugs is not None or expected is None:
            raise
        raise _first(expected) from None


def _first(group: BaseExceptionGroup[GatewayError]) -> GatewayError:
    found = group.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found


def plain_options(arguments: Sequence[str]) -> dict[str, str] | None:
    """The options of `run` when they are all it takes; None when they need help, or to be refused."""
    try:
        options, rest = getopt.getopt(list(arguments), "", ["config=", "log-level="])
    except getopt.GetoptError:
        return None
    given = {name.removeprefix("--"): value for name, value in options}
    return given if "config" in given and not rest else None


def ends() -> tuple[signal.Signals, ...]:
    """The signals that end this process in order; not SIGHUP under nohup, which has it ignored."""
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        return (signal.SIGTERM, signal.SIGINT)
    return (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


async def _run(config: Config) -> None:
    from gateway.app import Gateway
    from gateway.host.clock import SystemClock
    from gateway.journal import Journal

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in ends():
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
