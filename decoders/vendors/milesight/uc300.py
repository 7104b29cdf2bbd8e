"""Milesight UC300: a controller with inputs, outputs, sensors of resistance and a Modbus master.

    03 00 to 06 00  u8   digital input 1 to 4         09 67, 0a 67  i16  PT100 1, 2, 0.1 °C
    03 c8 to 06 c8  u32  pulses at that input         0b 02, 0c 02  u32  current input 1, 2, 0.01 mA
    07 01, 08 01    u8   digital output 1, 2          0d 02, 0e 02  u32  voltage input 1, 2, 0.01 V

    0b e2 to 0e e2, 09 e2, 0a e2   the same inputs as half floats: now, highest, lowest, mean; `now` is kept
    ff 19  Modbus: channel u8 (from 0), bytes of the value u8, type u8, value
    ff 15  Modbus: channel u8 that could not be read

    type  bits 0-6, bit 7 is the sign         0 coil, 1 discrete        u8     4, 6    32 bits
                                              2, 3  16 bits             u16    5, 7    float
                                              8, 10 the first word of 32 bits  9, 11   the second word

A value read over Modbus is `modbus_<channel>`, counted from 1 as in the device's settings; a register map
gives it a name and a scale (docs/register-map.md). A channel that could not be read is a fault.

Source: user guide of the UC300; vendor/milesight-iot/uc300.js in TheThingsNetwork/lorawan-devices
(Apache-2.0). Published codecs disagree about ff 19: the one at The Things Network takes the second byte as
type and has no byte of length. Its own example (ff 19 07 02 03 15 00, "5379") then has a byte left over; by
the guide, which counts here, it is 21 on channel 8, as The Things Network's page of the UC100 says too.
Refused: 20 dc and 20 dd (stored records), and text that was sent over the serial line.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from decoders.contract import Quantity
from decoders.items import Value, named
from decoders.layout import I16, U32
from decoders.record import Gap, Int, Real, Record
from decoders.refusals import unknown_layout
from decoders.vendors.milesight.tlv import Entry, Gathered, Table, decoders_of
from decoders.vendors.milesight.words import flag

CHANNELS_MAX = 32
"""Modbus channels of a UC300."""
HEADER_BYTES = 3
SIGN = 0x80

MODBUS = tuple(named(f"modbus_{channel}") for channel in range(1, CHANNELS_MAX + 1))


def _integer(raw: bytes, signed: bool) -> float:
    return float(int.from_bytes(raw, "little", signed=signed))


def _first_word(raw: bytes, signed: bool) -> float:
    return _integer(raw[:2], signed)


def _second_word(raw: bytes, signed: bool) -> float:
    return _integer(raw[2:], signed)


def _real(raw: bytes, signed: bool) -> float:  # noqa: ARG001
    return float(struct.unpack("<f", raw)[0])


TYPES: dict[int, tuple[int, Callable[[bytes, bool], float]]] = {
    0: (1, _integer), 1: (1, _integer), 2: (2, _integer), 3: (2, _integer), 4: (4, _integer),
    6: (4, _integer), 5: (4, _real), 7: (4, _real), 8: (4, _first_word), 10: (4, _first_word),
    9: (4, _second_word), 11: (4, _second_word),
}  # fmt: skip
"""(bytes, how to read them), by type."""


@dataclass(frozen=True, slots=True)
class ModbusValue:
    """What was read over Modbus, with its own description."""

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """A quantity for each channel."""
        return MODBUS

    def read(self, payload: bytes, at: int, gathered: Gathered) -> int:
        """Note the value of one channel."""
        start = at + HEADER_BYTES
        if start > len(payload):
            return start
        channel, size_bytes, kind = payload[at:start]
        quantity = _channel(channel)
        expected, meaning = TYPES.get(kind & ~SIGN, (0, _integer))
        if size_bytes != expected:
            raise unknown_layout(
                f"Modbus channel {channel + 1} has {size_bytes} bytes of type 0x{kind:02x};"
                f" expected {f'{expected} bytes' if expected else 'type 0 to 11'}"
            )
        end = start + size_bytes
        if end <= len(payload):
            value = meaning(payload[start:end], bool(kind & SIGN))
            if quantity.low is not None and abs(value) <= abs(quantity.low):
                gathered.live.found(quantity.name, value)
            else:  # no number, or infinite
                gathered.live.missing(quantity.name, "fault")
        return end


@dataclass(frozen=True, slots=True)
class ModbusFault:
    """A channel that could not be read."""

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """A quantity for each channel."""
        return MODBUS

    def read(self, payload: bytes, at: int, gathered: Gathered) -> int:
        """Note that there is no value."""
        if at < len(payload):
            gathered.live.missing(_channel(payload[at]).name, "fault")
        return at + 1


def _channel(number: int) -> Quantity:
    if number >= CHANNELS_MAX:
        raise unknown_layout(f"Modbus channel {number}; expected 0 to {CHANNELS_MAX - 1}")
    return MODBUS[number]


def _inputs() -> dict[str, Record | Entry]:
    entries: dict[str, Record | Entry] = {}
    for number in range(1, 5):
        entries[f"{2 + number:02x} 00"] = flag(f"di{number}")
        entries[f"{2 + number:02x} c8"] = Record("little", Int(U32, Value(f"counter{number}")))
    for number in (1, 2):
        probe, current, voltage = f"probe_temperature_{number}_c", f"ai{number}_ma", f"ai{number}_v"
        entries[f"{6 + number:02x} 01"] = flag(f"do{number}")
        entries[f"{8 + number:02x} 67"] = Record("little", Int(I16, Value(probe, "0.1")))
        entries[f"{10 + number:02x} 02"] = Record("little", Int(U32, Value(current, "0.01")))
        entries[f"{12 + number:02x} 02"] = Record("little", Int(U32, Value(voltage, "0.01")))
        for channel, name in ((8, probe), (10, current), (12, voltage)):
            entries[f"{channel + number:02x} e2"] = Record("little", Real(2, Value(name)), Gap(6))
    return entries


TABLE = Table(
    models=("UC300",),
    measurement="io",
    entries={**_inputs(), "ff 19": ModbusValue(), "ff 15": ModbusFault()},
    answers={0x02: 2, 0x03: 2, 0x10: 1, 0x11: 4, 0x17: 2, 0x28: 1, 0x91: 5, 0x92: 6},
    source="UC300 user guide; TheThingsNetwork/lorawan-devices uc300.js (Apache-2.0)",
)

DECODERS = decoders_of(TABLE)
