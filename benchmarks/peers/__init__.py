"""Gateways of a page of Python, as people write them, to compare with. Each is a program of its own."""
