"""The two tables of what can be configured. What is not configured is not imported.

Each entry names the section of the config file (a `Section` class) and the class that does the work.
Adding a source or a sink is its folder and one line here.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """Where the two halves of a plugin are, as "module:name"."""

    section: str
    """The pydantic class of its table in the file."""
    worker: str
    """The class that is built from the section."""

    def load_section(self) -> Any:
        """Import and return the section class."""
        return _load(self.section)

    def load_worker(self) -> Any:
        """Import and return the working class."""
        return _load(self.worker)


SOURCES = {
    "semtech_udp": Entry(
        "gateway.sources.semtech_udp.config:SemtechUdpSection",
        "gateway.sources.semtech_udp.source:SemtechUdpSource",
    ),
    "mqtt": Entry(
        "gateway.sources.mqtt.config:MqttSection",
        "gateway.sources.mqtt.source:MqttSource",
    ),
    "serial_line": Entry(
        "gateway.sources.serial_line.config:SerialLineSection",
        "gateway.sources.serial_line.source:SerialLineSource",
    ),
    "replay": Entry(
        "gateway.sources.replay.config:ReplaySection",
        "gateway.sources.replay.source:ReplaySource",
    ),
}

SINKS = {
    "influxdb": Entry(
        "gateway.sinks.influxdb.config:InfluxdbSection",
        "gateway.sinks.influxdb.sink:InfluxdbSink",
    ),
}


def _load(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)
