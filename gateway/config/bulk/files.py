"""The devices file and the keys file that an import changes: read, and written whole or not at all.

Keys go into the keys file where there is one, mode 0600; else into the devices file, which its group at most may
then read. Each file gets its new text by a rename, and what it was stays beside it.
"""

import contextlib
import os
import shutil
import stat
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from gateway.config import devices as devices_file
from gateway.config import key_file, plugins, toml_file
from gateway.config.bulk.device_text import Change, NotUnderstood, changed
from gateway.config.bulk.plan import Existing, Outcome, Step
from gateway.config.devices import Reader
from gateway.config.faults import Faults
from gateway.config.sections import GatewaySection
from gateway.device import KEY_NAMES, Device
from gateway.errors import ConfigError, Unavailable

_GATEWAY_BYTES_MAX = 2**20


class Places(NamedTuple):
    """Where the devices are."""

    devices: Path
    keys: Path | None
    """As the gateway's file names it; the devices file may name one as well."""
    sources: tuple[str, ...] | None
    """Names that plain LoRa devices may refer to; None when no gateway's file was read."""


def places_of(config: Path) -> Places:
    """Where the devices of a gateway are; they need not be there yet.

    Raises:
        ConfigError: the gateway's file is faulty, or names no devices file.
    """
    config = config.absolute()
    document, _ = toml_file.read(config, _GATEWAY_BYTES_MAX)
    faults = Faults()
    try:
        section = GatewaySection.model_validate(
            document.get("gateway", {}), context={"base": config.parent}
        )
    except ValidationError as invalid:
        faults.add_all(config, "gateway", invalid, GatewaySection)
        faults.raise_any()
        raise
    sources = plugins.sources(document, config, faults)
    faults.raise_any()
    if section.devices is None:
        raise ConfigError(
            config, "gateway.devices", None, 'is missing; write devices = "devices.toml"'
        )
    names = tuple(source.name for source in sources)
    return Places(section.devices.resolve(), section.keys_file, names)


def without_keys(places: Places) -> list[Device]:
    """The devices as far as they can be read by somebody who may not read their keys.

    Raises:
        ConfigError: the devices file itself cannot be read.
    """
    document, _ = toml_file.read(places.devices, key_file.BYTES_MAX)
    unread = Faults()  # what is missing without the keys
    reader = Reader(places.devices, key_file.KeyRing(), places.sources, unread)
    tables = key_file.tables(document, places.devices, frozenset({"keys_file"}), unread)
    found = (reader.read(f"device[{index}]", table) for index, table in enumerate(tables))
    return [device for device in found if device is not None]


@dataclass(slots=True)
class Files:
    """Both files as they are."""

    devices: Path
    keys: Path | None
    existing: Existing
    _devices_text: str = field(repr=False)
    _keys_text: str = field(repr=False)
    _rows: list[int | None]
    """By device: the place of its row in the keys file."""
    _key_rows: list[dict[str, Any]] = field(repr=False)

    def write(self, steps: Sequence[Step]) -> list[Path]:
        """Put what the steps say into the files; the copies of what they were.

        Raises:
            ConfigError: a file is written in a way that only a person should change; nothing is written.
            Unavailable: the disk refuses.
        """
        in_devices, in_keys = _Edit(), _Edit()
        for step in steps:
            if step.outcome is Outcome.ADDED:
                self._add(step.values, in_devices, in_keys)
            elif step.outcome is Outcome.CHANGED and step.index is not None:
                self._change(step.index, step.values, in_devices, in_keys)
        texts = []
        if in_keys and self.keys is not None:
            texts.append((self.keys, _text(self.keys, self._keys_text, in_keys), 0o600))
        if in_devices:
            new = _text(self.devices, self._devices_text, in_devices)
            texts.append((self.devices, new, 0o640 if _has_keys(new) else 0o666))
        return [copy for path, text, mode in texts if (copy := _replace(path, text, mode))]

    def _add(self, values: Mapping[str, Any], in_devices: "_Edit", in_keys: "_Edit") -> None:
        keys, rest = _split(values)
        if self.keys is None:
            in_devices.added.append(_ordered(values))
            return
        in_devices.added.append(_ordered(rest))
        if keys:
            in_keys.added.append({"name": values["name"], **keys})

    def _change(
        self, index: int, values: Mapping[str, Any], in_devices: "_Edit", in_keys: "_Edit"
    ) -> None:
        keys, rest = _split(values)
        table, row = self.existing.tables[index], self._rows[index]
        inline = {key: keys.pop(key) for key in list(keys) if key in table or self.keys is None}
        if row is not None and "name" in rest and "name" in self._key_rows[row]:
            keys["name"] = rest["name"]
        if keys and row is not None:
            in_keys.changes.append((row, keys))
        elif keys:
            in_keys.added.append({"name": rest.get("name", table.get("name")), **keys})
        if rest or inline:
            in_devices.changes.append((index, {**rest, **inline}))


@dataclass(slots=True)
class _Edit:
    """What is to be done to one file."""

    changes: list[Change] = field(default_factory=list)
    added: list[dict[str, Any]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.changes or self.added)


def read(places: Places) -> Files:
    """Both files; a devices file that is not there yet has no devices.

    Raises:
        ConfigError: one of them is faulty: it has to be right before more is put into it.
    """
    devices_text, document = _existing(places.devices)
    named = document.get("keys_file")
    keys = places.devices.parent / named if isinstance(named, str) else places.keys
    if devices_text:
        _refuse_faulty(places, keys)
    tables: list[dict[str, Any]] = document.get("device", [])
    keys_text, keys_document = _existing(keys)
    key_rows: list[dict[str, Any]] = keys_document.get("device", [])
    rows = _rows_of(tables, key_rows)
    held = [
        {key: value for key, value in key_rows[row].items() if key in KEY_NAMES}
        if row is not None
        else {}
        for row in rows
    ]
    existing = Existing(places.devices, tables, held, places.sources)
    return Files(places.devices, keys, existing, devices_text, keys_text, rows, key_rows)


def _refuse_faulty(places: Places, keys: Path | None) -> None:
    faults = Faults()
    absent = keys is not None and not os.path.lexists(keys)
    from_gateway = None if absent else places.keys
    if absent and places.keys is None:
        return  # the devices file names a keys file that is still to be made; the plan looks at the rest
    devices_file.load(places.devices, from_gateway, places.sources, faults)
    faults.raise_any()


def _existing(path: Path | None) -> tuple[str, dict[str, Any]]:
    """(text, document) of a file; nothing of one that is not there."""
    if path is None or not os.path.lexists(path):
        return "", {}
    document, _ = toml_file.read(path, key_file.BYTES_MAX)
    return path.read_bytes().decode("utf-8"), document


def _rows_of(
    tables: Sequence[Mapping[str, Any]], key_rows: Sequence[Mapping[str, Any]]
) -> list[int | None]:
    """By device, the row of the keys file that is its: the one of its name, else of its DevEUI."""
    by_name = {row["name"]: place for place, row in enumerate(key_rows) if row.get("name")}
    by_dev_eui = {
        row["dev_eui"]: place for place, row in enumerate(key_rows) if not row.get("name")
    }
    return [
        by_name.get(table.get("name"), by_dev_eui.get(table.get("dev_eui") or None))
        for table in tables
    ]


def _split(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(keys, the rest)."""
    keys = {key: value for key, value in values.items() if key in KEY_NAMES}
    return keys, {key: value for key, value in values.items() if key not in KEY_NAMES}


_ORDER = ("name", "dev_eui", "decoder", "join_eui", "dev_addr", *KEY_NAMES)


def _ordered(values: Mapping[str, Any]) -> dict[str, Any]:
    first = {key: values[key] for key in _ORDER if key in values}
    return first | {key: value for key, value in values.items() if key not in first}


def _text(path: Path, text: str, edit: _Edit) -> str:
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    try:
        return mark + changed(text.removeprefix("\ufeff"), edit.changes, edit.added)
    except NotUnderstood as error:
        raise ConfigError(path, "file", None, str(error)) from error


def _has_keys(text: str) -> bool:
    document = tomllib.loads(text.removeprefix("\ufeff"))
    return any(not table.keys().isdisjoint(KEY_NAMES) for table in document["device"])


def _replace(path: Path, text: str, mode_most: int) -> Path | None:
    """Give the file its new text by a rename; where what it was is now, None when it is new."""
    part = path.with_name(f".{path.name}.part")
    copy = None
    try:
        told = path.stat() if path.exists() else None
        mode = (stat.S_IMODE(told.st_mode) if told else 0o640) & mode_most
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fchmod(file.fileno(), mode)
            if told is not None and os.geteuid() == 0:
                os.fchown(file.fileno(), told.st_uid, told.st_gid)
            os.fsync(file.fileno())
        if told is not None:
            copy = _copy(path)
        part.replace(path)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return copy


def _copy(path: Path) -> Path:
    """Keep what is there under another name, with its mode and owner."""
    mark = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    copy = path.with_name(f"{path.name}.before-import-{mark}")
    copy.unlink(missing_ok=True)
    try:
        os.link(path, copy)  # the old file itself: the new text gets its name by a rename
    except OSError:
        shutil.copy2(path, copy)
    return copy
