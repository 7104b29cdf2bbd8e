"""Yobiiq: energy meters."""
