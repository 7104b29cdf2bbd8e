"""Milesight EM300: climate (TH), with a contact (MCS), a leak sensor (SLD, ZLD, MLD) or an input (DI).

    01 75  u8   battery, %              05 00  u8   SLD, ZLD, MLD: 1 water, 0 dry; DI: 1 high, 0 low
    03 67  i16  temperature, 0.1 °C     05 c8  u32  DI: pulses
    04 68  u8   humidity, 0.5 %RH       06 00  u8   MCS: 1 open, 0 closed

    85 00  DI: input u8, alarm u8
    20 ce  stored record: time u32, temperature i16, humidity u8, then
             TH nothing; MCS the contact u8; SLD, ZLD the leak u8
             DI what follows u8 (1 the input, 2 the pulses), input u8, pulses u32
           MLD has no temperature: three bytes without a meaning instead

Refused: 05 e1 and 21 ce of the DI since firmware 1.3, which count in a unit that is set in the device and not
sent. Source: user guides of the EM300 series; vendor/milesight-iot/em300-*.js in
TheThingsNetwork/lorawan-devices (Apache-2.0); em300-sld-zld.js in chirpstack-device-profiles (MIT).
"""

from dataclasses import dataclass

from decoders.contract import Quantity
from decoders.items import Flag, Value
from decoders.layout import U8, U32
from decoders.record import Gap, Int, Part, Record
from decoders.refusals import unknown_layout
from decoders.vendors.milesight.tlv import Entry, Gathered, Stored, Table, decoders_of
from decoders.vendors.milesight.words import (
    BATTERY_RECORD,
    HUMIDITY,
    HUMIDITY_RECORD,
    TEMPERATURE,
    TEMPERATURE_RECORD,
    flag,
)

SOURCE = (
    "EM300 user guides; TheThingsNetwork/lorawan-devices em300-*.js (Apache-2.0);"
    " chirpstack-device-profiles (MIT)"
)
BATTERY: dict[str, Record | Entry] = {"01 75": BATTERY_RECORD}
CLIMATE: dict[str, Record | Entry] = {"03 67": TEMPERATURE_RECORD, "04 68": HUMIDITY_RECORD}
ANSWERS = {
    0x02: 2, 0x03: 2, 0x06: 9, 0x10: 1, 0x27: 1, 0x28: 1, 0x68: 1, 0x69: 1, 0x6A: 3, 0x6D: 1, 0x79: 6,
    0xEA: 3,
}  # fmt: skip
ANSWERS_DI = {
    0x02: 2, 0x03: 2, 0x06: 9, 0x10: 1, 0x17: 2, 0x27: 1, 0x28: 1, 0x35: 8, 0x4E: 2, 0x68: 1, 0x69: 1,
    0x6A: 3, 0x92: 5, 0xA1: 7, 0xA2: 9, 0xA3: 2, 0xA4: 2, 0xC3: 1,
}  # fmt: skip


def _kept(*rest: Part) -> Stored:
    return Stored(Record("little", TEMPERATURE, HUMIDITY, *rest))


def _one(name: str) -> Int:
    return Int(U8, Flag(name))


@dataclass(frozen=True, slots=True)
class StoredInput:
    """The stored record of the DI: a byte says whether its input or its pulses count."""

    by_mode: dict[int, Stored]
    mode_at: int = 4 + 2 + 1
    """After time, temperature and humidity."""

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What either of them gives."""
        return tuple(q for stored in self.by_mode.values() for q in stored.quantities)

    def read(self, payload: bytes, at: int, gathered: Gathered) -> int:
        """Note a reading of its own, with its time."""
        mode_at = at + self.mode_at
        if mode_at >= len(payload):
            return mode_at + 1
        stored = self.by_mode.get(payload[mode_at])
        if stored is None:
            raise unknown_layout(f"byte {mode_at} is {payload[mode_at]}; expected 1 or 2")
        return stored.read(payload, at, gathered)


STORED_INPUT = StoredInput(
    {
        1: _kept(Gap(1), _one("di"), Gap(4)),
        2: _kept(Gap(2), Int(U32, Value("counter"))),
    }
)

TABLES = (
    Table(
        models=("EM300-TH",),
        measurement="climate",
        entries={**BATTERY, **CLIMATE, "20 ce": _kept()},
        answers=ANSWERS,
        source=SOURCE,
    ),
    Table(
        models=("EM300-MCS",),
        measurement="cabinet",
        entries={
            **BATTERY,
            **CLIMATE,
            "06 00": flag("door_open"),
            "20 ce": _kept(_one("door_open")),
        },
        answers=ANSWERS,
        source=SOURCE,
    ),
    Table(
        models=("EM300-SLD", "EM300-ZLD", "EM300-SLD-ZLD"),
        measurement="cabinet",
        entries={**BATTERY, **CLIMATE, "05 00": flag("leak"), "20 ce": _kept(_one("leak"))},
        answers=ANSWERS,
        source=SOURCE,
    ),
    Table(
        models=("EM300-MLD",),
        measurement="cabinet",
        entries={
            **BATTERY,
            "05 00": flag("leak"),
            "20 ce": Stored(Record("little", Gap(3), _one("leak"))),
        },
        answers=ANSWERS,
        source=SOURCE,
    ),
    Table(
        models=("EM300-DI",),
        measurement="io",
        entries={
            **BATTERY,
            **CLIMATE,
            "05 00": flag("di"),
            "05 c8": Record("little", Int(U32, Value("counter"))),
            "85 00": Record("little", _one("di"), _one("alarm")),
            "20 ce": STORED_INPUT,
        },
        answers=ANSWERS_DI,
        source=SOURCE,
    ),
)

DECODERS = tuple(decoder for table in TABLES for decoder in decoders_of(table))
