"""Dragino: sensors and controllers with a fixed layout per model."""
