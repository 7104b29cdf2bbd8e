"""Seeed SenseCAP: environmental sensors whose payloads are numbered measurements."""
