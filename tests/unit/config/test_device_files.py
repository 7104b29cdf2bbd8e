"""Which files a devices file leads to, also while it is half written or is none: nothing is raised."""

import os
from pathlib import Path

import pytest

from gateway.config.device_files import leads_to


def test_the_keys_file_and_what_devices_name_each_once(tmp_path: Path) -> None:
    for name in ("a.js", "map.toml"):
        (tmp_path / name).write_text("")
    devices = tmp_path / "devices.toml"
    devices.write_text(
        'keys_file = "keys.toml"\n'
        '[[device]]\nname = "x/y"\ndecoder = "a.js"\n'
        '[[device]]\ndecoder = "map.toml"\nprofile = "a.js"\n'
        '[[device]]\ndecoder = "a.js"\nprofile = "gone.toml"\n'
    )
    assert leads_to(devices) == (tmp_path / "keys.toml", [tmp_path / "a.js", tmp_path / "map.toml"])


@pytest.mark.parametrize(
    "text",
    [
        "device = 5",
        'device = ["x", 7, [1]]',
        "device = { decoder = 'a.js' }",
        "[[device]]\ndecoder = 'a",
        "[[device]]\ndecoder = '" + "a" * 300 + ".js'",
        "[[device]]\ndecoder = '" + "a/" * 3000 + "'",
        '[[device]]\ndecoder = "a\\u0000.js"',
        'keys_file = "a\\u0000"',
        "keys_file = 7",
        "a = " + "[" * 3000,
        "a = " + "1" * 5000,
        "\udcff",
    ],
)
def test_what_is_half_written_or_nonsense_leads_nowhere(tmp_path: Path, text: str) -> None:
    devices = tmp_path / "devices.toml"
    devices.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert leads_to(devices) == (None, [])


def test_a_file_that_is_gone_or_none_leads_nowhere(tmp_path: Path) -> None:
    assert leads_to(tmp_path / "gone") == (None, [])
    assert leads_to(tmp_path) == (None, [])
    os.mkfifo(tmp_path / "pipe")
    assert leads_to(tmp_path / "pipe") == (None, [])
