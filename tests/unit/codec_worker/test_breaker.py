"""When a codec is quarantined and for how long, by the clock that the test gives."""

from gateway.codec_worker.breaker import QUARANTINE_S, STRIKE_S, STRIKES_MAX, Breaker


def test_the_third_strike_quarantines_for_an_hour() -> None:
    breaker = Breaker()
    assert [breaker.strike(at, "slow") for at in (0.0, 1.0, 2.0)] == [False, False, True]
    assert breaker.left_s(2.0) == QUARANTINE_S
    assert breaker.left_s(2.0 + QUARANTINE_S) == 0.0
    assert breaker.why == "slow"


def test_strikes_far_apart_are_forgotten() -> None:
    breaker = Breaker()
    assert not any(breaker.strike(number * STRIKE_S, "slow") for number in range(20))


def test_after_its_quarantine_one_strike_is_enough() -> None:
    breaker = Breaker()
    for at in range(STRIKES_MAX):
        breaker.strike(float(at), "slow")
    free_at = STRIKES_MAX - 1 + QUARANTINE_S
    assert breaker.left_s(free_at) == 0.0
    assert breaker.strike(free_at + 1, "again")
    assert breaker.left_s(free_at + 1) == QUARANTINE_S


def test_a_codec_that_behaves_after_its_quarantine_is_as_good_as_new() -> None:
    breaker = Breaker()
    for at in range(STRIKES_MAX):
        breaker.strike(float(at), "slow")
    later = 2 * QUARANTINE_S
    assert [breaker.strike(later + at, "slow") for at in (0.0, 1.0, 2.0)] == [False, False, True]
