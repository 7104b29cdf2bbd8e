"""The files in config/ load as they are, and with everything in them that is commented out taken in."""

import re
import shutil
from pathlib import Path

import pytest

from gateway.config import load

CONFIG = Path(__file__).parents[3] / "config"


def live(text: str) -> str:
    """The text with every commented key and table taken in; what explains (##) stays out."""
    return re.sub(r"^# (?=\[|\w+ = )", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("name", ["minimal.toml", "gateway.toml"])
def test_an_example_loads_as_it_is(name: str) -> None:
    config = load(CONFIG / name)
    assert config.gateway.name == "kk-01"
    assert config.sources


def test_the_full_example_has_every_kind() -> None:
    config = load(CONFIG / "gateway.toml")
    kinds = {source.kind for source in config.sources} | {sink.kind for sink in config.sinks}
    assert kinds == {"semtech_udp", "mqtt", "serial_line", "replay", "influxdb"}
    assert [device.name for device in config.devices] == ["aq-city-hall"]


def test_the_minimal_example_with_all_that_it_mentions(tmp_path: Path) -> None:
    shutil.copy(CONFIG / "devices.toml", tmp_path)
    path = tmp_path / "gateway.toml"
    path.write_text(live((CONFIG / "minimal.toml").read_text()))
    config = load(path)
    assert config.devices
    assert [sink.kind for sink in config.sinks] == ["influxdb"]


def test_every_device_that_the_example_shows(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(
        '[gateway]\ndevices = "devices.toml"\n'
        '[[sources.serial_line]]\nport = "/dev/serial/by-id/x"\nmodem = "reyax"\n'
    )
    (tmp_path / "devices.toml").write_text(live((CONFIG / "devices.toml").read_text()))
    (tmp_path / "devices.toml").chmod(0o640)
    devices = load(path).devices
    assert [(device.name, device.activation, device.lorawan_1_1) for device in devices] == [
        ("aq-city-hall", "events", False),
        ("office-3", "events", False),
        ("energy-market", "abp", False),
        ("cctv-bridge", "abp", True),
        ("aq-harbour", "otaa", False),
        ("tank-north", "plain", False),
    ]
