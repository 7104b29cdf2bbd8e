"""Guards when another client with our id is suspected, and that two programs do not chase each other for ever."""

from gateway.sources.mqtt.short_lives import ShortLives


def test_three_short_connections_in_a_row_are_suspicious() -> None:
    lives = ShortLives()
    lives.ended(1)
    lives.ended(29)
    assert not lives.sentence
    assert not lives.begins
    assert not lives.ended(1)
    assert lives.begins
    assert "client_id" in lives.sentence
    lives.ended(1)
    assert not lives.begins
    assert "last 4 connections" in lives.sentence


def test_a_good_connection_begins_the_count_again() -> None:
    lives = ShortLives()
    lives.ended(1)
    lives.ended(1)
    assert lives.ended(30)
    lives.ended(1)
    assert not lives.sentence


def test_a_suspicion_is_not_cleared_by_the_pause_of_the_other_program() -> None:
    """Both wait up to a minute: a life of that length says only that the other one was waiting."""
    lives = ShortLives()
    for lasted_s in (1, 1, 1, 45, 60):
        assert not lives.ended(lasted_s)
    assert "client_id" in lives.sentence
    assert lives.ended(90)
    assert not lives.sentence
