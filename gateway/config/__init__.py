"""The configuration: TOML files in, one frozen `Config` out, or every fault in them at once.

`load` reads the gateway's file, the sections of the plugins it names, the devices file and the keys file. It
opens nothing else: no port, no socket, no store.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from gateway.config import devices as devices_file
from gateway.config import plugins, toml_file
from gateway.config.devices import Loaded
from gateway.config.faults import Faults, did_you_mean, dotted
from gateway.config.notes import notes
from gateway.config.plugins import SinkConfig, SourceConfig
from gateway.config.sections import GatewaySection, StoreSection, WebSection
from gateway.device import Device
from gateway.errors import ConfigError
from gateway.settings import Section

__all__ = [
    "Config",
    "GatewaySection",
    "SinkConfig",
    "SourceConfig",
    "StoreSection",
    "WebSection",
    "load",
    "store_of",
]

BYTES_MAX = 2**20
"""Of the gateway's file: a person wrote it."""

TOP_LEVEL = ("gateway", "store", "sources", "sinks", "web")

AnySection = TypeVar("AnySection", bound=Section)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything `run` needs to know, checked."""

    path: Path
    gateway: GatewaySection
    store: StoreSection
    sources: tuple[SourceConfig, ...]
    sinks: tuple[SinkConfig, ...]
    web: WebSection | None
    devices: tuple[Device, ...]
    warnings: tuple[str, ...]
    """Sentences about what is right but may not be expected."""

    @property
    def base(self) -> Path:
        """The folder that relative paths in the file begin at."""
        return self.path.parent


def load(path: Path) -> Config:
    """Read and check the configuration.

    Raises:
        ConfigError: the first fault; `others` has the rest of them.
    """
    path = path.absolute()
    document, _ = toml_file.read(path, BYTES_MAX)
    faults = Faults()
    for key in sorted(document.keys() - set(TOP_LEVEL)):
        faults.add(path, dotted("", [key]), None, "unknown key; " + did_you_mean(key, TOP_LEVEL))
    gateway = _section(GatewaySection, document.get("gateway", {}), "gateway", path, faults)
    store = _section(StoreSection, document.get("store", {}), "store", path, faults)
    web = None
    if "web" in document:
        web = _section(WebSection, document["web"], "web", path, faults)
    before_sources = len(faults.found)
    sources = plugins.sources(document, path, faults)
    names = [source.name for source in sources] if len(faults.found) == before_sources else None
    sinks = plugins.sinks(document, path, faults)
    loaded = _devices(gateway, names, faults)
    faults.raise_any()
    assert gateway is not None  # noqa: S101 - otherwise a fault was raised above
    assert store is not None  # noqa: S101 - as above
    return Config(
        path=path,
        gateway=gateway,
        store=store,
        sources=sources,
        sinks=sinks,
        web=web,
        devices=loaded.devices,
        warnings=notes(sources, sinks, web, loaded.devices, loaded.keys_left),
    )


def store_of(path: Path) -> Path:
    """Only where the store is: for commands of people who may not read the keys.

    Raises:
        ConfigError: the file or its `[store]` is faulty.
    """
    path = path.absolute()
    document, _ = toml_file.read(path, BYTES_MAX)
    faults = Faults()
    section = _section(StoreSection, document.get("store", {}), "store", path, faults)
    faults.raise_any()
    assert section is not None  # noqa: S101 - otherwise a fault was raised above
    return section.path


def _section(
    model: type[AnySection], table: Any, key: str, path: Path, faults: Faults
) -> AnySection | None:
    """A section of the file, None when something in it is wrong."""
    if not isinstance(table, dict):
        faults.add(path, key, None, f"write [{key}] in single brackets, once")
        return None
    try:
        return model.model_validate(table, context={"base": path.parent})
    except ValidationError as invalid:
        faults.add_all(path, key, invalid, model)
    return None


def _devices(gateway: GatewaySection | None, names: list[str] | None, faults: Faults) -> Loaded:
    """The devices, none when the file does not name any."""
    if gateway is None or gateway.devices is None:
        return Loaded((), ())
    if not os.path.lexists(gateway.devices):
        remedy = "there is no such file; make it, or name another in [gateway] devices"
        faults.add(gateway.devices, "file", None, remedy)
        return Loaded((), ())
    try:
        return devices_file.load(gateway.devices, gateway.keys_file, names, faults)
    except ConfigError as fault:
        faults.found.append(fault)
    return Loaded((), ())
