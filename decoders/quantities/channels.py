"""Names of quantities that a device measures more than once: phases, tariffs, inputs, probes.

    kind       channels          in the name                      such as
    phase      l1 l2 l3          before the unit                  voltage_l1_v      power_factor_l1
    pair       l1_l2 l2_l3 l3_l1 before the unit                  voltage_l1_l2_v
    tariff     t1 to t9          before the unit                  energy_import_t1_wh
    number     1 to 64           before the unit                  current_2_a       soil_temperature_3_c
    input      1 to 64           at the first word, without a _   di1   relay2   counter3   ai1_v

A device with one of a thing uses the plain name. Numbers begin at 1, as terminals are printed.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from decoders.contract import Quantity
from decoders.quantities.units import UNITS

PHASE = ("phase",)
PHASE_OR_NUMBER = ("phase", "number")
NUMBER = ("number",)
INPUT = ("input",)

CHANNEL_HIGHEST = 64
"""No device of the catalogue has more inputs."""

_NUMBERED = (
    rf"[1-9]|[1-{CHANNEL_HIGHEST // 10 - 1}][0-9]|{CHANNEL_HIGHEST // 10}[0-{CHANNEL_HIGHEST % 10}]"
)
KINDS: Mapping[str, str] = {
    "phase": "l[123]",
    "pair": "l1_l2|l2_l3|l3_l1",
    "tariff": "t[1-9]",
    "number": _NUMBERED,
    "input": _NUMBERED,
}
"""Kinds of channels, and what their channels look like in a name (a regular expression)."""

_PATTERNS = {kind: re.compile(pattern) for kind, pattern in KINDS.items()}
_WORDS = {"phase": "phase {}", "pair": "phases {}", "tariff": "tariff {}"}


def on_channel(quantity: Quantity, channel: str | int) -> Quantity:
    """The quantity as one channel measures it: another name, the same unit, type and range.

    Raises:
        ValueError: this quantity has no such channel.
    """
    called = str(channel)
    for kind in quantity.channels:
        if _PATTERNS[kind].fullmatch(called):
            words = _WORDS.get(kind, "channel {}").format(called.strip("lt").replace("_l", " and "))
            return replace(
                quantity,
                name=channel_name(quantity, kind, called),
                description=f"{quantity.description.removesuffix('.')}, {words}.",
                channels=(),
                ttn="",
            )
    kinds = ", ".join(quantity.channels) or "none"
    raise ValueError(f"{quantity.name} has no channel {called!r}; its kinds of channels: {kinds}")


def channel_name(quantity: Quantity, kind: str, channel: str) -> str:
    """What the quantity is called on a channel of a kind."""
    if kind == "input":
        first, found, rest = quantity.name.partition("_")
        return f"{first}{channel}{found}{rest}"
    suffix = f"_{UNITS[quantity.unit].suffix}" if quantity.unit else ""
    return f"{quantity.name.removesuffix(suffix)}_{channel}{suffix}"
