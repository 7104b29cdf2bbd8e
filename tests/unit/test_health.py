"""The state of a way in or out: logged once when it goes and once when it returns, whatever happens between."""

import pytest

from gateway.health import Health


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level("INFO", "lora_gateway")
    return caplog


def said(log: pytest.LogCaptureFixture) -> list[tuple[str, str, str]]:
    return [(one.name, one.levelname, one.message) for one in log.records]


def test_it_begins_as_starting_and_says_nothing(log: pytest.LogCaptureFixture) -> None:
    health = Health("sink", "city")
    assert (health.state, health.sentence, health.counters) == ("starting", "starting", {})
    assert said(log) == []


def test_each_change_is_logged_once(log: pytest.LogCaptureFixture) -> None:
    health = Health("sink", "city")
    for _ in range(3):
        health.down("connection refused", port=8086)
    health.down("timed out")
    assert (health.state, health.sentence) == ("down", "timed out"), (
        "status shows the newest reason"
    )
    for _ in range(3):
        health.up("delivering")
    assert said(log) == [
        ("lora_gateway.sink.city", "WARNING", 'down why="connection refused" port=8086'),
        ("lora_gateway.sink.city", "INFO", "up why=delivering"),
    ]
    assert (health.state, health.sentence) == ("up", "delivering")


def test_another_thing_for_the_operator_to_do_is_said_again(log: pytest.LogCaptureFixture) -> None:
    health = Health("sink", "city")
    for remedy in ("renew the token", "renew the token", "make the bucket"):
        health.blocked(remedy)
    assert [(level, text) for _, level, text in said(log)] == [
        ("ERROR", 'blocked why="renew the token"'), ("ERROR", 'blocked why="make the bucket"'),
    ]  # fmt: skip


def test_stopping_on_purpose_is_no_news(log: pytest.LogCaptureFixture) -> None:
    health = Health("source", "udp")
    health.stopped()
    assert (health.state, health.sentence) == ("stopped", "stopped")
    assert said(log) == []


def test_events_are_counted_and_notes_change_no_state(log: pytest.LogCaptureFixture) -> None:
    health = Health("source", "udp")
    health.count("oversize")
    health.count("oversize", 2)
    health.count("reconnects")
    health.note("window_full", topic="a b")
    assert health.counters == {"oversize": 3, "reconnects": 1}
    assert health.state == "starting"
    assert said(log) == [("lora_gateway.source.udp", "WARNING", 'window_full topic="a b"')]
