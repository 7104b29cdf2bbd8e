"""An RNode: KISS frames, each setting answered with its value, the radio off until it has all settings.

Commands: 00 DATA, 01 FREQUENCY and 02 BANDWIDTH (u32), 03 TXPOWER, 04 SF, 05 CR, 06 RADIO_STATE, 08 DETECT,
0E PROMISC, 23 STAT_RSSI, 24 STAT_SNR, 55 RESET, 90 ERROR.

Source: command numbers as published by the RNode project; this is no copy of its firmware.
"""

from hil.simulators.modems.firmware import Firmware

_FEND, _FESC, _TFEND, _TFESC = 0xC0, 0xDB, 0xDC, 0xDD
_VALUE_BYTES = {0x01: 4, 0x02: 4, 0x03: 1, 0x04: 1, 0x05: 1, 0x0E: 1}
_NEEDED = {0x01, 0x02, 0x03, 0x04}
_RADIO_STATE, _DETECT, _PROMISC = 0x06, 0x08, 0x0E


class RnodeFirmware(Firmware):
    """A board that the host controls."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[int, bytes] = {}
        self.frequency_step_hz = 61
        self._frame = bytearray()
        self._escaped = False

    def power_on(self) -> bytes:
        """RESET."""
        super().power_on()
        self.values.clear()
        return _framed(0x55, b"\xf8")

    def hear(self, chunk: bytes) -> bytes:
        """The answers to the frames that this chunk completes."""
        answers = b""
        for byte in chunk:
            if byte == _FEND:
                answers += self._obey(bytes(self._frame)) if self._frame else b""
                self._frame.clear()
            elif self._escaped:
                self._frame.append({_TFEND: _FEND, _TFESC: _FESC}[byte])
                self._escaped = False
            elif byte == _FESC:
                self._escaped = True
            else:
                self._frame.append(byte)
        return answers

    def hand_over(self, payload: bytes, rssi_dbm: int, snr_db: int) -> bytes:
        """RSSI, SNR, then the frame as it was on the air."""
        rssi = _framed(0x23, bytes([rssi_dbm + 157]))
        snr = _framed(0x24, (snr_db * 4).to_bytes(1, "big", signed=True))
        return rssi + snr + _framed(0x00, payload)

    def _obey(self, frame: bytes) -> bytes:
        command, value = frame[0], frame[1:]
        self.commands.append(frame.hex())
        if (command, value) == (_DETECT, b"\x73"):
            return _framed(_DETECT, b"\x46")
        if command == _RADIO_STATE:
            self.listening = value == b"\x01" and self.values.keys() >= _NEEDED
            return _framed(_RADIO_STATE, bytes([self.listening]))
        if len(value) != _VALUE_BYTES.get(command, -1):
            return b""
        self.values[command] = value
        return _framed(command, self._taken(command, value))

    def _taken(self, command: int, value: bytes) -> bytes:
        if command != 0x01:
            return value
        hertz = int.from_bytes(value, "big")
        return (hertz - hertz % self.frequency_step_hz).to_bytes(4, "big")


def _framed(command: int, value: bytes) -> bytes:
    framed = bytearray([_FEND])
    for byte in bytes([command]) + value:
        if byte == _FEND:
            framed += bytes([_FESC, _TFEND])
        elif byte == _FESC:
            framed += bytes([_FESC, _TFESC])
        else:
            framed.append(byte)
    framed.append(_FEND)
    return bytes(framed)
