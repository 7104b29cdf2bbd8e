"""Guards the figures of a gateway's report: names, what is left out, and bounds."""

from gateway.sources.mqtt.dialects.figures import METADATA_MAX, report_figures


def test_counts_place_and_texts_have_names_of_their_own() -> None:
    assert report_figures((4, 3, 2, 1), (13.75, 100.5, 5.0), [("config_version", "1")]) == {
        "rx_packets_received": 4,
        "rx_packets_received_ok": 3,
        "tx_packets_received": 2,
        "tx_packets_emitted": 1,
        "latitude": 13.75,
        "longitude": 100.5,
        "altitude_m": 5.0,
        "config_version": "1",
    }


def test_an_unknown_place_and_empty_texts_are_left_out() -> None:
    for place in (None, (0.0, 0.0, 0.0)):
        assert set(report_figures((0, 0, 0, 0), place, [("config_version", "")])) == {
            "rx_packets_received",
            "rx_packets_received_ok",
            "tx_packets_received",
            "tx_packets_emitted",
        }


def test_an_operators_metadata_cannot_replace_a_count_or_grow_without_bound() -> None:
    texts = [("rx_packets_received", "x"), *((f"{n:0>99}", "y" * 999) for n in range(99))]
    figures = report_figures((4, 3, 2, 1), None, texts)
    assert figures["rx_packets_received"] == 4
    assert len(figures) <= METADATA_MAX + 4
    assert all(len(name) <= 64 and len(str(value)) <= 64 for name, value in figures.items())
