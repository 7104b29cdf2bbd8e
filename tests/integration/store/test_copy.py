"""A copy of the store made while its writer goes on: consistent, its sums hold, nothing pending is left out.

Between two pages of the copy the writer does what a daemon does: commits, holds and releases, delivers with
rejections, seals, prunes. The order is random with a seed and the same at each run.
"""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest

from gateway.store import copy, left_behind
from gateway.store.connection import open_reader
from gateway.store.copy import Copied, bytes_needed, copy_store
from gateway.store.outlet import Outlet
from gateway.store.store import Store
from gateway.store.unanswered import DECODED_UP_TO
from tests.store_bench import (
    RememberingSink,
    balanced,
    close,
    commit,
    drain,
    fill,
    integrity,
    keep_house,
    kept_numbers,
    opened,
    put,
    record,
    refused,
    stamped,
)

OpenStore = Callable[..., Store]
LATER_S = 7200.0
"""The hour of the records is over, and they are not too old to keep."""
MUCH_LATER_S = 365 * 86400.0
"""They are too old."""


@pytest.fixture(autouse=True)
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A start looks at few rows, as the stores of these tests have few."""
    monkeypatch.setattr(left_behind, "REMEMBERED_ROWS", 5)


@pytest.fixture
def target(path: Path) -> Path:
    """Where the copy goes."""
    return path.with_name("copy.db")


class Life:
    """A writer's days, one random step at a time."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store = store
        self.dice = Random(seed)
        self.number = 0
        self.held: list[tuple[int, int]] = []
        """(seq, number) of rows that wait for the clock."""
        self.sink = RememberingSink(refuses=frozenset(range(0, 100_000, 97)))
        self.outlet = Outlet(store, "city", "all")

    async def hear(self, many: int) -> None:
        """Commit some records: readings, refused ones, held ones."""
        for _ in range(many):
            self.number += 1
            kind = self.dice.random()
            if kind < 0.1:
                put(self.store, refused(self.number))
            elif kind < 0.2:
                held = record(self.number, held=True)
                self.held.append((put(self.store, held)[0], self.number))
            else:
                put(self.store, record(self.number))
        await commit(self.store)

    async def step(self) -> None:
        """Whatever comes next."""
        await self.hear(self.dice.randrange(1, 40))
        if self.held and self.dice.random() < 0.6:
            for seq, number in self.held:
                put(self.store, stamped(number, seq))
                self.store.released(seq)
            self.held.clear()
            await commit(self.store)
        if self.dice.random() < 0.7:
            await drain(self.outlet, self.sink, batches=self.dice.randrange(1, 6))
        if self.dice.random() < 0.5:
            await keep_house(
                self.store, at_s=self.dice.choice((LATER_S, LATER_S, LATER_S, MUCH_LATER_S))
            )


def between_pages(act: Callable[[], Awaitable[None]]) -> Callable[[int, int], None]:
    """A `step` that lets the writer act in its event loop before the copy goes on."""
    loop = asyncio.get_running_loop()

    def step(done: int, of: int) -> None:
        asyncio.run_coroutine_threadsafe(_told(act), loop).result(30)

    return step


async def _told(act: Callable[[], Awaitable[None]]) -> None:
    await act()


async def copied(source: Path, target: Path, **more: object) -> Copied:
    """Copy in a thread of its own, as another process would."""
    return await asyncio.to_thread(copy_store, source, target, **more)  # type: ignore[arg-type]


def outstanding(path: Path) -> tuple[int, int]:
    """(pending, dead) of the sink."""
    account = balanced(path).sinks["city"]
    return account.pending, account.dead


@pytest.mark.parametrize("history", [True, False])
@pytest.mark.parametrize("seed", range(8))
async def test_copy_made_under_a_busy_writer_adds_up(
    path: Path,
    target: Path,
    open_store: OpenStore,
    monkeypatch: pytest.MonkeyPatch,
    history: bool,
    seed: int,
) -> None:
    ticks = count()
    monkeypatch.setattr(
        copy, "time", SimpleNamespace(monotonic=lambda: next(ticks), sleep=lambda _: None)
    )
    monkeypatch.setattr(copy, "PAGE_S", 4)  # looks at the clock: about three reads a page
    monkeypatch.setattr(copy, "ROWS_AT_ONCE", 4)
    store = open_store(remembered_rows=5)
    life = Life(store, seed)
    for _ in range(25):
        await life.step()
    await life.hear(100)  # whatever was pruned before: there is something to copy, in many pages
    steps = 20

    async def act() -> None:
        nonlocal steps
        if steps:
            steps -= 1
            await life.step()

    made = await copied(path, target, history=history, step=between_pages(act))
    assert steps < 17, "the writer was to act while the copy was made"
    assert integrity(target) == "ok"
    then = balanced(target)
    now = balanced(path)
    assert 0 < then.heard <= now.heard
    assert made.left_rows == 0 or not history
    await close(store)

    # Whoever goes on with the copy has what had not been delivered, and nothing twice under another time.
    again = opened(target, remembered_rows=5)
    sink = RememberingSink(refuses=life.sink.refuses)
    await drain(Outlet(again, "city", "all"), sink)
    await close(again)
    await _compare(life, sink, target)


async def _compare(life: Life, later: RememberingSink, target: Path) -> None:
    account = balanced(target).sinks["city"]
    assert account.pending == account.held
    for point, values in later.points.items():
        assert life.sink.points.get(point, values) == values


async def test_ids_of_blocks_are_not_given_twice_when_all_history_was_pruned(
    path: Path, open_store: OpenStore
) -> None:
    store = open_store(remembered_rows=0)
    await fill(store, range(50))
    await keep_house(store, at_s=LATER_S)
    before = block_ids(path)
    await keep_house(store, at_s=MUCH_LATER_S)
    assert block_ids(path) == []
    await fill(store, range(50, 60))
    await keep_house(store, at_s=LATER_S)
    assert min(block_ids(path)) == max(before) + 1


def block_ids(path: Path) -> list[int]:
    """Of all blocks that are in the file."""
    reader = open_reader(path)
    try:
        return [int(row[0]) for row in reader.execute("SELECT id FROM block ORDER BY id")]
    finally:
        reader.close()


async def test_without_history_settled_chunks_are_left_behind_and_counted(
    path: Path, target: Path, open_store: OpenStore
) -> None:
    store = open_store(remembered_rows=5)
    outlet, sink = Outlet(store, "city", "all"), RememberingSink(refuses=frozenset({3.0}))
    await fill(store, range(200))
    await drain(outlet, sink)
    await keep_house(store, at_s=LATER_S)
    await fill(store, range(200, 230))
    small, whole = target, target.with_name("whole.db")
    made = await copied(path, small, history=False)
    all_of_it = await copied(path, whole, history=True)
    assert (made.left_rows, made.left_readings) == (195, 390)
    assert (all_of_it.left_rows, all_of_it.rows) == (0, 230)
    assert made.rows == 35
    assert outstanding(small) == outstanding(whole) == (60, 2)
    assert kept_numbers(small) == set(range(195, 230))
    assert kept_numbers(whole) == set(range(230))


async def test_chunks_that_a_sink_has_not_had_are_never_left_behind(
    path: Path, target: Path, open_store: OpenStore
) -> None:
    store = open_store(remembered_rows=5)
    await fill(store, range(100))
    await keep_house(store, at_s=LATER_S)  # no sink: all of it is settled, and sealed
    Outlet(store, "city", "all")
    store.positions.all_moved()
    await commit(store)
    made = await copied(path, target, history=False)
    assert made.left_rows == 0
    assert outstanding(target)[0] == 200


async def test_chunks_with_counters_that_are_not_flushed_are_never_left_behind(
    path: Path, target: Path, open_store: OpenStore
) -> None:
    store = open_store(remembered_rows=5)
    session = store.session_id("260b1a2c", "f" * 16, 0, "air-01")
    await fill(store, range(100), session=session)
    await keep_house(store, at_s=LATER_S)
    made = await copied(path, target, history=False)
    assert made.left_rows == 0
    assert kept_numbers(target) == set(range(100))

    store.snapshot(session, b"state")
    await commit(store)
    assert (await copied(path, target, history=False)).left_rows == 95


async def test_chunks_with_payloads_that_wait_for_a_codec_are_never_left_behind(
    path: Path, target: Path, open_store: OpenStore
) -> None:
    store = open_store(remembered_rows=5)
    await fill(store, range(50))
    await fill(store, range(50, 60), outcome="undecoded", measurements=("lora_link",))
    await fill(store, range(60, 100))
    await keep_house(store, at_s=LATER_S)
    assert (await copied(path, target, history=False)).left_rows == 0
    store.count(DECODED_UP_TO, 99)
    store.count("outcome.undecoded", -10)
    store.count("outcome.uplink", 10)
    await commit(store)
    assert (await copied(path, target, history=False)).left_rows == 95


async def test_chunks_that_a_start_looks_into_are_never_left_behind(
    path: Path, target: Path, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(remembered_rows=5)
    await fill(store, range(100))
    await keep_house(store, at_s=LATER_S)
    monkeypatch.setattr(left_behind, "REMEMBERED_ROWS", 6)
    assert (await copied(path, target, history=False)).left_rows == 0


async def test_the_store_is_as_it_was_after_it_was_copied(
    path: Path, target: Path, open_store: OpenStore
) -> None:
    store = open_store()
    await fill(store, range(50))
    await close(store)
    before = path.read_bytes()
    await copied(path, target, history=True)
    assert path.read_bytes() == before
    assert balanced(target).heard == 50


async def test_bytes_needed_is_not_less_than_what_the_copy_takes(
    path: Path, target: Path, open_store: OpenStore
) -> None:
    store = open_store(remembered_rows=5)
    await fill(store, range(4000), size=200)
    await keep_house(store, at_s=LATER_S)
    for history in (True, False):
        await copied(path, target, history=history)
        needed = bytes_needed(path, history=history)
        assert target.stat().st_size <= needed * 1.1 + 65536
    assert bytes_needed(path, history=False) < bytes_needed(path, history=True)


def test_counters_are_looked_for_further_back_than_a_flush_can_be_late() -> None:
    from gateway.pipeline.sessions import FLUSH_ROWS

    assert left_behind.ROWS_UNFLUSHED_MAX >= 4 * FLUSH_ROWS
