"""Every file that a devices file leads to: its keys file, codecs, register maps and profiles."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gateway.device import KEY_NAMES

_ENDS = (".js", ".toml")


def leads_to(devices: Path) -> tuple[Path | None, list[Path]]:
    """(the keys file that it names, the other files that its devices name), each once, in their order.

    It was read before. What cannot be read now leads nowhere.
    """
    try:
        document = tomllib.loads(devices.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError):
        return None, []
    named = document.get("keys_file")
    keys = devices.parent / named if isinstance(named, str) else None
    tables = document.get("device", [])
    texts = dict.fromkeys(text for table in tables for text in _paths(table))
    return keys, [path for text in texts if (path := devices.parent / text).is_file()]


def _paths(table: dict[str, Any]) -> Iterator[str]:
    """The values of a device that are written as paths of files are."""
    for key, value in table.items():
        names_no_file = key in KEY_NAMES or key == "name" or not isinstance(value, str)
        if not names_no_file and "\0" not in value and ("/" in value or value.endswith(_ENDS)):
            yield value
