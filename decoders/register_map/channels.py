"""Channels of a Milesight controller under the names of a map.

The controller's own decoder gives what it read over Modbus as `modbus_1`, `modbus_2`, ...: numbers without a
meaning. A map gives them one. They become a reading of the map's measurement; what else the controller said,
and channels that the map does not name, stay in the readings they were in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from decoders.contract import Decoded, Decoder, Quantity
from decoders.findings import Findings
from decoders.items import Take


@dataclass(frozen=True, slots=True)
class Channel:
    """What one channel means."""

    quantity: Quantity
    take: Take


class ChannelReader:
    """Reads payloads by a controller's decoder, then by a map."""

    __slots__ = ("_channels", "_inside", "_measurement")

    def __init__(self, inside: Decoder, measurement: str, channels: Mapping[str, Channel]) -> None:
        self._inside = inside
        self._measurement = measurement
        self._channels = channels

    def decode(
        self, f_port: int, payload: bytes, received_at: datetime | None
    ) -> tuple[Decoded, ...]:
        """Read the controller's readings, and those that the map names.

        Raises:
            DecodeRefused: as of the controller's decoder.
        """
        readings: list[Decoded] = []
        for reading in self._inside.decode(f_port, payload, received_at):
            findings = Findings()
            rest = self._without_channels(reading, findings)
            if rest.fields or rest.faults or rest.out_of_range:
                readings.append(rest)
            if findings.fields or findings.unread:
                readings.append(findings.reading(self._measurement, reading.tags, reading.time))
        return tuple(readings)

    def _without_channels(self, reading: Decoded, findings: Findings) -> Decoded:
        """Note what the map's channels say; give the reading without them."""
        channels = self._channels
        for name, value in reading.fields.items():
            if name in channels:
                channels[name].take(value, findings)
        for name in reading.faults:
            if name in channels:
                findings.missing(channels[name].quantity.name, "fault")
        return replace(
            reading,
            fields={name: v for name, v in reading.fields.items() if name not in channels},
            faults=tuple(name for name in reading.faults if name not in channels),
        )
