"""Guards a sink's place: ranges of held rows, releases at their ends and middles, and what dropping takes."""

import pytest

from gateway.store.position import Position, Released


def held(*ranges: tuple[int, int]) -> Position:
    position = Position()
    position.pass_by(20, [list(one) for one in ranges], [])
    return position


def test_place_only_goes_up() -> None:
    position = held()
    position.pass_by(5, [], [])
    assert position.high == 20
    assert position.lowest_open() == 21


def test_rows_passed_by_before_are_not_held_again() -> None:
    position = held((3, 5))
    position.pass_by(25, [[18, 23]], [])
    assert position.held == [[3, 5], [21, 23]]


def test_neighbours_become_one_range() -> None:
    position = held((18, 20))
    position.pass_by(24, [[21, 22]], [])
    assert position.held == [[18, 22]]


@pytest.mark.parametrize(
    ("gone", "left"),
    [
        (Released(4, 2, 0, 6), [[6, 10]]),
        (Released(6, 2, 4, 10), [[4, 4], [10, 10]]),
        (Released(10, 2, 6, 11), [[4, 6]]),
    ],
)
def test_release_leaves_the_other_held_rows(gone: Released, left: list[list[int]]) -> None:
    position = held((4, 10))  # 4, 6 and 10 are held
    position.release(gone)
    assert position.held == left
    assert position.superseded == 2


def test_release_of_a_row_that_was_not_held_counts_nothing() -> None:
    position = held((4, 10))
    position.release(Released(12, 5, 10, 13))
    assert position.held == [[4, 10]]
    assert position.superseded == 0


def test_drop_cuts_held_ranges_and_counts() -> None:
    position = held((2, 4), (8, 12), (15, 15))
    position.drop(10, 7)
    assert position.held == [[11, 12], [15, 15]]
    assert (position.high, position.dropped) == (20, 7)
    position.drop(30, 1)
    assert (position.high, position.held, position.lowest_open()) == (30, [], 31)


def test_text_brings_back_an_equal_one() -> None:
    position = held((2, 4))
    position.delivered, position.version = 9, "1.8"
    assert Position.load(position.dump()) == position
    copy = position.copy()
    copy.drop(20, 1)
    assert position.held == [[2, 4]]


def test_a_row_is_passed_when_it_was_given_to_the_sink_or_given_up_for_it() -> None:
    position = held((8, 12))
    assert [seq for seq in (1, 7, 8, 12, 13, 20, 21) if position.has_passed(seq)] == [1, 7, 13, 20]
    position.born = 7
    assert not position.has_passed(7), "what was there before it began was never meant for it"
    assert position.has_passed(13)
