"""Devices of other makers: a folder for each maker, a table for each family of models."""
