"""ELSYS: indoor and outdoor sensors that share one payload format."""

from decoders.vendors.elsys import payload

DECODERS = (*payload.DECODERS,)
