"""Receivers that are told nothing: they only write.

Source: Ebyte E22-900T22D user manual, register REG3; Lora-net/packet_forwarder PROTOCOL.TXT 4, rxpk.
"""

import base64
import json

from hil.simulators.modems.firmware import Firmware


class _Untold(Firmware):
    def power_on(self) -> bytes:
        """It listens at once."""
        self.listening = True
        return b""

    def hear(self, chunk: bytes) -> bytes:
        """The host has nothing to say."""
        self.commands.append(chunk.hex())
        return b""


class EbyteE22Firmware(_Untold):
    """A transparent module."""

    def __init__(self, *, rssi_appended: bool = True) -> None:
        super().__init__()
        self._rssi_appended = rssi_appended

    def hand_over(self, payload: bytes, rssi_dbm: int, snr_db: int) -> bytes:  # noqa: ARG002 - it has no SNR
        """The payload, and its RSSI plus 256 in one byte."""
        return payload + bytes([rssi_dbm + 256]) if self._rssi_appended else payload


class JsonLinesFirmware(_Untold):
    """A sketch that prints one rxpk a line, after a line of debug output."""

    def hand_over(self, payload: bytes, rssi_dbm: int, snr_db: int) -> bytes:
        """Frequency in MHz, SF7 at 125 kHz."""
        rxpk = {
            "freq": 923.2,
            "stat": 1,
            "modu": "LORA",
            "datr": "SF7BW125",
            "codr": "4/5",
            "rssi": rssi_dbm,
            "lsnr": snr_db,
            "size": len(payload),
            "data": base64.b64encode(payload).decode(),
        }
        return b"Received: \r\n" + json.dumps(rxpk).encode() + b"\n"
