"""Devices, gateways, modems and servers that write their own bytes."""
