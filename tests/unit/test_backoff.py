"""Guards the waits between attempts: bounded, doubling, spread over the whole range."""

from random import Random

from gateway.backoff import Backoff


def test_ceilings_double_up_to_the_most() -> None:
    class Highest(Random):
        def uniform(self, a: float, b: float) -> float:
            return max(a, b)

    backoff = Backoff(1, 10, Highest())
    assert [backoff.next() for _ in range(6)] == [1, 2, 4, 8, 10, 10]
    backoff.reset()
    assert backoff.next() == 1


def test_waits_are_spread_from_nothing_to_the_ceiling() -> None:
    backoff = Backoff(4, 4, Random(1))
    waits = [backoff.next() for _ in range(1000)]
    assert all(0 <= wait <= 4 for wait in waits)
    assert min(waits) < 0.1
    assert max(waits) > 3.9
    assert 1.8 < sum(waits) / len(waits) < 2.2


def test_two_gateways_do_not_wait_alike() -> None:
    first, second = Backoff(1, 60), Backoff(1, 60)
    assert [first.next() for _ in range(5)] != [second.next() for _ in range(5)]
