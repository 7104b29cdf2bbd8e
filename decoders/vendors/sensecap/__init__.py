"""Seeed SenseCAP: environmental sensors whose payloads are numbered measurements."""

from decoders.vendors.sensecap import payload

DECODERS = (*payload.DECODERS,)
