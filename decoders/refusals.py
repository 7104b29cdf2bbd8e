"""The refusals that decoders have in common: one sentence each, with what was found and what was expected."""

from collections.abc import Collection

from decoders.contract import DecodeRefused

APPLICATION_PORTS = frozenset(range(1, 224))
"""The FPorts that LoRaWAN leaves to applications (TS001-1.0.4 4.3.2)."""


def ports_text(ports: Collection[int]) -> str:
    """The ports for people: "10, 11", or "1 to 223"."""
    in_order = sorted(ports)
    if len(in_order) > 2 and in_order[-1] - in_order[0] == len(in_order) - 1:
        return f"{in_order[0]} to {in_order[-1]}"
    return ", ".join(str(port) for port in in_order)


def wrong_port(name: str, f_port: int, ports: Collection[int]) -> DecodeRefused:
    """This decoder's payloads do not come on that port."""
    return DecodeRefused(
        "wrong_port", f"FPort {f_port} does not carry {name}: expected {ports_text(ports)}"
    )


def wrong_length(name: str, found: int, expected: int | str) -> DecodeRefused:
    """The payload, or a part of it, is shorter or longer than its layout says."""
    return DecodeRefused("wrong_length", f"{name} has {found} bytes; expected {expected}")


def unknown_layout(sentence: str) -> DecodeRefused:
    """Some byte says that this is a layout, or a value of it, that the decoder does not know."""
    return DecodeRefused("unknown_layout", sentence)
