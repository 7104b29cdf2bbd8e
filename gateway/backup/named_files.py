"""Every file that a configuration names: what a gateway needs besides its store.

The sections say it by their types: a `Path` or a `Secret` of a section is a file, but for the store itself and a
recording, which is data and may be large; of a recording only the place reached is kept.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from gateway.backup.manifest import Kind
from gateway.config import Config
from gateway.config.device_files import leads_to
from gateway.settings import Secret, Section

_SECRETS = ("password_file", "token_file", "key_file", "keys_file")
_RECORDING = ".position"
"""gateway/sources/replay/recording_file.py keeps its place beside the recording."""


class NamedFile(NamedTuple):
    """A file, and what it is to the gateway."""

    path: Path
    """Absolute, without `..`; links are not resolved."""
    kind: Kind


def named_files(config: Config, also: Iterable[Path] = ()) -> list[NamedFile]:
    """All of them and those named beside, each once, the configuration first; some may not exist."""
    found: dict[Path, Kind] = {}
    for path, kind in (*_all(config), *((path, "file") for path in also)):
        found.setdefault(Path(os.path.normpath(path.absolute())), kind)
    return [NamedFile(path, kind) for path, kind in found.items()]


def _all(config: Config) -> Iterator[tuple[Path, Kind]]:
    yield config.path, "config"
    gateway = config.gateway
    if gateway.devices is not None:
        yield gateway.devices, "devices"
        keys_file, others = leads_to(gateway.devices)
        if keys_file is not None:
            yield keys_file, "secret"
        for path in others:
            yield path, "codec"
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


def _of_section(section: Section) -> Iterator[tuple[Path, Kind]]:
    for key in type(section).model_fields:
        value = getattr(section, key)
        path = value.path if isinstance(value, Secret) else value
        if isinstance(path, Path):
            yield path, "secret" if key in _SECRETS else "file"
