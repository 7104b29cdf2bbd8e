"""Decentlab: environmental sensors that share one payload format."""
