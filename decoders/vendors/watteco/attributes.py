"""The attributes of Watteco's clusters that measure something, and those that only tell settings.

    cluster attr  type                    value
    0006 0000     10 boolean              output
    000c 0055     39 float                analog input
    000f 0055     10 boolean              contact          000f 0402  23 u32  counter
    0013 0055     20 u8                   state of an output
    0050 0006     41 bytes                power sources (power.py)
    0052 0000     41 bytes, 12            active energy i24 Wh, reactive energy i24 varh, samples u16,
                                          active power i16 W, reactive power i16 var
    0400 0000     21 u16 lx               0402 0000  29 i16 0.01 °C       0403 0000  29 i16 hPa
    0405 0000     21 u16 0.01 %RH         0406 0000  18 bit 0 occupied    8008 0000  29 i16 Pa
    8005 0000     19 bits 0-9             contacts 1 to 10
    800a 0000     41 bytes, 32            energies u32: active +, -, reactive +, -; powers the same, i32
    800b 0000     41 bytes, 6             voltage u16 0.1 V, current u16 0.1 A, angle i16 °
    800c 0000     21 u16                  concentration
    800d 0000     41 bytes, 18            the three of 800b for the phases A, B, C
    8010 0000     41 bytes, 32            energies i32: active, reactive of A, B, C and all; 0001 powers the same
    8052 0000     41 bytes, 24            frequency, least, most i16 0.001 Hz above 22.232 Hz; voltage, least,
                                          most, peak of the wave, least, most u16 0.1 V; numbers of overvoltages,
                                          sags, brownouts u16

Big-endian. What a value is depends on model and endpoint: a `Kind` has a name for each endpoint. Source:
Watteco's pages of the clusters; codec/standard.js in Watteco/Codec-API-LoRaWAN (ISC), which reads the powers and
energies of 8010 as unsigned, and so gives 4,294,966,304 for -992.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum, auto

from decoders.items import Flag, Value
from decoders.layout import I16, I32, U8, U16, U32
from decoders.record import I24, Int, Real, Record

BOOLEAN, BITS_8, BITS_16 = 0x10, 0x18, 0x19
UINT_8, UINT_16, UINT_32, INT_16 = 0x20, 0x21, 0x23, 0x29
FLOAT, BYTES = 0x39, 0x41
BOOLEAN_TOO = 0x16
"""Stands in the maker's own example of a socket that is on."""


class Kind(StrEnum):
    """What a model may have several of, told apart by the endpoint."""

    OUTPUT = auto()
    ANALOG = auto()
    CONTACT = auto()
    CONTACTS = auto()
    """Several in one number: its name is how many the model has."""
    COUNTER = auto()
    STATE = auto()
    LIGHT = auto()
    TEMPERATURE = auto()
    PRESSURE = auto()
    HUMIDITY = auto()
    OCCUPIED = auto()
    DIFFERENCE = auto()
    CONCENTRATION = auto()
    ENERGY = auto()
    VOLTAGE = auto()


Name = str | tuple[str, str]
"""A quantity, or (quantity, scale) where an endpoint's unit is another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """The value of one attribute."""

    types: tuple[int, ...]
    """Data types that it comes with."""
    kind: Kind | None = None
    """None: the same record on any endpoint."""
    record: Callable[[Name], Record]
    """The record of what an endpoint is called; of no kind, whatever it is called."""
    cause_bytes: int = 0
    """The width of a value in a long cause; 0 where causes are not known."""
    cause_field: bool = False
    """Whether a long cause names a field."""


def _flag(bit: int | None = None) -> Callable[[Name], Record]:
    return lambda name: Record("big", Int(U8, Flag(str(name), bit=bit)))


def _number(width: object, scale: str = "1") -> Callable[[Name], Record]:
    return lambda name: Record("big", Int(width, Value(str(name), scale)))  # type: ignore[arg-type]


def _float(name: Name) -> Record:
    quantity, scale = (name, "1") if isinstance(name, str) else name
    return Record("big", Real(4, Value(quantity, scale)))


def _contacts(count: Name) -> Record:
    flags = (Flag(f"di{number}", bit=number - 1) for number in range(1, int(str(count)) + 1))
    return Record("big", Int(U16, *flags))


def _phase(template: str, phase: str) -> str:
    """`voltage_{}_v` of phase l1 is voltage_l1_v, of none voltage_v."""
    return template.format(phase).replace("__", "_").removesuffix("_")


def _energies(name: Name) -> Record:
    counters = (
        "energy_import_{}_wh",
        "energy_export_{}_wh",
        "reactive_energy_import_{}_varh",
        "reactive_energy_export_{}_varh",
    )
    powers = (
        "active_power_import_{}_w",
        "active_power_export_{}_w",
        "reactive_power_import_{}_var",
        "reactive_power_export_{}_var",
    )
    phase = str(name)
    return Record(
        "big",
        *(Int(U32, Value(_phase(counter, phase))) for counter in counters),
        *(Int(I32, Value(_phase(power, phase))) for power in powers),
    )


def _voltage_parts(phase: str) -> tuple[Int, ...]:
    return (
        Int(U16, Value(_phase("voltage_{}_v", phase), "0.1")),
        Int(U16, Value(_phase("current_{}_a", phase), "0.1")),
        Int(I16, Value(_phase("phase_angle_{}_deg", phase))),
    )


PHASES = ("l1", "l2", "l3")


def _by_phase(active: str, reactive: str) -> Record:
    parts = [
        Int(I32, Value(_phase(template, phase)))
        for phase in (*PHASES, "")
        for template in (active, reactive)
    ]
    return Record("big", *parts)


METERING = Record(
    "big",
    Int(I24, Value("energy_net_wh")),
    Int(I24, Value("reactive_energy_net_varh")),
    Int(U16, Value("samples_averaged")),
    Int(I16, Value("active_power_w")),
    Int(I16, Value("reactive_power_var")),
)
QUALITY = Record(
    "big",
    *(
        Int(I16, Value(name, "0.001", offset="22.232"))
        for name in ("frequency_hz", "frequency_min_hz", "frequency_max_hz")
    ),
    *(
        Int(U16, Value(name, "0.1"))
        for name in (
            "voltage_v", "voltage_min_v", "voltage_max_v",
            "voltage_peak_v", "voltage_peak_min_v", "voltage_peak_max_v",
        )
    ),
    *(Int(U16, Value(name)) for name in ("over_voltages", "voltage_sags", "brownouts")),
)  # fmt: skip
VOLTAGES = Record("big", *(part for phase in PHASES for part in _voltage_parts(phase)))
PHASE_ENERGIES = _by_phase("energy_net_{}_wh", "reactive_energy_net_{}_varh")
PHASE_POWERS = _by_phase("active_power_{}_w", "reactive_power_{}_var")

ATTRIBUTES: Mapping[tuple[int, int], Attribute] = {
    (0x0006, 0x0000): Attribute(
        types=(BOOLEAN, BOOLEAN_TOO), kind=Kind.OUTPUT, record=_flag(), cause_bytes=1
    ),
    (0x000C, 0x0055): Attribute(types=(FLOAT,), kind=Kind.ANALOG, record=_float, cause_bytes=4),
    (0x000F, 0x0055): Attribute(types=(BOOLEAN,), kind=Kind.CONTACT, record=_flag(), cause_bytes=1),
    (0x000F, 0x0402): Attribute(
        types=(UINT_32,), kind=Kind.COUNTER, record=_number(U32), cause_bytes=4
    ),
    (0x0013, 0x0055): Attribute(
        types=(UINT_8,), kind=Kind.STATE, record=_number(U8), cause_bytes=1
    ),
    (0x0052, 0x0000): Attribute(types=(BYTES,), record=lambda _: METERING),
    (0x0400, 0x0000): Attribute(
        types=(UINT_16,), kind=Kind.LIGHT, record=_number(U16), cause_bytes=2
    ),
    (0x0402, 0x0000): Attribute(
        types=(INT_16,), kind=Kind.TEMPERATURE, record=_number(I16, "0.01"), cause_bytes=2
    ),
    (0x0403, 0x0000): Attribute(
        types=(INT_16,), kind=Kind.PRESSURE, record=_number(I16), cause_bytes=2
    ),
    (0x0405, 0x0000): Attribute(
        types=(UINT_16,), kind=Kind.HUMIDITY, record=_number(U16, "0.01"), cause_bytes=2
    ),
    (0x0406, 0x0000): Attribute(
        types=(BITS_8,), kind=Kind.OCCUPIED, record=_flag(0), cause_bytes=1
    ),
    (0x8005, 0x0000): Attribute(
        types=(BITS_16,), kind=Kind.CONTACTS, record=_contacts, cause_bytes=2
    ),
    (0x8008, 0x0000): Attribute(
        types=(INT_16,), kind=Kind.DIFFERENCE, record=_number(I16), cause_bytes=2
    ),
    (0x800A, 0x0000): Attribute(
        types=(BYTES,), kind=Kind.ENERGY, record=_energies, cause_bytes=4, cause_field=True
    ),
    (0x800B, 0x0000): Attribute(
        types=(BYTES,),
        kind=Kind.VOLTAGE,
        record=lambda name: Record("big", *_voltage_parts(str(name))),
        cause_bytes=2,
        cause_field=True,
    ),
    (0x800C, 0x0000): Attribute(
        types=(UINT_16,), kind=Kind.CONCENTRATION, record=_number(U16), cause_bytes=2
    ),
    (0x800D, 0x0000): Attribute(
        types=(BYTES,), record=lambda _: VOLTAGES, cause_bytes=2, cause_field=True
    ),
    (0x8010, 0x0000): Attribute(
        types=(BYTES,), record=lambda _: PHASE_ENERGIES, cause_bytes=4, cause_field=True
    ),
    (0x8010, 0x0001): Attribute(
        types=(BYTES,), record=lambda _: PHASE_POWERS, cause_bytes=4, cause_field=True
    ),
    (0x8052, 0x0000): Attribute(types=(BYTES,), record=lambda _: QUALITY),
}
"""What is measured, by cluster and attribute."""

SETTINGS = frozenset(
    {
        *((0x0000, number) for number in (0x0003, 0x0004, 0x0006, 0x0010, 0x8001)),
        *((0x000C, number) for number in (0x0100, 0x8003, 0x8004)),
        *((0x000F, number) for number in (0x0054, 0x0400, 0x0401, 0x0403, 0x0404)),
        *((0x0402, number) for number in (0x0001, 0x0002)),
        *((0x0405, number) for number in (0x0001, 0x0002)),
        (0x0050, 0x0004),
        *((0x8004, number) for number in range(6)),
        *((0x8006, number) for number in range(4)),
    }
)
"""Attributes that tell a setting, or what the sensor could measure at most: kept as hex."""

LEFT_OUT: Mapping[int, str] = {
    **dict.fromkeys(range(83, 88), "a French meter's data line (TIC)"),
    0x8007: "an answer over Modbus",
    0x8009: "answers over Modbus",
    0x800F: "statistics of shocks",
}
"""Clusters that are known and left to the maker's JavaScript codec."""
