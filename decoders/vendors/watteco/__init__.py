"""Watteco: sensors that report in the manner of the ZigBee Cluster Library (ZCL)."""

from decoders.vendors.watteco import models

DECODERS = (*models.DECODERS,)
