"""What a Milesight device says of itself: versions, serial number, start; and its answers to settings.

    ff 01  u8       version of the payload format, a nibble each    ff 0b  u8   it has just started
    ff 08  6 bytes  serial number                                   ff 0f  u8   LoRaWAN class
    ff 09  2 bytes  version of the hardware                         ff fe  u8   it was reset
    ff 0a  2 bytes  version of the firmware                         ff ff  2 b  version of its list of values
    ff 16  8 bytes  serial number

They become a reading of `device`, so that a start or a change of firmware can be found in the database.
Answers to settings (fe xx and ff xx) are kept as hex, and the report interval as a number too. Source as of
`tlv.py`; an older codec writes the major version in decimal and the newer in hexadecimal: the newer counts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from decoders.contract import FieldValue, Quantity
from decoders.findings import Findings
from decoders.items import named
from decoders.refusals import unknown_layout

DEVICE = "device"
"""The measurement."""

ANSWER = named("setting_answered")
REPORT_INTERVAL = named("report_interval_s")

CLASSES = ("A", "B", "C", "C to B")
CALIBRATION = 0x1A
MANUAL = 2
"""The one mode of calibration whose answer has a value (u16) after it."""


class _Gathered(Protocol):
    device: Findings


@dataclass(frozen=True, slots=True)
class Attribute:
    """One fact of fixed length."""

    quantity: Quantity
    size_bytes: int
    meaning: Callable[[bytes], FieldValue]

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """The fact."""
        return (self.quantity,)

    def read(self, payload: bytes, at: int, gathered: _Gathered) -> int:
        """Note the fact."""
        end = at + self.size_bytes
        if end <= len(payload):
            gathered.device.found(self.quantity.name, self.meaning(payload[at:end]))
        return end


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a setting: its bytes are kept, its length is known."""

    code: int
    size_bytes: int

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """The answer, and for some the interval that was set."""
        return (ANSWER, REPORT_INTERVAL) if self.code in (0x03, 0x8E) else (ANSWER,)

    def read(self, payload: bytes, at: int, gathered: _Gathered) -> int:
        """Note the answer after those of the same payload."""
        end = at + self.size_bytes
        if self.code == CALIBRATION and payload[at : at + 1] == bytes((MANUAL,)):
            end += 2
        if end > len(payload):
            return end
        device = gathered.device
        before = device.fields.get(ANSWER.name)
        words = [] if before is None else [str(before)]
        device.found(ANSWER.name, " ".join([*words, payload[at - 2 : end].hex()]))
        if self.code == 0x03:
            device.found(REPORT_INTERVAL.name, float(int.from_bytes(payload[at:end], "little")))
        elif self.code == 0x8E:  # one byte without a meaning, then minutes
            minutes = int.from_bytes(payload[at + 1 : end], "little")
            device.found(REPORT_INTERVAL.name, float(60 * minutes))
        return end


def _lorawan_class(raw: bytes) -> str:
    if raw[0] >= len(CLASSES):
        raise unknown_layout(f"the LoRaWAN class is {raw[0]}; expected 0 to {len(CLASSES) - 1}")
    return CLASSES[raw[0]]


ATTRIBUTES: Mapping[bytes, Attribute] = {
    bytes((0xFF, code)): Attribute(named(name), size_bytes, meaning)
    for code, name, size_bytes, meaning in (
        (0x01, "protocol_version", 1, lambda raw: f"{raw[0] >> 4}.{raw[0] & 0x0F}"),
        (0x08, "serial_number", 6, bytes.hex),
        (0x09, "hardware_version", 2, lambda raw: f"{raw[0]:x}.{raw[1] >> 4}"),
        (0x0A, "firmware_version", 2, lambda raw: f"{raw[0]:x}.{raw[1]:x}"),
        (0x0B, "started", 1, lambda _: True),
        (0x0F, "lorawan_class", 1, _lorawan_class),
        (0x16, "serial_number", 8, bytes.hex),
        (0xFE, "was_reset", 1, lambda _: True),
        (0xFF, "data_model_version", 2, lambda raw: f"{raw[0]}.{raw[1]}"),
    )
}
"""By channel and type."""
