"""Dead letters in a real store: chosen, offered again, dropped; every sum holds after each step."""

from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from gateway.changes.dead_letters import DeadLetters
from gateway.errors import Unavailable
from gateway.health import Health
from gateway.model import Reading, Rejection, Verdict
from gateway.store import dead_letters
from gateway.store.dead_letters import Wanted
from gateway.store.outlet import Outlet
from gateway.store.store import Store
from tests.integration.store.records import Recorder, add, crash, drain, record, sums

WORDS = 'field "v" is a float, line 3'


class Judge(Recorder):
    """A sink that refuses the readings whose numbers are named, and can be away."""

    def __init__(self, *bad: int, expired: bool = False, away_after: int = 1 << 30) -> None:
        super().__init__(self._verdict)
        self.name, self.batch_lines, self.health = "city", 5000, Health("sink", "city")
        self.bad, self.expired, self._left = set(bad), expired, away_after

    def deliver(self, readings: Any) -> Verdict:
        if self._left <= 0:
            raise Unavailable("it is away")
        self._left -= 1
        return super().deliver(readings)

    def close(self) -> None:
        """Nothing to let go."""

    def _verdict(self, readings: Any) -> Verdict:
        return Verdict(
            tuple(
                Rejection(place, 422, WORDS, self.expired)
                for place, one in enumerate(readings)
                if int(one.values[0]) in self.bad
            )
        )


async def buried(store: Store, *bad: int, upto: int = 6) -> Outlet:
    """A store with so many readings of two devices in turn, of which the bad ones are dead."""
    outlet = Outlet(store, "city", "all")
    for number in range(1, upto + 1):
        add(store, record(("a", "b")[number % 2], number))
    await store.commit()
    await drain(outlet, Judge(*bad))
    return outlet


async def result(lines: AsyncGenerator[dict[str, Any], None]) -> dict[str, Any]:
    """The last line of a change."""
    return [line async for line in lines][-1]


async def retried(store: Store, sink: Judge, **wanted: Any) -> dict[str, Any]:
    answer = await result(DeadLetters(store, lambda _: sink).retry(wanted))
    return dict(answer["sinks"].get("city", {}))


async def left(store: Store, **wanted: Any) -> list[int]:
    """The numbers in the values of the letters that are meant."""
    letters = await store.read(dead_letters.page, store.tables, Wanted(**wanted), 0, 1000)
    return [int(letter.reading.values[0]) for letter in letters]


async def test_each_filter_means_its_letters(open_store: Callable[..., Store]) -> None:
    store = open_store()
    await buried(store, 1, 2, 5)
    first = (await store.read(dead_letters.page, store.tables, Wanted(), 0, 1))[0]
    assert await left(store) == [1, 2, 5]
    assert await left(store, device="a") == [2]
    assert await left(store, sink="city", status=422) == [1, 2, 5]
    assert await left(store, status=400) == await left(store, sink="other") == []
    assert await left(store, reason="IS A FLOAT") == [1, 2, 5]
    assert await left(store, reason="%") == []
    assert await left(store, ids=(first.id,)) == [1]
    assert await left(store, newest_id=first.id) == [1]
    assert await left(store, since_ns=first.wall_ns) == [1, 2, 5]
    assert await left(store, since_ns=first.wall_ns + 10**9) == []
    assert await left(store, until_ns=first.wall_ns) == []


async def test_reasons_that_differ_in_numbers_are_one(open_store: Callable[..., Store]) -> None:
    store = open_store()
    await buried(store, 1, 2, 5)
    connection = store.connection
    connection.execute("UPDATE dead SET text = 'line 9 is bad' WHERE id = 1")
    connection.execute("UPDATE dead SET text = 'line 12 is bad' WHERE id = 2")
    kinds = await store.read(dead_letters.kinds, Wanted())
    assert [(kind.letters, kind.status) for kind in kinds] == [(2, 422), (1, 422)]
    assert kinds[0].text in ("line 9 is bad", "line 12 is bad")


async def test_what_is_taken_is_delivered_and_the_rest_stays_dead(
    open_store: Callable[..., Store],
) -> None:
    store = open_store()
    await buried(store, 1, 2, 3, 5)
    sink = Judge(3)
    answer = await retried(store, sink)
    assert (answer["accepted"], answer["refused_again"]) == (3, 1)
    assert sink.numbers() == {"a": [2], "b": [1, 5]}, "in the order of each device"
    account = (await sums(store)).sinks["city"]
    assert (account.delivered, account.dead, account.pending) == (5, 1, 0)
    assert await left(store) == [3]


async def test_a_letter_refused_again_has_the_newer_words(open_store: Callable[..., Store]) -> None:
    store = open_store()
    await buried(store, 4)
    store.connection.execute("UPDATE dead SET text = 'older words', status = 400, wall = 7")
    await retried(store, Judge(4))
    (letter,) = await store.read(dead_letters.page, store.tables, Wanted(), 0, 10)
    assert (letter.status, letter.text) == (422, WORDS)
    assert letter.wall_ns > 7


async def test_what_is_too_old_for_the_database_by_now_is_expired(
    open_store: Callable[..., Store],
) -> None:
    store = open_store()
    await buried(store, 4, 5)
    assert (await retried(store, Judge(4, expired=True)))["expired"] == 1
    account = (await sums(store)).sinks["city"]
    assert (account.expired, account.delivered, account.dead) == (1, 5, 0)


async def test_a_sink_that_goes_away_keeps_what_it_took(open_store: Callable[..., Store]) -> None:
    store = open_store()
    await buried(store, *range(1, 151), upto=150)
    answer = await retried(store, Judge(away_after=1))
    assert (answer["accepted"], answer["why"]) == (100, "it is away")
    assert (await sums(store)).sinks["city"].dead == 50
    assert (await retried(store, Judge()))["accepted"] == 50
    assert (await retried(store, Judge())) == {}, "nothing is left to ask for"


async def test_dropped_letters_are_counted_as_dropped(open_store: Callable[..., Store]) -> None:
    store = open_store()
    await buried(store, 1, 2, 5)
    answer = await result(DeadLetters(store, lambda _: None).drop({"device": "b"}))
    assert answer == {"asked": 2, "dropped": {"city": 2}}
    account = (await sums(store)).sinks["city"]
    assert (account.dead, account.dropped, account.delivered) == (1, 2, 3)
    assert await left(store) == [2]


async def test_letters_of_a_sink_that_is_not_configured_any_more_can_be_dropped(
    path: Path, open_store: Callable[..., Store]
) -> None:
    store = open_store()
    await buried(store, 1, 2)
    await store.close()
    store = open_store()
    unknown = await result(DeadLetters(store, lambda _: None).retry({}))
    assert "no sink 'city' is configured" in unknown["sinks"]["city"]["why"]
    await result(DeadLetters(store, lambda _: None).drop({"sink": "city"}))
    await store.close()
    store = open_store()
    Outlet(store, "city", "all")
    account = (await sums(store)).sinks["city"]
    assert (account.dead, account.dropped) == (0, 2)


async def test_an_id_is_never_given_twice(open_store: Callable[..., Store]) -> None:
    store = open_store()
    outlet = await buried(store, 5, 6)
    (_, newest) = await store.read(dead_letters.count, Wanted())
    await retried(store, Judge(), ids=[newest])
    add(store, record("a", 7))
    await store.commit()
    await drain(outlet, Judge(7))
    (_, after) = await store.read(dead_letters.count, Wanted())
    assert after == newest + 1
    assert await retried(store, Judge(), ids=[newest]) == {}, "repeating meets nothing else"


async def test_letters_forgotten_over_their_cap_meanwhile_are_not_counted_twice(
    open_store: Callable[..., Store],
) -> None:
    store = open_store()
    await buried(store, 1, 2, 3)

    class Slow(Judge):
        def deliver(self, readings: list[Reading]) -> Verdict:
            # What housekeeping does over the cap, while the sink is at it.
            apsw.Connection(str(store.path)).execute(
                "BEGIN IMMEDIATE; DELETE FROM dead WHERE id = 1;"
                "INSERT INTO counter VALUES ('forgotten.city', 1); COMMIT"
            )
            return super().deliver(readings)

    assert (await retried(store, Slow()))["accepted"] == 3
    account = (await sums(store)).sinks["city"]
    assert (account.dead, account.delivered) == (1, 5), "the forgotten one stays counted as dead"


async def test_a_kill_before_it_is_on_disk_leaves_it_dead(open_store: Callable[..., Store]) -> None:
    store = open_store()
    await buried(store, 1, 2)

    class Killed(Judge):
        def deliver(self, readings: list[Reading]) -> Verdict:
            verdict = super().deliver(readings)
            store.connection.set_authorizer(lambda *_: apsw.SQLITE_DENY)
            return verdict

    with pytest.raises(apsw.AuthError):
        await retried(store, Killed())
    store.connection.set_authorizer(None)
    crash(store)
    store = open_store()
    Outlet(store, "city", "all")
    assert (await sums(store)).sinks["city"].dead == 2
    assert (await retried(store, Judge()))["accepted"] == 2


async def test_a_disk_that_refuses_has_it_with_the_next_commit(
    open_store: Callable[..., Store],
) -> None:
    store = open_store()
    await buried(store, 1, 2, 3)
    store.connection.pragma("query_only", 1)
    answer = await retried(store, Judge(3))
    assert "readonly" in answer["why"]
    assert await store.read(dead_letters.count, Wanted()) == (3, 3)
    store.connection.pragma("query_only", 0)
    sink = Judge()
    assert (await retried(store, sink))["accepted"] == 1
    assert sink.numbers() == {"b": [3]}, "what leaves already is not offered again"
    account = (await sums(store)).sinks["city"]
    assert (account.dead, account.delivered) == (0, 6)


@pytest.mark.parametrize(
    "wrong",
    [
        {"colour": "red"},
        {"ids": "all"},
        {"status": "x"},
        {"status": 1 << 70},
        {"ids": [1 << 64]},
        {"newest_id": 1 << 63},
        {"since_ns": -(1 << 70)},
    ],
)
async def test_arguments_that_are_not_understood_change_nothing(
    open_store: Callable[..., Store], wrong: dict[str, Any]
) -> None:
    store = open_store()
    await buried(store, 1)
    for change in (
        DeadLetters(store, lambda _: Judge()).retry,
        DeadLetters(store, lambda _: None).drop,
    ):
        with pytest.raises(Unavailable, match="cannot be chosen like that"):
            await result(change(wrong))
    assert (await sums(store)).sinks["city"].dead == 1
