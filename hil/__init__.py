"""Simulators, benches and scenarios; never imported by gateway or decoders."""
