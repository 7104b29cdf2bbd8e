"""Configuration files on a temporary path."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.config import Config, load
from gateway.errors import ConfigError

Write = Callable[..., Path]
Faults = Callable[..., list[ConfigError]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write the gateway's file, and the others by keyword: devices="..." makes devices.toml, mode 0600."""

    def write(gateway: str = "", **others: str) -> Path:
        if "devices" in others and "devices =" not in gateway:
            gateway = '[gateway]\ndevices = "devices.toml"\n' + gateway.removeprefix("[gateway]\n")
        for name, text in others.items():
            path = tmp_path / f"{name}.toml"
            path.write_text(text, encoding="utf-8")
            path.chmod(0o600)
        path = tmp_path / "gateway.toml"
        path.write_text(gateway, encoding="utf-8")
        return path

    return write


@pytest.fixture
def loaded(write: Write) -> Callable[..., Config]:
    """Write files and load them."""
    return lambda gateway="", **others: load(write(gateway, **others))


@pytest.fixture
def faults(write: Write) -> Faults:
    """Write files, load them, and give every fault that comes of it."""

    def faults(gateway: str = "", **others: str) -> list[ConfigError]:
        with pytest.raises(ConfigError) as raised:
            load(write(gateway, **others))
        return [raised.value, *raised.value.others]

    return faults
