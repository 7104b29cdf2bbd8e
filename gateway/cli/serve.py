"""What `run` does, without what parses its options: a daemon keeps neither for weeks.

typer costs 2 MB and 50 ms, and the daemon's two options are plain.
"""

import asyncio
import getopt
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.config import Config, load
from gateway.errors import GatewayError
from gateway.ports import Source

LOG_LEVELS = ("debug", "info", "warning", "error")


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
    known = given.get("log-level", "info").lower() in LOG_LEVELS
    return given if "config" in given and known and not rest else None


def ends() -> tuple[signal.Signals, ...]:
    """The signals that end this process in order: SIGHUP as well when it runs in somebody's terminal."""
    if _hangs_on_terminal() and not _hears_no_hangup():
        return (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    return (signal.SIGTERM, signal.SIGINT)


def reloads() -> tuple[signal.Signals, ...]:
    """The signal that has the devices read again: SIGHUP, where no terminal sends it when it is closed."""
    return () if _hangs_on_terminal() or _hears_no_hangup() else (signal.SIGHUP,)


def _hears_no_hangup() -> bool:
    """Under nohup SIGHUP is ignored, and stays so."""
    return signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def _hangs_on_terminal() -> bool:
    """Whether this process has a controlling terminal, which sends SIGHUP when it is closed."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


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
    for number in reloads():
        loop.add_signal_handler(number, gateway.reload.ask)
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
