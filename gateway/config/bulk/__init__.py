"""Devices in bulk: other programs' lists read, compared with the devices file, and written into it.

    text -> proposals, one per line -> plan: added, changed, same, refused -> text of the devices file

Everything but `files.py` is pure. No key is ever part of a sentence.
"""
