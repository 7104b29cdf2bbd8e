"""What `status` says of the store itself: how full, how old, and how long an outage still fits."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.markup import escape

DAYS_FROM_H = 72
"""Hours above which days are easier to read."""


def store_lines(stored: Mapping[str, Any]) -> Iterator[str]:
    """Lines with Rich's markup; `stored` is the `store` part of the answer."""
    size_max = stored["size_max"]
    of = "" if size_max is None else f" of {_mb(size_max)}"
    yield f"\nstore {escape(stored['path'])}, {_mb(stored['used_bytes'])} in use{of}"
    if size_max is not None and stored["disk_bytes"] > size_max:
        yield (
            f"[yellow]its files take {_mb(stored['disk_bytes'])}, more than size_max: what is free in them is"
            " used again, but the disk does not get it back[/]"
        )
    if stored["oldest_history"] is not None:
        yield f"oldest history: {stored['oldest_history']}"
    yield _outage(stored)
    rotted = stored["rotted"]
    if rotted["blocks"] or rotted["rows"]:
        yield (
            f"[red]bytes have rotted: {rotted['blocks']} blocks with {rotted['readings']} readings and"
            f" {rotted['rows']} rows are set aside; the card may be failing[/]"
        )


def _outage(stored: Mapping[str, Any]) -> str:
    hours, rate = stored["outage_hours"], stored["bytes_per_hour"]
    if hours is None:
        return "how long an outage still fits cannot be told yet: too little was heard lately"
    colour = "red" if hours < 1 else "yellow" if hours < 24 else "green"
    span = f"{hours / 24:,.0f} days" if hours > DAYS_FROM_H else f"{hours:,.1f} hours"
    return (
        f"[{colour}]an outage of {span} still fits[/], at the present rate of {_mb(rate)} an hour"
    )


def _mb(count: float) -> str:
    return f"{count / 1e6:,.1f} MB"
