"""Ebyte E22 (and E32) in transparent mode: the bytes of a packet and nothing around them.

    48 65 6c 6c 6f d9
    \\___________/ RSSI, if the module appends it (REG3 bit 7): dBm = byte - 256

A packet is what comes between two pauses. There is no SNR, no frequency and no word on the CRC. The module
is set with its M0 and M1 pins, which a serial line does not reach: set it before it is connected.
The E32 has no RSSI byte. What these modules send over the air is proprietary: they hear each other only.

Source: Ebyte E22-900T22D user manual, 8 (registers); E32 user manual.
"""

from gateway.sources.serial_line.framing.idle_gap import IdleGap
from gateway.sources.serial_line.modem import Modem, ModemSettings
from gateway.sources.serial_line.said import Packet, Report


class EbyteE22(Modem):
    """A transparent module."""

    baud = 9600
    options = frozenset({"rssi_byte", "idle_gap"})

    def __init__(self, settings: ModemSettings) -> None:
        self.framer = IdleGap(settings.idle_gap_s)
        self._rssi_appended = settings.rssi_byte == "appended"

    def read(self, said: bytes) -> tuple[Report, ...]:
        """Every record is a packet."""
        if not self._rssi_appended:
            return (Packet(said, crc="none"),)
        return (Packet(said[:-1], rssi_dbm=said[-1] - 256, crc="none"),)
