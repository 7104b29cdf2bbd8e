"""Standard input, output and error are open, also when whoever started the program has closed them.

A file that is opened later would get their numbers: what is meant for stderr would be written into the store.
"""

import os
import sys
from pathlib import Path

_STANDARD = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def open_all() -> None:
    """Open what is closed as /dev/null. To be called before any other file is opened."""
    for name, mode in _STANDARD:
        if getattr(sys, name) is None:  # so Python says that it was closed
            # The lowest free number is its own.
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - for good


def drop_output() -> None:
    """Let what waits to be written to stdout go nowhere: it would fail once more when the program ends."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.close(nothing)
