"""The table of commands: what help shows, what is imported, and what each exit code stands for."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway import __version__, cli
from gateway.errors import ConfigError, Unavailable

Call = Callable[..., Any]


def test_help_shows_every_command(call: Call) -> None:
    said = call("--help")
    assert said.code == 0
    for name, entry in cli.COMMANDS.items():
        assert name in said.out
        assert entry.summary in said.out


def test_every_command_of_the_table_exists(call: Call) -> None:
    for name in cli.COMMANDS:
        said = call(name, "--help")
        assert said.code == 0, said.err
        assert name in said.out


def test_the_version(call: Call) -> None:
    assert call("--version")[:2] == (0, f"lora-gateway {__version__}\n")


@pytest.mark.parametrize("arguments", [(), ("nosuch",), ("check",), ("check", "--nosuch")])
def test_wrong_use_is_code_two(call: Call, arguments: tuple[str, ...]) -> None:
    said = call(*arguments)
    assert said.code == 2
    assert said.out == "" or not arguments


def test_only_the_called_command_is_imported() -> None:
    program = (
        "import sys, gateway.cli\n"
        "try: gateway.cli.main(['decode', '--decoder', 'energy', '--f-port', '30', '--hex', '00', '--json'])\n"
        "except SystemExit: pass\n"
        "print([name for name in sys.modules if name.startswith(('gateway.', 'rich', 'cryptography'))])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    imported = run.stdout.splitlines()[-1]
    assert "gateway.cli.decode" in imported
    for other in ("gateway.config", "gateway.app", "gateway.store", "gateway.cli.check", "rich"):
        assert f"'{other}'" not in imported


class Raising:
    """A command module whose command ends with an error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def command(self) -> None:
        """Fail."""
        raise self._error


@pytest.fixture
def ends_with(monkeypatch: pytest.MonkeyPatch, call: Call) -> Call:
    """Run a command that raises this error."""

    def ends_with(error: Exception) -> Any:
        monkeypatch.setattr(cli, "import_module", lambda _: Raising(error))
        return call("check")

    return ends_with


def test_a_wrong_configuration_is_code_78_and_a_paragraph_per_fault(ends_with: Call) -> None:
    fault = ConfigError(Path("g.toml"), "gateway.name", "a b", "write letters")
    fault.others = (ConfigError(Path("d.toml"), "device[0].x", None, "unknown key"),)
    said = ends_with(fault)
    assert said.code == 78
    assert said.out == ""
    assert said.err.splitlines() == [
        "lora-gateway: g.toml: gateway.name = 'a b': write letters",
        "lora-gateway: d.toml: device[0].x: unknown key",
    ]


def test_hundreds_of_faults_do_not_fill_the_screen(ends_with: Call) -> None:
    fault = ConfigError("g.toml", "a", None, "b")
    fault.others = tuple(ConfigError("g.toml", "a", None, "b") for _ in range(299))
    assert ends_with(fault).err.splitlines()[-1] == "lora-gateway: and 280 more"


def test_what_is_away_is_code_one_without_a_traceback(ends_with: Call) -> None:
    said = ends_with(Unavailable("the store cannot be opened"))
    assert (said.code, said.err) == (1, "lora-gateway: the store cannot be opened\n")


def test_a_bug_is_not_hidden(ends_with: Call) -> None:
    with pytest.raises(ZeroDivisionError):
        ends_with(ZeroDivisionError())
