"""Milesight: sensors, meters and controllers that send channel, type and value (`tlv.py`)."""

from decoders.vendors.milesight import (
    am100,
    am300,
    ct3xx,
    ct10x,
    em300,
    em500_co2,
    uc300,
    ws52x,
    ws301,
)

DECODERS = (
    *am100.DECODERS,
    *am300.DECODERS,
    *ct10x.DECODERS,
    *ct3xx.DECODERS,
    *em300.DECODERS,
    *em500_co2.DECODERS,
    *uc300.DECODERS,
    *ws301.DECODERS,
    *ws52x.DECODERS,
)
