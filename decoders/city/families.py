"""The tables of the three families, for whoever needs all of them: the docs and what is made of the tables."""

from decoders.city import air_quality, cctv_health, energy

LAYOUTS = (cctv_health.LAYOUT, air_quality.LAYOUT, energy.LAYOUT)
"""By port."""
