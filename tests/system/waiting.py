"""Waiting for a condition with a deadline: the only way in which system tests wait."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

PAUSE_S = 0.01


def until(
    look: Callable[[], Found],
    what: str,
    *,
    timeout_s: float = 20.0,
    pause_s: float = PAUSE_S,
    otherwise: Callable[[], str] = str,
) -> Found:
    """The first true value that `look` gives.

    Raises:
        AssertionError: there was none in time; names `what`, the last value and what `otherwise` tells.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(
                f"not within {timeout_s:g} s: {what}; last: {found!r}\n{otherwise()}"
            )
        time.sleep(pause_s)
