"""The program called as its user calls it, in this process."""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from gateway.cli import main


class Said(NamedTuple):
    """What a command gave back."""

    code: int | str | None
    out: str
    err: str


@pytest.fixture
def call(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Said]:
    """Run the program with these arguments."""
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: object) -> Said:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        return Said(ended.value.code, *capsys.readouterr())

    return call
