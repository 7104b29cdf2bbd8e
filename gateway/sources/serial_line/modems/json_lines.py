"""Sketches and bridges that print JSON: one Semtech rxpk object, or a message of several, in each line.

    {"freq":868.1,"datr":"SF7BW125","rssi":-57,"lsnr":9.5,"data":"QBEREREAlAMEX5iCQB8ij0ZU"}
    {"rxpk":[{...},{...}]}

This is the format for receivers of your own making: data is the frame in base64, everything else may be
missing. Lines that do not begin with a brace are debug output, and counted.

Source: Lora-net/packet_forwarder PROTOCOL.TXT 4, rxpk.
"""

from gateway.sources.serial_line.framing.limits import JSON_BYTES_MAX
from gateway.sources.serial_line.framing.lines import Lines
from gateway.sources.serial_line.modem import Modem, ModemSettings
from gateway.sources.serial_line.said import JsonLine, Report


class JsonLines(Modem):
    """A receiver that is not asked anything."""

    baud = 115_200

    def __init__(self, settings: ModemSettings) -> None:  # noqa: ARG002 - it has none
        self.framer = Lines(bytes_max=JSON_BYTES_MAX)

    def read(self, said: bytes) -> tuple[Report, ...] | None:
        """The JSON is read where the time is known."""
        return (JsonLine(said),) if said.startswith(b"{") else None
