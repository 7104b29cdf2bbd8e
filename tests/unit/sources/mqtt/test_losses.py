"""Guards what a person is told of what a broker lost: from when to when, how many, and how often it is logged."""

import pytest

from gateway.health import Health
from gateway.sources.mqtt.losses import Losses

SECOND = 10**9
NOON = 1_700_000_000 * SECOND
"""2023-11-14T22:13:20Z"""


@pytest.fixture
def health() -> Health:
    return Health("source", "city")


def test_without_a_loss_nothing_is_said(health: Health) -> None:
    assert Losses(health).sentence == ""


def test_a_forgotten_session_is_told_with_its_time(
    health: Health, caplog: pytest.LogCaptureFixture
) -> None:
    losses = Losses(health)
    losses.session_forgotten(NOON, NOON + 60 * SECOND)
    assert "from 2023-11-14T22:13:20Z to 2023-11-14T22:14:20Z may be lost" in losses.sentence
    assert "persistence" in caplog.text
    assert health.counters == {"session_lost": 1}
    losses.session_forgotten(NOON, NOON + 120 * SECOND)
    assert "(2 times in this run)" in losses.sentence
    assert "22:15:20Z" in losses.sentence


def test_dropped_messages_are_summed_up_and_logged_every_ten_minutes(
    health: Health, caplog: pytest.LogCaptureFixture
) -> None:
    losses = Losses(health)
    for minute in range(11):
        losses.dropped(10, NOON + minute * 60 * SECOND)
    assert "has dropped 110 messages" in losses.sentence
    assert "max_queued_messages" in losses.sentence
    assert health.counters == {"broker_dropped": 110}
    assert caplog.text.count("broker_dropped") == 2


def test_both_losses_are_told(health: Health) -> None:
    losses = Losses(health)
    losses.dropped(1, NOON)
    losses.session_forgotten(NOON, NOON)
    assert "had forgotten" in losses.sentence
    assert "has dropped" in losses.sentence
