"""A value of a map: what it is called, where it stands, how it is read.

quantity = "voltage_v"                                 a name of the vocabulary, or
name = "boiler_pressure_bar", unit, low, high          one of the user's own

type = "u16", offset = 3, scale, add, fault, order     a number
type = "u16", bits = [0, 14]                           a part of an unsigned number
type = "u8", bit = 3, inverted = true                  a flag
type = "text", bytes = 8                               text, ASCII or else hex
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from decoders.contract import Quantity
from decoders.findings import Findings
from decoders.items import Bits, Flag, Take, Value
from decoders.quantities import QUANTITIES, quantity_named
from decoders.register_map.keys import Keys, nearest
from decoders.register_map.spelling import TYPES, NumberType, fetcher, orders_of

PAYLOAD_BYTES_MAX = 255
"""No payload is longer on the air."""
TEXT = "text"
LITTLE = "little"
RESERVED = {"time", "faults", "out_of_range", "time_untrusted"}
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
NAME_CHARACTERS_MAX = 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One value, ready to be read."""

    quantity: Quantity
    end: int
    """The byte after its last."""
    fetch: Callable[[bytes], Any]
    take: Take


def entry_of(keys: Keys, default_order: str) -> Entry | None:
    """Make an entry of a table; None when something is wrong with it, which is noted."""
    kind = keys.one_of("type", [*TYPES, TEXT])
    at = keys.whole("offset", 0, PAYLOAD_BYTES_MAX - 1)
    if kind == TEXT:
        return _text_entry(keys, at)
    number = TYPES.get(kind)
    is_flag = keys.has("bit")
    quantity = quantity_of(keys, "bool" if is_flag else "float")
    bits = _bits_of(keys, number)
    order = _order_of(keys, number, default_order)
    take = _flag_take(keys, quantity, number) if is_flag else value_take(keys, quantity, bits)
    keys.end()
    if number is None or quantity is None or take is None or not order:
        return None
    return Entry(quantity, at + number.size_bytes, fetcher(number, at, order), take)


def quantity_of(keys: Keys, kind: str) -> Quantity | None:
    """What is measured: of the vocabulary, or described here."""
    if keys.has("quantity"):
        name = keys.text("quantity")
        found = quantity_named(name)
        if found is None:
            keys.fault(
                "quantity",
                nearest(name, list(QUANTITIES)) + ", or write name and unit for one of your own",
                name,
            )
        elif found.type != kind:
            keys.fault("quantity", f"is a {found.type}, and this is read as a {kind}", name)
            return None
        return found
    if not keys.has("name"):
        keys.fault("quantity", 'is missing: a name of docs/quantities.md, or write name = "..."')
        return None
    name = keys.text("name")
    quantity = Quantity(
        name=name, unit=_unit(keys), type=kind,  # type: ignore[arg-type]
        low=keys.limit("low"), high=keys.limit("high"),
    )  # fmt: skip
    if not _NAME.fullmatch(name) or len(name) > NAME_CHARACTERS_MAX or name in RESERVED:
        keys.fault(
            "name", "write small letters, digits and _, at most 64: boiler_pressure_bar", name
        )
        return None
    if quantity.low is not None and quantity.high is not None and quantity.low > quantity.high:
        keys.fault("low", "is above high", quantity.low)
        return None
    if quantity_named(name) is not None:
        keys.fault("name", "is in the vocabulary; write it as quantity", name)
        return None
    return quantity


def _unit(keys: Keys) -> str:
    return keys.text("unit") if keys.has("unit") else ""


def value_take(keys: Keys, quantity: Quantity | None, bits: Bits | None) -> Take | None:
    """How a number becomes the quantity."""
    scale, add = keys.exact("scale", "1"), keys.exact("add", "0")
    faults = keys.wholes("fault")
    beyond = keys.wholes("beyond")
    if Fraction(scale) == 0:
        keys.fault("scale", "nothing can be measured with a scale of 0", scale)
        return None
    if quantity is None:
        return None
    return Value(quantity, scale, offset=add, bits=bits, faults=faults, beyond=beyond).take()


def _flag_take(keys: Keys, quantity: Quantity | None, number: NumberType | None) -> Take | None:
    bit = keys.whole("bit", 0, 8 * number.size_bytes - 1 if number else 63)
    inverted = keys.yes("inverted")
    if number is not None and number.kind != "unsigned":
        keys.fault("bit", "only of a type that begins with u")
        return None
    return None if quantity is None else Flag(quantity, bit=bit, on=int(not inverted)).take()


def _bits_of(keys: Keys, number: NumberType | None) -> Bits | None:
    if not keys.has("bits"):
        return None
    pair = keys.wholes("bits")
    highest = 8 * number.size_bytes if number else 64
    if number is not None and number.kind != "unsigned":
        keys.fault("bits", "only of a type that begins with u")
    elif len(pair) != 2 or pair[0] < 0 or pair[1] < 1 or sum(pair) > highest:
        keys.fault("bits", "write the lowest bit and how many there are: [0, 14]", list(pair))
    else:
        return pair[0], pair[1]
    return None


def _order_of(keys: Keys, number: NumberType | None, default: str) -> str:
    """The order of the bytes; "" after a fault."""
    if number is None:
        keys.text("order", LITTLE)
        return ""
    orders = orders_of(number.size_bytes)
    return keys.one_of("order", orders, orders[1 if default == LITTLE and len(orders) > 1 else 0])


def _text_entry(keys: Keys, at: int) -> Entry | None:
    size = keys.whole("bytes", 1, PAYLOAD_BYTES_MAX)
    quantity = quantity_of(keys, "str")
    keys.end()
    if quantity is None:
        return None
    name, end = quantity.name, at + size

    def take(raw: bytes, findings: Findings) -> None:
        text = raw.rstrip(b"\0 ")
        good = text.isascii() and text.decode("ascii").isprintable()
        findings.found(name, text.decode("ascii") if good and text else raw.hex())

    return Entry(quantity, end, lambda payload: payload[at:end], take)
