"""The vocabulary: every quantity by its name, in one table per domain.

A name is a public interface, dashboards query it. It has one unit and one type wherever it occurs, and a
new decoder takes its names from here where it measures the same thing. docs/quantities.md is made from
these tables; `channels.py` says how a device's second current or third input is called.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from decoders.contract import Quantity
from decoders.quantities.air import AIR
from decoders.quantities.cabinet import CABINET
from decoders.quantities.channels import on_channel
from decoders.quantities.climate import CLIMATE
from decoders.quantities.device import DEVICE
from decoders.quantities.energy import ENERGY
from decoders.quantities.io import IO
from decoders.quantities.link import LINK
from decoders.quantities.presence import PRESENCE

DOMAINS: Mapping[str, tuple[Quantity, ...]] = {
    "Air quality": AIR,
    "Climate": CLIMATE,
    "Energy": ENERGY,
    "Cameras and cabinets": CABINET,
    "Presence": PRESENCE,
    "Inputs and outputs": IO,
    "The device itself": DEVICE,
    "Link": LINK,
}
"""The tables by their headings, in the order of the page."""


def _named() -> dict[str, Quantity]:
    """Every row, and the phases and pairs of phases of those that have them: they are few."""
    named: dict[str, Quantity] = {}
    for quantity in (quantity for table in DOMAINS.values() for quantity in table):
        named[quantity.name] = quantity
        for channel in ("l1", "l2", "l3") if "phase" in quantity.channels else ():
            phase = on_channel(quantity, channel)
            named[phase.name] = phase
    return named


QUANTITIES: Mapping[str, Quantity] = _named()
"""Quantities by name, with those of single phases. `quantity_named` also knows numbered channels."""

NAMES_KEPT = 1024
"""Answers of `quantity_named` that are kept."""


@lru_cache(NAMES_KEPT)
def quantity_named(name: str) -> Quantity | None:
    """The quantity of this name, also on a channel such as `current_2_a` or `di1`; None when there is none."""
    if name in QUANTITIES:
        return QUANTITIES[name]
    for base, channel in _without_channel(name):
        try:
            found = on_channel(QUANTITIES[base], channel)
        except (KeyError, ValueError):
            continue
        if found.name == name:
            return found
    return None


def _without_channel(name: str) -> Iterator[tuple[str, str]]:
    """Every (plain name, channel) that this name could be made of."""
    first, found, rest = name.partition("_")
    word = first.rstrip("0123456789")
    if word != first:
        yield f"{word}{found}{rest}", first.removeprefix(word)
    parts = name.split("_")
    for at in range(1, len(parts)):
        for end in (at + 1, at + 2):
            yield "_".join([*parts[:at], *parts[end:]]), "_".join(parts[at:end])
