"""What several commands take: which store, and a span of time in words."""

import shutil
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from gateway.settings import duration_s

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIME_MAX_NS = 1 << 62
"""Year 2116: later than any reading."""

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="The gateway's configuration file.")
]
ConfigNeeded = Annotated[Path, typer.Option("--config", help="The gateway's configuration file.")]
StoreOption = Annotated[
    Path | None, typer.Option("--store", help="A store file, instead of the configured one.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def store_path(config: Path | None, store: Path | None) -> Path:
    """The store that is meant.

    Raises:
        ConfigError: the configuration is faulty. typer.BadParameter: neither was given.
    """
    if store is not None:
        return store
    if config is None:
        raise typer.BadParameter("say which gateway: --config FILE, or --store FILE")
    from gateway.config import store_of

    return store_of(config)


def moment_ns(text: str, now_ns: int | None = None) -> int:
    """Unix ns of "2 h" or "1 day" (so long ago), "2026-11-22" or "2026-11-22T08:00:00+07:00"; UTC without a zone.

    Raises:
        typer.BadParameter: neither a duration nor a time.
    """
    try:
        return _kept((now_ns or time.time_ns()) - int(duration_s(text) * 1e9))
    except (ValueError, OverflowError):
        pass
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f'{text!r}: write how long ago, such as "2 h" or "1 day",'
            " or a time such as 2026-11-22T08:00:00Z"
        ) from None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return _kept((when - EPOCH) // timedelta(microseconds=1) * 1000)


def _kept(time_ns: int) -> int:
    """The time, or the first or last one that a store could hold."""
    return max(0, min(time_ns, TIME_MAX_NS))


def time_text(time_ns: int) -> str:
    """RFC 3339 in UTC with milliseconds, as every command writes times."""
    when = datetime.fromtimestamp(time_ns // 10**9, UTC)
    return f"{when:%Y-%m-%dT%H:%M:%S}.{time_ns // 10**6 % 1000:03d}Z"


def number(value: float) -> str:
    """A value for people: counters in full, everything else without a needless tail."""
    return f"{value:,.0f}" if abs(value) >= 1e5 and value.is_integer() else f"{value:g}"


def program() -> str:
    """How this program can be called from the shell it was called from."""
    name = "lora-gateway"
    return name if shutil.which(name) else str(Path(sys.argv[0]))
