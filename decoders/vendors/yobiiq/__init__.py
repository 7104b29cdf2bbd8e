"""Yobiiq: energy meters."""

from decoders.vendors.yobiiq import em4301

DECODERS = (em4301.DECODER,)
