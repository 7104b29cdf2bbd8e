"""Guards that exactly the bad readings of a batch are found, with how many requests, and what is kept.

The servers here are models of how each version tells of bad lines; real ones: tests/integration.
"""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Reading, Series
from gateway.sinks.influxdb.answers import Conflict, Done, Poison, TooLarge
from gateway.sinks.influxdb.isolation import BYTES_MAX, LINES_MAX, Isolation, Part

Server = Callable[[Part], Done | TooLarge | Poison]

GOOD = Series("m", (), ("v",))
OTHER = Series("n", (), ("v",))


def batch(size: int, **bad: set[int]) -> list[Reading]:
    """Readings with times in steps of one; places in `text` carry a string where others carry a float."""
    text = bad.get("text", set())
    return [Reading(GOOD, place, ("x" if place in text else 1.0,)) for place in range(size)]


def isolation(readings: list[Reading], length: int = 10) -> Isolation:
    return Isolation(readings, [b"x" * length for _ in readings])


def run(work: Isolation, server: Server) -> int:
    """Send until everything is known; how many requests it took."""
    requests = 0
    while (part := work.next_part()) is not None:
        work.learn(server(part))
        requests += 1
    return requests


def rejected(work: Isolation) -> set[int]:
    return {rejection.index for rejection in work.rejected}


def parse_errors(bad: set[int]) -> Server:
    """As version 2: one line that does not parse refuses the whole body, no line is named."""
    return lambda part: Poison(400, "unable to parse") if bad & set(part) else Done()


def conflicts(bad: set[int]) -> Server:
    """As versions 1 and 2: the first conflict is described, all are counted, good lines are written."""

    def answer(part: Part) -> Done | Poison:
        dropped = len(bad & set(part))
        conflict = Conflict("m", "v", "string")
        return Poison(400, "conflict", dropped=dropped, conflict=conflict) if dropped else Done()

    return answer


def retention(oldest: int, bad: set[int]) -> Server:
    """As version 1: what is older than `oldest` is dropped; the words of a conflict come before that."""

    def answer(part: Part) -> Done | Poison:
        expired = {place for place in part if place < oldest}
        conflicting = conflicts(bad - expired)(part)
        if expired and isinstance(conflicting, Done):
            return Poison(400, "beyond retention", dropped=len(expired), expired=True)
        return conflicting

    return answer


def named(bad: set[int], *, rest_written: bool = True) -> Server:
    """As version 3: bad lines have numbers."""

    def answer(part: Part) -> Done | Poison:
        lines = tuple((row, f"bad {place}") for row, place in enumerate(part, 1) if place in bad)
        if not lines:
            return Done()
        return Poison(400, "partial write", lines=lines, rest_written=rest_written)

    return answer


def test_a_good_batch_is_one_request() -> None:
    work = isolation(batch(LINES_MAX))
    assert run(work, parse_errors(set())) == 1
    assert (work.taken, work.rejected, work.undecided()) == (LINES_MAX, [], ())


@pytest.mark.parametrize(
    "bad", [{0}, {4999}, {2500}, {0, 4999}, {1, 2, 3}, set(range(0, 5000, 500))]
)
def test_lines_that_do_not_parse_are_found_by_halving(bad: set[int]) -> None:
    work = isolation(batch(5000))
    requests = run(work, parse_errors(bad))
    assert rejected(work) == bad
    assert work.taken == 5000 - len(bad)
    assert requests <= 1 + 2 * 13 * len(bad)


@pytest.mark.parametrize("bad", [{17}, set(range(1000)), set(range(0, 5000, 7))])
def test_lines_with_one_type_conflict_are_found_in_three_requests(bad: set[int]) -> None:
    work = isolation(batch(5000, text=bad))
    assert run(work, conflicts(bad)) == 3
    assert rejected(work) == bad
    assert work.taken == 5000 - len(bad)


def test_a_conflict_that_only_some_shards_have_rejects_only_their_lines() -> None:
    text = set(range(0, 400, 2))
    bad = {place for place in text if place < 200}
    work = isolation(batch(400, text=text))
    run(work, conflicts(bad))
    assert rejected(work) == bad
    assert work.taken == 300


def test_a_conflict_whose_names_match_nothing_is_found_by_halving() -> None:
    readings = [Reading(OTHER, place, (1.0,)) for place in range(100)]
    work = isolation(readings)
    run(work, conflicts({3, 70}))
    assert rejected(work) == {3, 70}


def test_old_lines_are_found_in_three_requests_and_marked_expired() -> None:
    readings = batch(5000)[::-1]
    old = {place for place, reading in enumerate(readings) if reading.time_ns < 1200}

    def server(part: Part) -> Done | Poison:
        dropped = len(old & set(part))
        return Poison(400, "old", dropped=dropped, expired=True) if dropped else Done()

    work = isolation(readings)
    assert run(work, server) == 3
    assert rejected(work) == old
    assert all(rejection.expired for rejection in work.rejected)
    assert work.poison == []


def test_old_and_conflicting_lines_of_one_batch_are_told_apart() -> None:
    text = {5, 50, 500, 2000}
    work = isolation(batch(5000, text=text))
    run(work, retention(1000, text))
    assert {r.index for r in work.rejected if r.expired} == set(range(1000))
    assert {r.index for r in work.poison} == {2000}


def test_named_lines_are_one_request() -> None:
    work = isolation(batch(5000))
    assert run(work, named({1, 4998})) == 1
    assert [(r.index, r.text) for r in work.rejected] == [(1, "bad 1"), (4998, "bad 4998")]
    assert work.taken == 4998


def test_the_rest_is_sent_again_when_naming_does_not_mean_that_it_is_written() -> None:
    work = isolation(batch(10))
    assert run(work, named({3, 4}, rest_written=False)) == 2
    assert rejected(work) == {3, 4}
    assert work.taken == 8


def test_numbers_outside_the_body_are_not_believed() -> None:
    work = isolation(batch(4))

    def server(part: Part) -> Done | Poison:
        lines = ((0, "?"), (99, "?"))
        return Poison(400, "partial", lines=lines, rest_written=True) if 2 in part else Done()

    run(work, server)
    assert rejected(work) == {2}
    assert work.taken == 3


def test_a_body_that_is_too_large_is_halved_down_to_the_line() -> None:
    work = Isolation(batch(100), [b"x" * (500 if place == 42 else 10) for place in range(100)])

    def server(part: Part) -> Done | TooLarge:
        return TooLarge(413, "") if len(work.body(part)) > 100 else Done()

    run(work, server)
    assert [(r.index, r.status) for r in work.rejected] == [(42, 413)]
    assert work.rejected[0].text
    assert work.taken == 99


def test_what_waits_is_cut_too_when_a_body_was_too_large() -> None:
    work = Isolation(batch(1000), [b"x" * 9_999] * 1000)
    sizes: list[int] = []

    def server(part: Part) -> Done | TooLarge:
        sizes.append(len(work.body(part)))
        return TooLarge(413, "") if sizes[-1] > 300_000 else Done()

    run(work, server)
    assert work.taken == 1000
    # A full megabyte of ten is refused, then its half; nothing more.
    assert [size for size in sizes if size > 300_000] == [999_999, 489_999]
    assert len(sizes) < 80
    assert work.bytes_max == 489_999 // 2


def test_a_batch_is_cut_at_its_limits() -> None:
    work = Isolation(batch(LINES_MAX + 1), [b"x"] * (LINES_MAX + 1))
    sizes: list[int] = []

    def server(part: Part) -> Done:
        sizes.append(len(part))
        return Done()

    run(work, server)
    assert sizes == [LINES_MAX, 1]
    sizes.clear()
    heavy = Isolation(batch(5), [b"x" * (BYTES_MAX // 2 - 1)] * 4 + [b"x" * 2 * BYTES_MAX])
    run(heavy, server)
    assert sizes == [2, 2, 1]


def test_lines_that_are_not_sent_take_no_part() -> None:
    work = Isolation(batch(3), [b"a", None, b"c"])
    part = work.next_part()
    assert part == [0, 2]
    assert work.body(part) == b"a\nc"


def test_what_was_not_asked_is_undecided() -> None:
    work = isolation(batch(8))
    work.learn(Poison(400, "bad"))
    work.learn(Done())
    assert work.taken == 4
    assert work.undecided() == (4, 5, 6, 7)


@given(
    size=st.integers(1, 300),
    bad=st.sets(st.integers(0, 299)),
    kind=st.sampled_from([parse_errors, conflicts]),
)
def test_a_search_that_is_broken_off_has_settled_the_first_readings(
    size: int, bad: set[int], kind: Callable[[set[int]], Server]
) -> None:
    """A store can then move its position on: offering the rest again must not begin at the same place."""
    work = isolation(batch(size, text=bad))
    server = kind(bad)
    for _ in range(12):
        if (part := work.next_part()) is None:
            break
        work.learn(server(part))
    assert min(work.undecided(), default=size) > 0


@given(
    size=st.integers(1, 300),
    data=st.data(),
    kind=st.sampled_from(["parse", "conflict", "named", "unsaid", "retention"]),
)
def test_exactly_the_bad_are_rejected_whatever_the_server_says(
    size: int, data: st.DataObject, kind: str
) -> None:
    bad = data.draw(st.sets(st.integers(0, size - 1)))
    oldest = data.draw(st.integers(0, size)) if kind == "retention" else 0
    servers: dict[str, Server] = {
        "parse": parse_errors(bad),
        "conflict": conflicts(bad),
        "named": named(bad),
        "unsaid": named(bad, rest_written=False),
        "retention": retention(oldest, bad),
    }
    hinted = data.draw(st.booleans())
    work = isolation(batch(size, text=bad if hinted else set()))
    run(work, servers[kind])
    expired = set(range(oldest))
    assert rejected(work) == bad | expired
    assert {rejection.index for rejection in work.rejected if rejection.expired} == expired
    assert work.taken + len(work.rejected) == size
    assert work.undecided() == ()
