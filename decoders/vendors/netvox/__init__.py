"""Netvox: sensors whose payloads are reports of 11 bytes."""

from decoders.vendors.netvox import r718n, r809a

DECODERS = (*r718n.DECODERS, *r809a.DECODERS)
