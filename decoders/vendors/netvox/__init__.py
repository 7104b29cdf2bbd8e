"""Netvox: sensors whose payloads are reports of 11 bytes."""
