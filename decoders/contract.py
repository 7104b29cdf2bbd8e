"""What every decoder promises, and the values it speaks in.

A decoder is a value: a name, the FPorts it takes, the quantities it can give and one pure function

    decode(f_port, payload, received_at) -> tuple[Decoded, ...]

It opens nothing, logs nothing, asks no clock, and raises nothing but `DecodeRefused`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

FieldValue = float | bool | str
"""What a field may hold. Numbers are always floats and flags booleans: a field's type never changes."""

RefusalReason = Literal[
    "no_decoder",
    "wrong_port",
    "wrong_length",
    "unknown_layout",
    "malformed",
    "clock_not_set",
    "codec_error",
    "codec_timeout",
    "type_conflict",
]
"""Stable codes; users filter and alert on them."""


class DecodeRefused(Exception):
    """A payload that this decoder does not understand, and why.

    `reason` is a stable code, `sentence` is for a person: what was found and what was expected.
    """

    def __init__(self, reason: RefusalReason, sentence: str) -> None:
        super().__init__(f"{reason}: {sentence}")
        self.reason: RefusalReason = reason
        self.sentence = sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One thing a decoder can measure. Its name is a public interface: dashboards query it."""

    name: str
    """`<quantity>_<unit>`, as the field is called in the database."""
    unit: str
    """The unit for people, such as "°C"; "" where there is none."""
    type: Literal["float", "bool", "str"]
    """The field's type in the database."""
    low: float | None = None
    """The lowest value that is physically possible, in `unit`; None where any is."""
    high: float | None = None
    """The highest value that is physically possible, in `unit`."""
    description: str = ""
    """One sentence for the table in the docs."""
    channels: tuple[str, ...] = ()
    """Kinds of channels that its name can have, as `decoders/quantities/channels.py` names them."""
    ttn: str = ""
    """Its path in The Things Stack's normalized payload, such as "air.temperature"; "" where it has none."""
    device_class: str = ""
    """Home Assistant's device class, of a sensor or (flags) of a binary sensor; "" where none fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """One reading as the payload states it, without the device's name and tags."""

    measurement: str
    fields: Mapping[str, FieldValue]
    tags: Mapping[str, str] = field(default_factory=dict)
    """The decoder's own tags, such as the camera of a report."""
    time: datetime | None = None
    """Aware UTC time the device gave; None means the time of its uplink."""
    faults: tuple[str, ...] = ()
    """Names of sensors that are fitted but could not measure, in the order of the payload."""
    out_of_range: tuple[str, ...] = ()
    """Names of quantities whose value is physically impossible, in the order of the payload."""


DecodeFunction = Callable[[int, bytes, datetime | None], tuple[Decoded, ...]]
"""(f_port, payload, received_at) -> readings. `received_at` is aware UTC, None while unknown or not trusted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What docs/supported-devices.md says of a decoder."""

    vendor: str
    models: tuple[str, ...]
    """As the maker calls them."""
    measurements: tuple[str, ...]
    """Of the readings it gives."""
    source: str
    """Where the facts come from: document or published codec, and its licence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoder:
    """A decoder as a value; the registry is a table of these."""

    name: str
    """How a device's config names it."""
    f_ports: frozenset[int]
    """The LoRaWAN ports it takes."""
    quantities: tuple[Quantity, ...]
    """Everything its readings can carry."""
    decode: DecodeFunction
    clock_ports: frozenset[int] = frozenset()
    """Ports whose payloads carry times of their own, so that one judgement needs a trusted clock."""
    about: About | None = None
    """For the list of devices; the city's own nodes have a page of their own."""
