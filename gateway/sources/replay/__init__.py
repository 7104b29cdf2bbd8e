"""Recorded frames from a file, with their original times."""
