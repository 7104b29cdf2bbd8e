"""How a log line looks on its way to journald, and to a person."""

import io
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from gateway.host import logs
from gateway.journal import Journal


@pytest.fixture(autouse=True)
def _loggers_as_before() -> Iterator[None]:
    root, own = logging.getLogger(), logging.getLogger(logs.ROOT)
    before = root.handlers[:], root.level, own.level
    yield
    root.handlers[:], level, own_level = before
    root.setLevel(level)
    own.setLevel(own_level)


@pytest.fixture
def journald(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TextIO]:
    """A file that systemd says is its journal."""
    with (tmp_path / "journal").open("w+") as file:
        status = os.fstat(file.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        yield file


def written(file: TextIO) -> list[str]:
    file.flush()
    file.seek(0)
    return file.read().splitlines()


def test_journald_gets_priorities_and_no_times(journald: TextIO) -> None:
    logs.set_up("debug", journald)
    Journal("source.city").info("up", why="listening on 127.0.0.1:1700", n=3)
    Journal("source.city").warning("down")
    Journal("source.city").error("blocked")
    assert written(journald) == [
        '<6>source.city: up why="listening on 127.0.0.1:1700" n=3',
        "<4>source.city: down",
        "<3>source.city: blocked",
    ]


def test_every_line_of_a_traceback_keeps_its_priority(journald: TextIO) -> None:
    logs.set_up("info", journald)
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        logging.getLogger(f"{logs.ROOT}.app").exception("bug")
    lines = written(journald)
    assert len(lines) > 4
    assert all(line.startswith("<3>") for line in lines)


def test_people_get_the_time_and_the_level() -> None:
    stream = io.StringIO()
    logs.set_up("info", stream)
    Journal("clock").warning("moved", by_s=61)
    (line,) = stream.getvalue().splitlines()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warning clock: moved by_s=61", line
    )


@pytest.mark.parametrize(("level", "lines"), [("debug", 2), ("warning", 1), ("error", 0)])
def test_what_is_below_the_level_is_not_written(level: str, lines: int) -> None:
    stream = io.StringIO()
    logs.set_up(level, stream)
    Journal("a").info("up")
    Journal("a").warning("down")
    assert len(stream.getvalue().splitlines()) == lines


def test_setting_up_again_replaces_the_stream() -> None:
    first, second = io.StringIO(), io.StringIO()
    logs.set_up("info", first)
    logs.set_up("info", second)
    Journal("a").info("up")
    assert (len(first.getvalue()), len(second.getvalue().splitlines())) == (0, 1)


def test_a_stream_that_is_not_the_journal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "1:2")
    with (tmp_path / "a").open("w") as file:
        assert not logs.is_journald(file)
    assert not logs.is_journald(file), "closed"
    assert not logs.is_journald(io.StringIO())
