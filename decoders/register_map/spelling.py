"""Types and byte orders, as a register map writes them.

    u8 s8 u16 s16 u24 s24 u32 s32 u48 s48 u64 s64    integers; `s` has a sign (two's complement)
    float16 float float64                            IEEE 754, of 2, 4 and 8 bytes; double is float64
    bcd16 bcd32 bcd48 bcd64                          two decimal digits a byte; other digits are a fault

An order names the bytes as they come, A being the most significant: ABCD is big-endian, DCBA little-endian,
CDAB big-endian words with the last word first, BADC the other way round. The same for 16 bits (AB, BA) and
64 (ABCDEFGH, GHEFCDAB, BADCFEHG, HGFEDCBA).
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["unsigned", "signed", "real", "bcd"]
LETTERS = "ABCDEFGH"

Fetch = Callable[[bytes], int | float]
"""The number in a payload; the payload is long enough. Not a number is nan."""


@dataclass(frozen=True, slots=True)
class NumberType:
    """How a number travels."""

    kind: Kind
    size_bytes: int


TYPES: dict[str, NumberType] = {
    **{f"u{8 * size}": NumberType("unsigned", size) for size in (1, 2, 3, 4, 6, 8)},
    **{f"s{8 * size}": NumberType("signed", size) for size in (1, 2, 3, 4, 6, 8)},
    **{f"bcd{8 * size}": NumberType("bcd", size) for size in (1, 2, 4, 6, 8)},
    "float16": NumberType("real", 2),
    "float": NumberType("real", 4),
    "float32": NumberType("real", 4),
    "float64": NumberType("real", 8),
    "double": NumberType("real", 8),
}
"""By the name a map uses."""

_REAL_CODES = {2: ">e", 4: ">f", 8: ">d"}


def orders_of(size_bytes: int) -> tuple[str, ...]:
    """The orders that a number of this size can have, the big-endian one first."""
    letters = LETTERS[:size_bytes]
    words = [letters[at : at + 2] for at in range(0, size_bytes, 2)]
    orders = [letters, letters[::-1]]
    if size_bytes % 2 == 0:
        orders += ["".join(reversed(words)), "".join(word[::-1] for word in words)]
    return tuple(dict.fromkeys(orders))


def fetcher(number: NumberType, at: int, order: str) -> Fetch:
    """The function that fetches a number which begins at byte `at`, in this order."""
    places = tuple(at + order.index(letter) for letter in sorted(order))
    end = at + number.size_bytes
    size = number.size_bytes
    natural = LETTERS[:size]
    if number.kind in ("unsigned", "signed") and order in (natural, natural[::-1]):
        signed = number.kind == "signed"
        if order == natural:
            return lambda payload: int.from_bytes(payload[at:end], "big", signed=signed)
        return lambda payload: int.from_bytes(payload[at:end], "little", signed=signed)
    finish = _finish(number)
    return lambda payload: finish(bytes(payload[place] for place in places))


def _finish(number: NumberType) -> Fetch:
    """From the bytes, most significant first, to the number."""
    if number.kind == "real":
        unpack = struct.Struct(_REAL_CODES[number.size_bytes]).unpack
        return lambda raw: unpack(raw)[0]
    if number.kind == "bcd":
        return _decimal_digits
    signed = number.kind == "signed"
    return lambda raw: int.from_bytes(raw, "big", signed=signed)


def _decimal_digits(raw: bytes) -> int | float:
    digits = raw.hex()
    return int(digits) if digits.isdecimal() else float("nan")
