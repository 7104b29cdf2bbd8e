"""What waits for its codec is not deleted: at the ceiling and by age the rule is that of what a sink has not had.

Rows are committed as ingest does, and the sink has had all of them. `answer` does what the decode stage does,
without a codec. What the ceiling then leaves is read from the file.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.model import Record
from gateway.pipeline.amended import amend
from gateway.store import unanswered
from gateway.store.outlet import Outlet
from gateway.store.store import Store
from gateway.store.unanswered import DECODED_UP_TO, DROPPED
from gateway.store.undecoded import Backlog
from tests.store_bench import (
    RememberingSink,
    balanced,
    commit,
    drain,
    keep_house,
    kept_numbers,
    put,
    record,
    stamped,
)

CEILING = 4_000_000
DAY_S = 86400.0
OpenStore = Callable[..., Store]


def waiting(
    number: int, *, size: int = 400, held: bool = False, at_s: float | None = None
) -> Record:
    """A hearing whose payload is for a codec."""
    return record(
        number, outcome="undecoded", measurements=("air",), size=size, held=held, at_s=at_s
    )


async def answer(store: Store, steps: int = 1_000_000) -> int:
    """Give each payload its answer, so many steps of 100; how many had one."""
    backlog, answered = Backlog(store), 0
    for _ in range(steps):
        rows, high = await backlog.work(lambda: backlog.take(100))
        for row in rows:
            amend(store, row.about, row.record, "undecoded", "uplink", received=row.received)
        backlog.passed(high, answered=bool(rows))
        await commit(store)
        answered += len(rows)
        if not rows:
            break
    backlog.close()
    return answered


class Work:
    """A store whose sink has all, and whose codecs have nothing."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.outlet = Outlet(store, "city", "all")
        self.sink = RememberingSink()
        self.number = 0

    async def hears(self, rows: int) -> None:
        """Rows, delivered at once, and housekeeping."""
        for _ in range(rows // 50):
            put(self.store, *(waiting(self.number + n) for n in range(50)))
            await commit(self.store)
            self.number += 50
        await drain(self.outlet, self.sink)
        await keep_house(self.store, at_s=DAY_S)

    async def is_answered(self, steps: int = 1_000_000) -> int:
        """The codecs are back."""
        answered = await answer(self.store, steps)
        await drain(self.outlet, self.sink)
        await keep_house(self.store, at_s=DAY_S)
        return answered


async def test_ceiling_refuse_takes_nothing_more_until_the_codecs_are_back(
    open_store: OpenStore, path: Path
) -> None:
    work = Work(open_store(size_max=CEILING, when_full="refuse", remembered_rows=100))
    for _ in range(200):
        if work.store.full:
            break
        await work.hears(200)
    assert work.store.full
    assert work.sink.numbers() == set(range(work.number)), "no sink holds it up"
    assert kept_numbers(path) == set(range(work.number))
    assert balanced(path).outcomes == {"undecoded": work.number}
    assert await work.is_answered() == work.number
    assert not work.store.full
    assert balanced(path).outcomes == {"uplink": work.number}
    assert work.store.counters.get(DROPPED, 0) == 0
    before = work.number
    await work.hears(400)
    assert kept_numbers(path) >= set(range(before, work.number))


async def test_ceiling_drop_oldest_drops_counts_and_goes_on_with_what_is_left(
    open_store: OpenStore, path: Path
) -> None:
    work = Work(open_store(size_max=CEILING, when_full="drop_oldest", remembered_rows=100))
    for _ in range(40):
        await work.hears(400)
        assert not work.store.full
    kept = kept_numbers(path)
    assert kept == set(range(min(kept), work.number))
    dropped = work.store.counters[DROPPED]
    assert dropped == min(kept) > 0
    assert await work.store.read(unanswered.dropped) == dropped, "and so it is in the file"
    assert balanced(path).sinks["city"].dropped == 0, "the sink had had them"
    assert await work.is_answered() == work.number - dropped
    assert balanced(path).outcomes == {"undecoded": dropped, "uplink": work.number - dropped}
    assert work.store.counters[DROPPED] == dropped


async def test_ceiling_history_that_is_answered_goes_first_while_codecs_are_slow(
    open_store: OpenStore, path: Path
) -> None:
    work = Work(open_store(size_max=CEILING, when_full="refuse", remembered_rows=100))
    for _ in range(40):
        await work.hears(400)
        await work.is_answered(steps=12)
        assert not work.store.full
    assert min(kept_numbers(path)) > 0, "the ceiling was reached"
    await work.hears(200)
    assert await work.is_answered() == 200, "each was answered, once"
    assert balanced(path).outcomes == {"uplink": work.number}
    assert work.store.counters.get(DROPPED, 0) == 0


async def test_age_what_waits_stays_and_what_is_answered_goes(
    open_store: OpenStore, path: Path
) -> None:
    work = Work(open_store(age_max_s=10 * DAY_S, remembered_rows=10))
    await work.hears(100)
    await keep_house(work.store, at_s=40 * DAY_S)
    assert kept_numbers(path) == set(range(100))
    await work.is_answered()
    await keep_house(work.store, at_s=40 * DAY_S)
    assert kept_numbers(path) == set()
    assert balanced(path).outcomes == {"uplink": 100}


async def test_age_a_held_payload_stays_until_the_row_with_its_time_is_answered(
    open_store: OpenStore, path: Path
) -> None:
    work = Work(open_store(age_max_s=10 * DAY_S, remembered_rows=1))
    store = work.store
    (held,) = put(store, waiting(0, held=True))
    await commit(store)
    await answer(store)  # it is passed by
    put(store, waiting(1))
    await commit(store)
    assert await answer(store) == 1
    assert store.counters[DECODED_UP_TO] > held
    put(store, stamped(2, held))
    store.released(held)
    await commit(store)
    for at_s in (DAY_S, 40 * DAY_S, 41 * DAY_S):
        await drain(work.outlet, work.sink)
        await keep_house(store, at_s=at_s)
    assert store.horizon >= held, "it is sealed"
    assert 0 in kept_numbers(path)
    assert await answer(store) == 1
    await drain(work.outlet, work.sink)
    await keep_house(store, at_s=42 * DAY_S)
    assert kept_numbers(path) == set()
    assert balanced(path).outcomes == {"uplink": 2}


async def test_age_a_position_that_lags_behind_holds_nothing_that_no_codec_wants(
    open_store: OpenStore, path: Path
) -> None:
    work = Work(open_store(age_max_s=10 * DAY_S, remembered_rows=1))
    put(work.store, *(record(n) for n in range(100)))
    put(work.store, waiting(100, at_s=30 * DAY_S))
    await commit(work.store)
    await drain(work.outlet, work.sink)
    await keep_house(work.store, at_s=39 * DAY_S)
    assert work.store.counters.get(DECODED_UP_TO, 0) == 0
    await keep_house(work.store, at_s=41 * DAY_S)
    assert 100 in kept_numbers(path)


@pytest.mark.parametrize("upto", [1, 2, 3])
async def test_tail_rows_that_are_dropped_are_counted_as_far_as_they_waited(
    open_store: OpenStore, upto: int
) -> None:
    work = Work(open_store())
    first, held, _ = put(work.store, waiting(1), waiting(2, held=True), record(3))
    await commit(work.store)
    assert await answer(work.store) == 1
    assert await work.store.read(unanswered.in_tail, first + upto - 1) == (0 if upto == 1 else 1)
    put(work.store, stamped(4, held))
    work.store.released(held)
    await commit(work.store)
    assert await work.store.read(unanswered.in_tail, first + upto - 1) == (0 if upto == 1 else 1)
    assert await answer(work.store) == 1
    assert await work.store.read(unanswered.in_tail, first + upto - 1) == 0
