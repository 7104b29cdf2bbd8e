"""The bar for long answers: never without a terminal, never before two seconds, gone when it is done."""

import io
import sys

import pytest

from gateway.cli import progress as module
from gateway.cli.progress import progress


class Terminal(io.StringIO):
    """A standard error that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def terminal_of(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Called by the test itself: pytest puts its own standard error back between set-up and test."""
    one = Terminal()
    monkeypatch.setattr(sys, "stderr", one)
    monkeypatch.setenv("TERM", "xterm")
    return one


def test_without_a_terminal_nothing_is_drawn(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "SHOW_AFTER_S", -1.0)
    with progress("reading") as step:
        step(1, 2)
    assert capsys.readouterr() == ("", "")


def test_what_is_quick_is_not_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_of(monkeypatch)
    with progress("reading") as step:
        step(1, 2)
    assert terminal.getvalue() == ""


def test_what_takes_longer_has_a_bar_and_takes_it_away(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_of(monkeypatch)
    monkeypatch.setattr(module, "SHOW_AFTER_S", -1.0)
    with progress("reading the store") as step:
        step(1, 2)
        step(2, 2)
    assert "reading the store" in terminal.getvalue()
    assert terminal.getvalue().endswith("\x1b[2K")


def test_a_fault_takes_the_bar_away_and_comes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_of(monkeypatch)
    monkeypatch.setattr(module, "SHOW_AFTER_S", -1.0)

    def break_off() -> None:
        with progress("reading") as step:
            step(1, 2)
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        break_off()
    assert terminal.getvalue().endswith("\x1b[2K")
