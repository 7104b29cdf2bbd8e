"""Browan: indoor sensors, sold as MerryIoT too."""

from decoders.vendors.browan import cd10

DECODERS = (cd10.DECODER,)
