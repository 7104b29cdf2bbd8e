"""Guards the flash of modems: a handful of settings at once, then one set an hour, whatever happens."""

from gateway.sources.serial_line.flash_budget import FlashBudget


def test_five_turns_at_once_and_then_one_an_hour() -> None:
    budget = FlashBudget()
    assert [budget.take(0.0) for _ in range(6)] == [True] * 5 + [False]
    assert not budget.take(3599.0)
    assert budget.take(3601.0)
    assert not budget.take(3602.0)


def test_turns_do_not_pile_up() -> None:
    budget = FlashBudget()
    budget.take(0.0)
    assert [budget.take(1e9) for _ in range(6)] == [True] * 5 + [False]


def test_a_year_of_boots_each_ten_seconds_stays_below_the_life_of_the_flash() -> None:
    budget = FlashBudget()
    day_s = 86_400
    writes_of_a_day = sum(budget.take(float(second)) for second in range(0, day_s, 10))
    assert writes_of_a_day * 365 < 12_000
