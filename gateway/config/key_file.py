"""Device keys kept in a file of their own, and who may read the files that hold keys.

    [[device]]
    name = "aq-city-hall"        # or dev_eui, or both
    nwk_s_key = "..."
    app_s_key = "..."

A file of nothing but keys is for its owner alone; the devices file may also be read by its group.
"""

import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gateway.config import toml_file
from gateway.config.device_row import KeysRow
from gateway.config.faults import Faults, did_you_mean, dotted

BYTES_MAX = 32 * 2**20
"""100,000 devices with the keys of LoRaWAN 1.1."""

MODE_OF_KEY_FILE = 0o600
MODE_OF_DEVICES_FILE = 0o640
"""At most these permissions; an owner's read-only file is as good."""


def mode_fault(path: Path, mode: int, allowed: int) -> str | None:
    """What to do about a file with keys that more people may read than should, None when nothing."""
    if str(path.parent) == os.environ.get("CREDENTIALS_DIRECTORY"):
        # systemd lets the user in by an ACL, which shows as a bit of the group: the folder keeps others out.
        allowed |= 0o040
    if not mode & 0o777 & ~allowed:
        return None
    who = "group or others" if allowed == MODE_OF_KEY_FILE else "others"
    return (
        f"holds keys and has mode {mode & 0o777:04o}, open to {who}; run: chmod {allowed:o} {path}"
    )


def tables(document: dict[str, Any], path: Path, also: frozenset[str], faults: Faults) -> list[Any]:
    """The `[[device]]` tables of a document that may have no other keys than `also`."""
    for key in sorted(document.keys() - also - {"device"}):
        faults.add(
            path, dotted("", [key]), None, "unknown key; " + did_you_mean(key, ["device", *also])
        )
    found = document.get("device", [])
    if isinstance(found, list) and all(isinstance(table, dict) for table in found):
        return found
    faults.add(path, "device", None, "write [[device]] in double brackets, once for each device")
    return []


class KeyRing:
    """The rows of the keys file, each taken out by the device it belongs to."""

    def __init__(self) -> None:
        self._by_name: dict[str, KeysRow] = {}
        self._by_dev_eui: dict[str, KeysRow] = {}

    def take(self, name: str, dev_eui: str) -> KeysRow | None:
        """The row of this device, once."""
        row = self._by_name.pop(name, None)
        if row is None and dev_eui:
            row = self._by_dev_eui.pop(dev_eui, None)
        return row

    def left(self) -> list[str]:
        """The names or dev_euis that no device has taken."""
        return [*self._by_name, *self._by_dev_eui]

    def add(self, row: KeysRow) -> str | None:
        """Keep a row; what is wrong with it, None when nothing is."""
        ring, identity = (self._by_name, row.name) if row.name else (self._by_dev_eui, row.dev_eui)
        if not identity:
            return "needs the name or the dev_eui of its device"
        if identity in ring:
            return "is there twice; one table holds all keys of a device"
        ring[identity] = row
        return None


def load(path: Path, faults: Faults) -> KeyRing:
    """Read the keys file; what is wrong is noted.

    Raises:
        ConfigError: the file cannot be read, or is not TOML.
    """
    document, mode = toml_file.read(path, BYTES_MAX)
    fault = mode_fault(path, mode, MODE_OF_KEY_FILE)
    if fault:
        faults.add(path, "file", None, fault)
    ring = KeyRing()
    for index, table in enumerate(tables(document, path, frozenset(), faults)):
        key = f"device[{index}]"
        try:
            row = KeysRow.model_validate(table)
        except ValidationError as invalid:
            faults.add_all(path, key, invalid, KeysRow)
            continue
        wrong = ring.add(row)
        if wrong:
            faults.add(path, key, None, wrong)
    return ring
