"""What a gateway says of itself, in the words that its report has in every dialect.

rx_packets_received, rx_packets_received_ok, tx_packets_received, tx_packets_emitted    in its interval
latitude, longitude, altitude_m                                                          when it knows
config_version, and what the operator set as metadata                                    as text
"""

from collections.abc import Iterable

METADATA_MAX = 32
"""Metadata entries kept; gateways have a handful."""
_TEXT_CHARS_MAX = 64


def report_figures(
    counts: tuple[int, int, int, int],
    place: tuple[float, float, float] | None,
    texts: Iterable[tuple[str, str]],
) -> dict[str, float | str]:
    """The figures of a report: received, received with a right CRC, to be sent, sent; where; and texts."""
    figures: dict[str, float | str] = {
        name[:_TEXT_CHARS_MAX]: text[:_TEXT_CHARS_MAX]
        for name, text in list(texts)[:METADATA_MAX]
        if text
    }
    figures["rx_packets_received"], figures["rx_packets_received_ok"] = counts[:2]
    figures["tx_packets_received"], figures["tx_packets_emitted"] = counts[2:]
    if place is not None and any(place):
        figures["latitude"], figures["longitude"], figures["altitude_m"] = place
    return figures
