"""Guards the search budget: five a minute for a DevAddr, 300 in all, and no other span lets more through."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.lorawan.budget import SEARCHES_PER_DEV_ADDR, SEARCHES_TOTAL, SearchBudget


def test_a_dev_addr_has_five_searches_a_minute():
    budget = SearchBudget()
    assert [budget.takes(1, second) for second in range(8)] == [True] * 5 + [False] * 3
    assert not budget.takes(1, 59.9)
    assert budget.takes(1, 60.0)
    assert not budget.takes(1, 60.5)
    assert budget.takes(1, 61.0)


def test_dev_addrs_have_budgets_of_their_own():
    budget = SearchBudget()
    assert [budget.takes(1, 0.0) for _ in range(6)][-1] is False
    assert budget.takes(2, 0.0)


def test_the_total_is_300_a_minute_and_a_refusal_spends_nothing():
    budget = SearchBudget()
    taken = sum(budget.takes(n // 5, 0.0) for n in range(1000))
    assert taken == SEARCHES_TOTAL == 300
    assert not budget.takes(999, 59.0)
    assert sum(budget.takes(999, 60.0) for _ in range(9)) == SEARCHES_PER_DEV_ADDR


@given(st.lists(st.floats(0, 30), max_size=60))
def test_no_span_of_a_minute_has_more_than_five(pauses):
    budget, now, taken = SearchBudget(), 0.0, []
    for pause in pauses:
        now += pause
        recent = [at for at in taken if now - at < 60.0]
        assert budget.takes(7, now) == (len(recent) < 5)
        if len(recent) < 5:
            taken.append(now)
