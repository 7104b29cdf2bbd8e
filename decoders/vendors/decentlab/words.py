"""What Decentlab's words stand for: a quantity on a line of one word or two, or on a curve of some words.

word("pm10_ug_m3", 3, "0.1")          word 3 x 0.1
signed("temperature_c", 1, "0.01")    (word 1 - 32768) x 0.01
wide("counter", 2)                    word 2 + 65536 x word 3
ratio("ai_v", 0, "3")                 (words 0 and 1 / 2^23 - 1) x 3, what a bridge of resistors gives
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from decoders.contract import Quantity
from decoders.findings import Findings
from decoders.items import Flag, Value, named

Words = tuple[int, ...]
TakeWords = Callable[[Words, int, Findings], None]
"""(the payload's words, the first one of the group, findings)."""

MIDDLE = 1 << 15
"""A word that stands for 0 where values have a sign."""
FULL_SCALE = 1 << 23
"""A wide number that stands for a ratio of 0; twice it for 1."""


class Item(Protocol):
    """Something that is read from the words of a group."""

    @property
    def described(self) -> Quantity:
        """What it measures."""
        ...

    def take_words(self) -> TakeWords:
        """The function that notes what the words say."""
        ...


@dataclass(frozen=True, slots=True)
class One:
    """An item of one word."""

    at: int
    item: Value | Flag

    @property
    def described(self) -> Quantity:
        """What the item measures."""
        return self.item.described

    def take_words(self) -> TakeWords:
        """The function that notes what the word says."""
        offset, take = self.at, self.item.take()

        def take_one(words: Words, first: int, findings: Findings) -> None:
            take(words[first + offset], findings)

        return take_one


@dataclass(frozen=True, slots=True)
class Two:
    """An item of two words, the low one first."""

    at: int
    item: Value

    @property
    def described(self) -> Quantity:
        """What the item measures."""
        return self.item.described

    def take_words(self) -> TakeWords:
        """The function that notes what the words say."""
        low, high, take = self.at, self.at + 1, self.item.take()

        def take_two(words: Words, first: int, findings: Findings) -> None:
            take(words[first + low] | words[first + high] << 16, findings)

        return take_two


@dataclass(frozen=True, slots=True)
class Curve:
    """A quantity that is a function of the group's words.

    None says that there is nothing to tell; arithmetic that fails, that the sensor did.
    """

    name: str
    words: int
    """How many it needs, from the group's first on."""
    function: Callable[..., float | None]

    @property
    def described(self) -> Quantity:
        """The quantity in the vocabulary."""
        return named(self.name)

    def take_words(self) -> TakeWords:
        """The function that notes its value."""
        name, count, function = self.name, self.words, self.function
        take = Value(name).take()

        def take_curve(words: Words, first: int, findings: Findings) -> None:
            try:
                value = function(*words[first : first + count])
            except (ArithmeticError, ValueError):
                findings.missing(name, "fault")
            else:
                if value is not None:
                    take(value, findings)

        return take_curve


def word(name: str, at: int, scale: str = "1", offset: str = "0", low: float | None = None) -> One:
    """A quantity of one word, without a sign of its own."""
    return One(at, Value(name, scale, offset=offset, low=low))


def signed(name: str, at: int, scale: str = "1", low: float | None = None) -> One:
    """A quantity of one word whose 0 is in the middle."""
    return word(name, at, scale, str(-MIDDLE * Fraction(scale)), low)


def flag(name: str, at: int) -> One:
    """A word that is 1 for yes and 0 for no."""
    return One(at, Flag(name))


def wide(name: str, at: int, scale: str = "1") -> Two:
    """A quantity of two words."""
    return Two(at, Value(name, scale))


def ratio(name: str, at: int, full: str, low: float | None = None) -> Two:
    """A quantity of two words that is a ratio, times what it is at a ratio of 1."""
    return Two(
        at,
        Value(name, str(Fraction(full) / FULL_SCALE), offset=str(-Fraction(full)), low=low),
    )


def ratio_of(low_word: int, high_word: int) -> float:
    """The ratio that two words stand for, for curves."""
    return (low_word + (high_word << 16)) / FULL_SCALE - 1


def battery() -> One:
    """The node's battery, which is the last group of nearly every model, or the first."""
    return word("battery_v", 0, "0.001")
