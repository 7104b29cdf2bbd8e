"""A bar on stderr for what takes longer than two seconds, on a terminal only."""

import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

SHOW_AFTER_S = 2.0


@contextmanager
def progress(what: str) -> Generator[Callable[[int, int], None], None, None]:
    """Gives a function to call with (done, of); draws nothing before two seconds have passed."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task(what, total=None)
    began = time.monotonic()
    shown = False

    def step(done: int, of: int) -> None:
        nonlocal shown
        if not shown and time.monotonic() - began > SHOW_AFTER_S:
            bar.start()
            shown = True
        bar.update(task, completed=done, total=of)

    try:
        yield step
    finally:
        if shown:
            bar.stop()
