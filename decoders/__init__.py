"""Sensor payloads into quantities: bytes in, named values out. Imports nothing of the gateway."""
