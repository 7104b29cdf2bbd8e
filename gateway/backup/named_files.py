"""Every file that a configuration names: what a gateway needs besides its store.

The sections say it by their types: a `Path` or a `Secret` of a section is a file, but for the store itself and a
recording, which is data and may be large; of a recording only the place reached is kept.
"""

import os
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

from gateway.backup.manifest import Kind
from gateway.config import Config
from gateway.device import Device
from gateway.settings import Secret, Section

_SECRETS = ("password_file", "token_file", "key_file", "keys_file")
_RECORDING = ".position"
"""gateway/sources/replay/recording_file.py keeps its place beside the recording."""


class NamedFile(NamedTuple):
    """A file, and what it is to the gateway."""

    path: Path
    """Absolute, without `..`; links are not resolved."""
    kind: Kind


def named_files(config: Config) -> list[NamedFile]:
    """All of them, each once, the configuration first; some may not exist."""
    found: dict[Path, Kind] = {}
    for path, kind in _all(config):
        found.setdefault(Path(os.path.normpath(path.absolute())), kind)
    return [NamedFile(path, kind) for path, kind in found.items()]


def _all(config: Config) -> Iterator[tuple[Path, Kind]]:
    yield config.path, "config"
    gateway = config.gateway
    if gateway.devices is not None:
        yield gateway.devices, "devices"
        keys_file = _keys_file(gateway.devices)
        if keys_file is not None:
            yield keys_file, "secret"
    yield from _of_section(gateway)
    if config.web is not None:
        yield from _of_section(config.web)
    for source in config.sources:
        if source.kind == "replay":
            recording: Path = source.section.path  # type: ignore[attr-defined]
            yield recording.with_name(recording.name + _RECORDING), "place"
        else:
            yield from _of_section(source.section)
    for sink in config.sinks:
        yield from _of_section(sink.section)
    for device in config.devices:
        yield from _of_device(device)


def _of_section(section: Section) -> Iterator[tuple[Path, Kind]]:
    for key in type(section).model_fields:
        value = getattr(section, key)
        path = value.path if isinstance(value, Secret) else value
        if isinstance(path, Path):
            yield path, "secret" if key in _SECRETS else "file"


def _of_device(device: Device) -> Iterator[tuple[Path, Kind]]:
    for field in fields(device):
        value = getattr(device, field.name)
        if isinstance(value, Path):
            yield value, "codec"


def _keys_file(devices: Path) -> Path | None:
    """The keys file that the devices file names; it was read and checked when the configuration was."""
    named = tomllib.loads(devices.read_bytes().decode("utf-8-sig")).get("keys_file")
    return devices.parent / named if isinstance(named, str) else None
