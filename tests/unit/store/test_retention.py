"""What is deleted is counted, oldest first, and no more than was asked for: refused, dead letters, tail rows."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import apsw
import pytest

from gateway.store import retention
from gateway.store.store import Store
from tests.store_bench import START_NS, close, fill, opened, put, refused

HOUR_NS = 3600 * 10**9
DEAD = "INSERT INTO dead VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    made = opened(tmp_path / "store.db")
    yield made
    await close(made)


def pruned(connection: apsw.Connection) -> Counter[str]:
    rows = connection.execute("SELECT name, value FROM counter WHERE name LIKE 'pruned.%'")
    return Counter(dict(cast("list[tuple[str, int]]", rows.fetchall())))


def left(connection: apsw.Connection) -> list[int]:
    return [
        cast("int", row[0]) for row in connection.execute("SELECT seq FROM refused ORDER BY seq")
    ]


async def test_refused_frames_go_oldest_first_until_they_fit(store: Store) -> None:
    put(store, *(refused(number, size=100) for number in range(50)))
    await store.commit()
    connection = store.connection
    before = retention.refused_bytes(connection)
    after = retention.delete_refused(connection, before // 2, 0)
    assert after == retention.refused_bytes(connection) <= before // 2
    kept = left(connection)
    assert kept == list(range(51 - len(kept), 51))
    assert len(kept) in (24, 25)
    assert pruned(connection) == {"pruned.unknown_device": 50 - len(kept)}


async def test_a_frame_without_a_trusted_time_is_as_old_as_the_next_that_has_it(
    store: Store,
) -> None:
    put(
        store,
        refused(0, trusted=False, at_s=9e8),
        refused(1, at_s=0.0),
        refused(2, trusted=False, at_s=-9e8),
        refused(3, at_s=7200.0),
    )
    await store.commit()
    retention.delete_refused(store.connection, 1 << 40, START_NS + HOUR_NS)
    assert left(store.connection) == [3, 4]
    retention.delete_refused(store.connection, 1 << 40, START_NS + HOUR_NS)
    assert left(store.connection) == [3, 4], "to ask again changes nothing"
    assert sum(pruned(store.connection).values()) == 2


async def test_tail_rows_go_up_to_a_seq_and_move_the_horizon(store: Store) -> None:
    await fill(store, range(20))
    connection = store.connection
    assert retention.oldest_tail_row(connection, 7) == 7
    assert retention.oldest_tail_row(connection, 99) == 20
    retention.delete_tail(connection, 7)
    assert connection.execute("SELECT min(seq), max(seq) FROM frame").fetchone() == (8, 20)
    assert connection.execute("SELECT value FROM meta WHERE key = 'horizon'").get == 7
    assert retention.oldest_row(connection) == 8
    assert pruned(connection) == {"pruned.uplink": 7}


async def test_nothing_is_found_in_an_empty_store(store: Store) -> None:
    connection = store.connection
    assert retention.oldest_chunk(connection) is None
    assert retention.oldest_row(connection) is None
    assert retention.oldest_refused(connection) is None
    assert retention.oldest_tail_row(connection, 5) == 0
    assert retention.delete_refused(connection, 0, 1 << 62) == 0
    retention.delete_chunk(connection, 5)
    retention.forget_dead(connection, 0)
    assert not pruned(connection)


async def test_dead_letters_over_their_cap_are_counted_by_sink(store: Store) -> None:
    rows = [
        ("city" if number % 3 else "lab", number, 0, 1, 1, b"", 400, "no", 1)
        for number in range(30)
    ]
    store.connection.executemany(DEAD, rows)
    retention.forget_dead(store.connection, 12)
    assert store.connection.execute("SELECT count(*), min(seq) FROM dead").fetchone() == (12, 18)
    counts = store.connection.execute(
        "SELECT name, value FROM counter WHERE name LIKE 'forgotten.%' ORDER BY name"
    ).fetchall()
    assert counts == [("forgotten.city", 12), ("forgotten.lab", 6)]


async def test_a_letter_that_is_buried_already_is_known_by_its_place_and_its_time(
    store: Store,
) -> None:
    rows = [("city", number, 0, 1, 1, b"", 400, "no", 77) for number in range(4)]
    store.connection.executemany(DEAD, rows[:2])
    assert retention.not_buried(store.connection, rows) == rows[2:]
    again = [(*row[:8], 78) for row in rows]
    assert retention.not_buried(store.connection, again) == again, (
        "a later refusal is another letter"
    )
