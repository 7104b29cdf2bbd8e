"""Decentlab: environmental sensors that share one payload format."""

from decoders.vendors.decentlab import distance, indoor, inputs, plants, soil, water, weather

DECODERS = (
    *indoor.DECODERS,
    *weather.DECODERS,
    *soil.DECODERS,
    *plants.DECODERS,
    *water.DECODERS,
    *distance.DECODERS,
    *inputs.DECODERS,
)
