"""Where log lines go: stderr, for journald with its level prefixes, for people with the time in front.

    <4>source.city: down why="connection refused"                          journald, which has the time
    2026-11-22T12:00:00.123Z warning source.city: down why="..."           a terminal or a file

Source: sd-daemon(3) for the prefixes, systemd.exec(5) for JOURNAL_STREAM.
"""

import logging
import os
import sys
import time
from typing import TextIO

ROOT = "lora_gateway"
"""The logger that gateway.journal's loggers are below."""

LEVELS = ("debug", "info", "warning", "error")

_PRIORITY = {
    logging.DEBUG: "<7>",
    logging.INFO: "<6>",
    logging.WARNING: "<4>",
    logging.ERROR: "<3>",
    logging.CRITICAL: "<2>",
}


def set_up(level: str = "info", stream: TextIO | None = None) -> None:
    """Send every log line of this level and above to the stream, stderr when none is given.

    Other libraries' warnings go there too. Called again, it replaces what it had set.
    """
    stream = sys.stderr if stream is None else stream
    out = logging.StreamHandler(stream)
    out.setFormatter(JournaldLines() if is_journald(stream) else TimedLines())
    logging.basicConfig(level=logging.WARNING, handlers=[out], force=True)
    logging.getLogger(ROOT).setLevel(level.upper())


def is_journald(stream: TextIO) -> bool:
    """Whether the stream is the one that systemd connected to the journal."""
    device, _, inode = os.environ.get("JOURNAL_STREAM", "").partition(":")
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):  # closed, or not a file at all
        return False
    return (str(status.st_dev), str(status.st_ino)) == (device, inode)


class JournaldLines(logging.Formatter):
    """Each line with its priority: a traceback's lines are read one by one, and keep their level."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as lines for journald."""
        priority = _PRIORITY.get(record.levelno, "<6>")
        text = f"{_short(record.name)}: {super().format(record)}"
        return "\n".join(priority + line for line in text.splitlines())


class TimedLines(logging.Formatter):
    """UTC time, level, name and text."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line for people."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        level = record.levelname.lower()
        return f"{moment}.{int(record.msecs):03d}Z {level} {_short(record.name)}: {super().format(record)}"


def _short(name: str) -> str:
    return name.removeprefix(f"{ROOT}.")
