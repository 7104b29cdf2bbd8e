"""Decentlab's payloads, protocol version 2: groups of 16-bit words, of which flags say which are there.

    byte    0    1 2         3 4     5 6 ...
            02   device id   flags   words of the groups whose flag is set, in ascending order of the flags

Big-endian; a number of 32 bits comes with its low word first. Bit 0 of the flags is the first group of the
model's table. What a group's words mean only the model tells: the device id is the number printed on the one
device, so that a model has a decoder of its own, and the id is not checked. It is not given either: the DevEUI
says as much. Flags without a group, and payloads without a group, are refused. FPort 1.

Source: Decentlab's data sheets; decentlab/decentlab-decoders (MIT), vendor/decentlab in
TheThingsNetwork/lorawan-devices (Apache-2.0). Left out are the scales DL-DWS and DL-KL66: their
formulas have numbers of the single device in them. Their JavaScript codecs have room for the numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from struct import Struct

from decoders.contract import About, Decoded, Decoder, Quantity
from decoders.findings import Findings
from decoders.refusals import unknown_layout, wrong_length, wrong_port
from decoders.vendors.decentlab.words import Item, TakeWords, battery

F_PORT = 1
VERSION = 2
HEADER_BYTES = 5


@dataclass(frozen=True, slots=True, init=False)
class Group:
    """Words that come together, and everything that is read from them."""

    words: int
    items: tuple[Item, ...]

    def __init__(self, words: int, *items: Item) -> None:
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "items", items)


BATTERY = Group(1, battery())


@dataclass(frozen=True, slots=True, init=False)
class Model:
    """One model: what its readings are called, and its groups from flag 0 on."""

    name: str
    """As Decentlab calls it; `decentlab_<name>` is the decoder's name."""
    measurement: str
    groups: tuple[Group, ...]

    def __init__(self, name: str, measurement: str, *groups: Group) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "measurement", measurement)
        object.__setattr__(self, "groups", groups)


@dataclass(frozen=True, slots=True)
class Layout:
    """What comes with one number in the flags."""

    size_bytes: int
    words: Struct
    takes: tuple[tuple[TakeWords, int], ...]
    """(what reads some words, the first of them)."""


def _layout(groups: tuple[Group, ...], flags: int) -> Layout:
    takes: list[tuple[TakeWords, int]] = []
    at = 0
    for bit, group in enumerate(groups):
        if flags >> bit & 1:
            takes.extend((item.take_words(), at) for item in group.items)
            at += group.words
    return Layout(HEADER_BYTES + 2 * at, Struct(f">{HEADER_BYTES}x{at}H"), tuple(takes))


@dataclass(frozen=True, slots=True)
class Reading:
    """The decode function of one model."""

    name: str
    measurement: str
    layouts: Mapping[int, Layout]
    """By the number in the flags."""

    def __call__(
        self,
        f_port: int,
        payload: bytes,
        received_at: datetime | None,  # noqa: ARG002 - nothing is stored
    ) -> tuple[Decoded, ...]:
        """Read a payload as one reading.

        Raises:
            DecodeRefused: wrong_port, wrong_length or unknown_layout.
        """
        if f_port != F_PORT:
            raise wrong_port(self.name, f_port, (F_PORT,))
        if len(payload) < HEADER_BYTES:
            raise wrong_length(self.name, len(payload), f"{HEADER_BYTES} or more")
        if payload[0] != VERSION:
            raise unknown_layout(f"byte 0, the version, is {payload[0]}; expected {VERSION}")
        flags = payload[3] << 8 | payload[4]
        layout = self.layouts.get(flags)
        if layout is None:
            raise unknown_layout(
                f"the flags are 0x{flags:04x}; {self.name} has 0x0001 to 0x{max(self.layouts):04x}"
            )
        if len(payload) != layout.size_bytes:
            raise wrong_length(
                f"{self.name} with flags 0x{flags:04x}", len(payload), layout.size_bytes
            )
        findings = Findings()
        words = layout.words.unpack(payload)
        for take, at in layout.takes:
            take(words, at, findings)
        return (findings.reading(self.measurement),)


def decoder_of(model: Model) -> Decoder:
    """The decoder of one model."""
    name = "decentlab_" + model.name.lower().replace("-", "_")
    quantities: dict[str, Quantity] = {}
    for group in model.groups:
        for item in group.items:
            quantities.setdefault(item.described.name, item.described)
    every = range(1, 1 << len(model.groups))
    return Decoder(
        name=name,
        f_ports=frozenset((F_PORT,)),
        quantities=tuple(quantities.values()),
        decode=Reading(
            name, model.measurement, {flags: _layout(model.groups, flags) for flags in every}
        ),
        about=About(
            vendor="Decentlab",
            models=(model.name,),
            measurements=(model.measurement,),
            source="decentlab/decentlab-decoders (MIT);"
            " TheThingsNetwork/lorawan-devices decentlab (Apache-2.0)",
        ),
    )
