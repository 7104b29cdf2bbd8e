"""The vocabulary: every quantity by its name, as the tables of the city families declare them.

A name is a public interface, dashboards query it. It has one unit and one type wherever it occurs, and a
new decoder takes its names from here where it measures the same thing.
"""

from collections.abc import Mapping

from decoders.city import air_quality, cctv_health, energy
from decoders.contract import Quantity

LAYOUTS = (cctv_health.LAYOUT, air_quality.LAYOUT, energy.LAYOUT)
"""The tables of the city families, by port."""

QUANTITIES: Mapping[str, Quantity] = {
    quantity.name: quantity for layout in LAYOUTS for quantity in layout.quantities
}
"""Quantities by name. A name in two tables stands for the same quantity in both."""
