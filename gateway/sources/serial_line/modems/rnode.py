"""RNode (Reticulum's modem) on KISS, in promiscuous mode: every frame as it was on the air.

    C0 | command | data (escaped) | C0

    00  DATA          payload                      08  DETECT        73 asks, 46 answers
    01  FREQUENCY     u32, Hz                      0E  PROMISC       01 on
    02  BANDWIDTH     u32, Hz                      23  STAT_RSSI     u8, dBm = value - 157
    03  TXPOWER       u8, dBm                      24  STAT_SNR      i8, dB = value / 4
    04  SF            u8                           55  RESET         F8, sent at boot
    05  CR            u8, 5..8 for 4/5..4/8        90  ERROR         u8
    06  RADIO_STATE   00 off, 01 on

Integers are big-endian. For a packet it sends STAT_RSSI, STAT_SNR and DATA, in this order; every frame may
hold escapes. Each setting is answered with the value that was taken, which is compared. The radio stays off
until frequency, bandwidth, spreading factor and power have been set. Without promiscuous mode the firmware
takes its own one-byte header off, which packets of other devices do not have.

Its sync word is the private one (0x12): it cannot hear LoRaWAN.

Source: RNode command numbers and scales as published by the project; facts only.
"""

from gateway.sources.serial_line.framing.kiss import Kiss, kiss_frame
from gateway.sources.serial_line.modem import PAYLOAD_BYTES_MAX, Modem, ModemSettings, RadioSetup
from gateway.sources.serial_line.said import Dropped, Packet, Report, Unreadable
from gateway.sources.serial_line.step import Judge, Step

_DATA = 0x00
_FREQUENCY, _BANDWIDTH, _TX_POWER, _SF, _CR, _RADIO_STATE = range(0x01, 0x07)
_DETECT, _PROMISC, _RSSI, _SNR = 0x08, 0x0E, 0x23, 0x24
_RESET, _ERROR = 0x55, 0x90
_REPORTS = frozenset({0x0F, 0x21, 0x22, 0x25, 0x26, 0x27, 0x28, 0x29, 0x48, 0x49, 0x50, 0x80})
"""What it tells of itself now and then: queue, counters, channel load, battery, platform, log."""
_RSSI_OFFSET_DB = 157
_FREQUENCY_TOLERANCE_HZ = 100
"""The radio's frequency steps are up to 61 Hz apart."""
_POWER_DBM = 2  # nothing is sent, but the radio stays off until it has a power
_CHECK = "check the radio settings against what this board can do"
_OFF = (
    "a board that was never set up needs frequency_hz, spreading_factor and bandwidth_hz; 90 01 says that "
    "its radio does not start"
)


class Rnode(Modem):
    """An RNode."""

    baud = 115_200
    settle_s = 2.0  # opening the port resets ESP32 and AVR boards

    def __init__(self, settings: ModemSettings) -> None:
        self.framer = Kiss()
        self._radio = () if settings.radio is None else _radio_steps(settings.radio)
        self._rssi_dbm: float | None = None
        self._snr_db: float | None = None

    def steps(self) -> tuple[Step, ...]:
        """Is it one? Then its settings, each compared with what it says back."""
        return (
            Step(say=kiss_frame(_DETECT, b"\x73"), judge=_echo(_DETECT, b"\x46"), name="DETECT"),
            *self._radio,
            _set("PROMISC", _PROMISC, b"\x01"),
            _set("RADIO_STATE on", _RADIO_STATE, b"\x01", remedy=_OFF),
        )

    def read(self, said: bytes) -> tuple[Report, ...] | None:
        """STAT_RSSI and STAT_SNR belong to the DATA that follows."""
        command, data = said[0], said[1:]
        if command == _DATA:
            return (self._packet(said, data),)
        if command == _RSSI and len(data) == 1:
            self._rssi_dbm = data[0] - _RSSI_OFFSET_DB
            return ()
        if command == _SNR and len(data) == 1:
            self._snr_db = int.from_bytes(data, "big", signed=True) / 4
            return ()
        return (Dropped("other_events"),) if command in _REPORTS else None

    def booted(self, said: bytes) -> bool:
        """It sends RESET."""
        return said == bytes([_RESET, 0xF8])

    def _packet(self, said: bytes, data: bytes) -> Packet | Unreadable:
        rssi_dbm, snr_db = self._rssi_dbm, self._snr_db
        self._rssi_dbm = self._snr_db = None
        if len(data) > PAYLOAD_BYTES_MAX:
            return Unreadable(said, "longer than a LoRa packet: bytes were lost")
        return Packet(data, rssi_dbm, snr_db)


def _radio_steps(radio: RadioSetup) -> tuple[Step, ...]:
    frequency = radio.frequency_hz.to_bytes(4, "big")
    return (
        Step(
            say=kiss_frame(_FREQUENCY, frequency),
            judge=_near(_FREQUENCY, radio.frequency_hz),
            name=f"FREQUENCY {radio.frequency_hz}",
            remedy=_CHECK,
        ),
        _set(f"BANDWIDTH {radio.bandwidth_hz}", _BANDWIDTH, radio.bandwidth_hz.to_bytes(4, "big")),
        _set("TXPOWER", _TX_POWER, bytes([_POWER_DBM]), required=False),
        _set(f"SF {radio.spreading_factor}", _SF, bytes([radio.spreading_factor])),
        _set(f"CR {radio.coding_rate}", _CR, bytes([radio.coding_step + 4])),
    )


def _set(
    name: str,
    command: int,
    value: bytes,
    *,
    remedy: str = _CHECK,
    required: bool = True,
) -> Step:
    return Step(
        say=kiss_frame(command, value),
        judge=_echo(command, value),
        name=name,
        remedy=remedy,
        required=required,
    )


def _echo(command: int, value: bytes) -> Judge:
    """A judge of frames with the same command: the value must be the one."""

    def judge(said: bytes) -> bool | None:
        if said[0] == _ERROR:
            return False
        return said[1:] == value if said[0] == command else None

    return judge


def _near(command: int, value: int) -> Judge:
    def judge(said: bytes) -> bool | None:
        if said[0] == _ERROR:
            return False
        if said[0] != command:
            return None
        return abs(int.from_bytes(said[1:], "big") - value) <= _FREQUENCY_TOLERANCE_HZ

    return judge
