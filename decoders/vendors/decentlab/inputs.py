"""Decentlab's inputs: DL-DLR2 with pulses, contacts, currents, voltages or resistors; DL-LPW, a potentiometer.

The resistor that a DL-DLR2-004, 008 or 009 has in it is part of the model's name, in ohm; with another one it is
another model. Resistors of platinum (008: 100 ohm, 009: 1000 ohm at 0 °C) are read with a parabola. Channels are
numbered from 1, where Decentlab counts from 0.
"""

from decoders.vendors.decentlab.groups import BATTERY, Group, Model, decoder_of
from decoders.vendors.decentlab.words import Curve, flag, ratio, ratio_of, wide, word

REFERENCE_OHM = 2000
STRAIN_FULL = "400000000/12928"
"""4 / (64 x 2.02) of a strain, in µm/m: a bridge with a gain of 64 and a gauge factor of 2.02."""


def _pt100_c(low: int, high: int) -> float:
    half = ratio_of(low, high) / 2
    ohm = half * REFERENCE_OHM / (1 - half)
    return -244.83 + 2.3419 * ohm + 0.0010664 * ohm**2


def _pt1000_ohm(low: int, high: int) -> float:
    full = ratio_of(low, high)
    return full * REFERENCE_OHM / (1 - full)


def _pt1000_c(low: int, high: int) -> float:
    ohm = _pt1000_ohm(low, high)
    return -245.18 + 0.23469 * ohm + 0.0000104876 * ohm**2


def _pulses(channel: str) -> Group:
    interval = f"count_interval_{channel}_s" if channel else "count_interval_s"
    return Group(4, word(f"pulses{channel}", 0), word(interval, 1), wide(f"counter{channel}", 2))


POTENTIOMETER = Group(2, ratio("ai_pct", 0, "100", low=-5))

MODELS = (
    Model("DL-DLR2-002", "io", _pulses(""), BATTERY),
    Model("DL-DLR2-003", "io", Group(1, flag("di", 0)), BATTERY),
    Model("DL-DLR2-004-10", "io", Group(1, word("ai_ma", 0, "150/32768", "-150")), BATTERY),
    Model("DL-DLR2-005", "io", Group(2, ratio("ai_v", 0, "3")), BATTERY),
    Model("DL-DLR2-006", "io", POTENTIOMETER, BATTERY),
    Model("DL-DLR2-008-2000", "io", Group(2, Curve("probe_temperature_c", 2, _pt100_c)), BATTERY),
    Model(
        "DL-DLR2-009-2000",
        "io",
        Group(2, Curve("ai_ohm", 2, _pt1000_ohm), Curve("probe_temperature_c", 2, _pt1000_c)),
        BATTERY,
    ),
    Model("DL-DLR2-010", "io", _pulses("1"), _pulses("2"), BATTERY),
    Model("DL-DLR2-011", "io", Group(1, flag("di1", 0)), Group(1, flag("di2", 0)), BATTERY),
    Model("DL-DLR2-012", "io", Group(2, ratio("strain_um_m", 0, STRAIN_FULL)), BATTERY),
    Model("DL-LPW", "io", POTENTIOMETER, BATTERY),
)

DECODERS = tuple(decoder_of(model) for model in MODELS)
