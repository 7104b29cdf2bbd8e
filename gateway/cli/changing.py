"""How a command changes the store: the daemon does it when it runs, else this process is the writer itself."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gateway.cli.progress import progress
from gateway.config import Config, load
from gateway.errors import StoreInUse, Unavailable


def change(config: Path, what: str, arguments: Mapping[str, Any], doing: str) -> dict[str, Any]:
    """The result of a change; `doing` stands beside the bar on stderr.

    Raises:
        ConfigError: the configuration is faulty.
        Unavailable: this user may not, another command is at it, or it ended before it was done.
        StoreInUse, StoreForeign, StoreFull, StoreDamaged: the store cannot be used.
    """
    from gateway.host.control import request

    loaded = load(config)
    with progress(doing) as step:
        answer = request(loaded.store.path, what, arguments, step)
        if answer is not None:
            return answer
        _refuse_others(loaded.store.path)
        return asyncio.run(_alone(loaded, what, arguments, step))


def _refuse_others(store: Path) -> None:
    """What is written as another user could not be written by the daemon after that.

    Raises:
        Unavailable: there is no store, or it belongs to somebody else.
    """
    try:
        owner = store.stat().st_uid
    except FileNotFoundError:
        raise Unavailable(
            f"there is no store at {store}: the daemon has not run with this path yet"
        ) from None
    if owner != os.geteuid():
        raise Unavailable(
            f"the daemon does not run, and {store} belongs to {_user(owner)}:"
            f" run this as that user (sudo -u {_user(owner)} ...), or start the daemon"
        )


def _user(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"#{uid}"


async def _alone(
    config: Config,
    what: str,
    arguments: Mapping[str, Any],
    step: Callable[[int, int], None],
) -> dict[str, Any]:
    from gateway.app import Gateway
    from gateway.host.clock import SystemClock

    # What a daemon would write down, the command says itself.
    logging.getLogger("lora_gateway").addHandler(logging.NullHandler())
    os.umask(0o007)  # as the service: what is made is for the group too
    try:
        gateway = Gateway(config, SystemClock(config.gateway.clock_trust))
    except StoreInUse as error:
        raise StoreInUse(
            f"{error}. When that is the daemon, its control socket is away: wait some seconds and try again"
        ) from error
    if gateway.store.moved_aside is not None:
        print(f"a damaged store was moved to {gateway.store.moved_aside}", file=sys.stderr)
    try:
        async for line in gateway.desk.changes[what](arguments):
            if "progress" not in line:
                return line
            step(*line["progress"])
    finally:
        await gateway.close_unused()
    raise AssertionError("a change ends with its result")
