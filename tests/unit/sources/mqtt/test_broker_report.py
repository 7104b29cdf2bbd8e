"""Guards what is understood of `$SYS`: the payloads are those of Mosquitto 2.0.11, and whatever else may come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sources.mqtt.broker_report import TOPICS, BrokerReport

DROPPED = b"$SYS/broker/publish/messages/dropped"
STORED = b"$SYS/broker/store/messages/count"


def test_what_was_dropped_is_told_once() -> None:
    report = BrokerReport()
    assert [report.hear(DROPPED, value) for value in (b"0", b"150", b"150", b"153")] == [
        0,
        150,
        0,
        3,
    ]


def test_the_first_value_counts_whole() -> None:
    """It was dropped while this gateway was away, or before: nobody else would say so."""
    assert BrokerReport().hear(DROPPED, b"150") == 150


def test_a_broker_that_was_started_anew_begins_at_nought() -> None:
    report = BrokerReport()
    report.hear(DROPPED, b"150")
    assert report.hear(DROPPED, b"0") == 0
    assert report.hear(DROPPED, b"2") == 2


def test_version_and_figures_are_kept() -> None:
    report = BrokerReport()
    assert report.hear(b"$SYS/broker/version", b"mosquitto version 2.0.11") == 0
    assert report.hear(STORED, b"103") == 0
    assert report.version == "mosquitto version 2.0.11"
    assert report.figures == {"broker_stores": 103}


@pytest.mark.parametrize("payload", [b"", b"-1", b"1.5", b"many", b"1" * 19, b"\xff", "²".encode()])
def test_a_figure_that_is_none_changes_nothing(payload: bytes) -> None:
    report = BrokerReport()
    assert report.hear(DROPPED, payload) == 0
    assert report.hear(STORED, payload) == 0
    assert report.figures == {}


@given(st.sampled_from([topic.encode() for topic in TOPICS]) | st.binary(), st.binary())
def test_nothing_makes_it_raise(topic: bytes, payload: bytes) -> None:
    report = BrokerReport()
    assert report.hear(topic, payload) >= 0
    assert len(report.version) <= 80
    assert report.version.isprintable()
