"""Dragino: sensors and controllers with a fixed layout per model."""

from decoders.vendors.dragino import aqs01, laq4, lds02, lt22222

DECODERS = (aqs01.DECODER, laq4.DECODER, *lds02.DECODERS, *lt22222.DECODERS)
