"""Every file that a devices file leads to: its keys file, codecs, register maps and profiles."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gateway.config import key_file, toml_file
from gateway.device import KEY_NAMES
from gateway.errors import ConfigError

_ENDS = (".js", ".toml")


def leads_to(devices: Path) -> tuple[Path | None, list[Path]]:
    """(the keys file that it names, the other files that its devices name), each once, in their order.

    Nothing of it need be right: somebody may be writing it. What cannot be read now leads nowhere.
    """
    try:
        document, _ = toml_file.read(devices, key_file.BYTES_MAX)
    except ConfigError:
        return None, []
    named = document.get("keys_file")
    keys = devices.parent / named if isinstance(named, str) and "\0" not in named else None
    tables = document.get("device")
    listed = tables if isinstance(tables, list) else []
    texts = dict.fromkeys(text for table in listed for text in _paths(table))
    return keys, [path for text in texts if is_file(path := devices.parent / text)]


def is_file(path: Path) -> bool:
    """Whether a file is there; none can be under a name that is too long or may not be asked for."""
    try:
        return path.is_file()
    except OSError:
        return False


def _paths(table: Any) -> Iterator[str]:
    """The values of a device that are written as paths of files are."""
    if not isinstance(table, dict):
        return
    for key, value in table.items():
        names_no_file = key in KEY_NAMES or key == "name" or not isinstance(value, str)
        if not names_no_file and "\0" not in value and ("/" in value or value.endswith(_ENDS)):
            yield value
