"""Milesight: sensors, meters and controllers that send channel, type and value (`tlv.py`)."""
