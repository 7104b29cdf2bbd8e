"""Bytes that rot inside a store: what cannot be read is set aside, kept and told; the rest goes on, the sums hold.

SQLite's own check finds nothing here: bits are flipped inside blobs and texts of a file whose pages are whole.
There is a sink that has had nothing, one that has had a part, and one that has had all.
"""

import logging
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from gateway.errors import Unavailable
from gateway.store import blocks, rot
from gateway.store.dead_letters import frame_of
from gateway.store.outlet import Outlet
from gateway.store.query import Question, points, records
from gateway.store.store import Store
from gateway.store.tables import Tables
from tests.store_bench import (
    RememberingSink,
    balanced,
    close,
    drain,
    fill,
    integrity,
    keep_house,
    opened,
    put,
    record,
)

ROWS = 120
READINGS = 2 * ROWS
DAY_S = 86400.0
OpenStore = Callable[..., Store]


def flip(path: Path, table: str, row: int) -> None:
    """Turn one bit in the middle of a row's data, as a card does that forgets."""
    connection = apsw.Connection(str(path))
    with connection.blob_open("main", table, "data", row, True) as blob:
        blob.seek(blob.length() // 2)
        byte = blob.read(1)
        blob.seek(blob.length() // 2)
        blob.write(bytes([byte[0] ^ 0x91]))
    connection.close()


async def half_read(path: Path) -> None:
    """A closed store, sealed; the sinks' names say how much each has had."""
    store = opened(path, remembered_rows=10)
    outlets = {"all": Outlet(store, "all", "all")}
    await fill(store, range(ROWS))
    await drain(outlets["all"], RememberingSink())
    await keep_house(store, DAY_S)
    assert store.horizon >= ROWS - 10
    outlets |= {name: Outlet(store, name, "all") for name in ("part", "none")}
    await drain(outlets["part"], RememberingSink(batch_lines=70), batches=1)
    for outlet in outlets.values():
        outlet.close()
    await close(store)


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_READINGS_MAX", 30)


async def deliver_all(store: Store, names: tuple[str, ...]) -> dict[str, RememberingSink]:
    """Drain sinks as the daemon does: what cannot be read waits for housekeeping."""
    sinks = {name: RememberingSink(name) for name in names}
    outlets = {name: Outlet(store, name, "all") for name in names}
    for name, outlet in outlets.items():
        for _ in range(20):
            try:
                await drain(outlet, sinks[name])
                break
            except Unavailable:
                await keep_house(store, DAY_S)
        else:
            raise AssertionError("rot stops the sink for ever")
        outlet.close()
    store.positions.all_moved()
    await store.commit()
    return sinks


async def test_a_rotted_block_is_set_aside_and_every_other_is_delivered(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await half_read(path)
    flip(path, "block", 2)
    assert balanced(path).sinks["part"].pending == READINGS - 70
    store = opened(path, remembered_rows=10)
    assert store.moved_aside is None
    with caplog.at_level(logging.ERROR, "lora_gateway.store"):
        sinks = await deliver_all(store, ("part", "none", "all"))
    assert "rotted" in caplog.text
    found = balanced(path).sinks
    assert found["none"].dropped == 30
    assert 0 < found["part"].dropped <= 30
    assert found["all"].dropped == 0
    for account in found.values():
        assert account.pending == 0
    measured = len(sinks["none"].points)
    assert measured == READINGS - 30
    await close(store)
    assert integrity(path) == "ok"
    connection = apsw.Connection(str(path))
    assert rot.found(connection) == rot.SetAside(blocks=1, rows=0, readings=30)
    kept = connection.execute("SELECT length(data) FROM block WHERE id = 2").get
    assert kept, "it is never deleted for being rotten"
    connection.close()
    again = opened(path, remembered_rows=10)
    assert again.moved_aside is None
    await close(again)


async def test_a_rotted_block_leaves_the_other_answers_of_a_query(path: Path) -> None:
    await half_read(path)
    flip(path, "block", 2)
    connection = apsw.Connection(str(path))
    tables = Tables(connection)
    answers = [
        len(list(points(connection, tables, Question(measurement=name))))
        for name in ("air", "lora_link")
    ]
    assert sum(answers) == READINGS - 30
    connection.close()


async def test_the_frame_of_a_letter_that_has_rotted_is_not_kept_any_more(path: Path) -> None:
    await half_read(path)
    connection = apsw.Connection(str(path))
    tables = Tables(connection)
    assert frame_of(connection, tables, 1) is not None
    connection.close()
    flip(path, "raw_block", 1)
    connection = apsw.Connection(str(path))
    assert frame_of(connection, tables, 1) is None
    connection.close()


async def test_rotted_raw_bytes_leave_the_other_rows(path: Path) -> None:
    store = opened(path, remembered_rows=10)
    for begin in (0, 100):
        await fill(store, range(begin, begin + 100))
        await keep_house(store, DAY_S)
    await close(store)
    flip(path, "raw_block", 1)
    connection = apsw.Connection(str(path))
    first_gone = connection.execute("SELECT seq_high FROM raw_block WHERE seq_low = 1").get
    kept = [seq for seq, _ in records(connection, Tables(connection), 0, 1 << 62)]
    assert kept == list(range(first_gone + 1, 201))
    connection.close()
    balanced(path)


@pytest.mark.parametrize("moment", ["delivery", "sealing"])
async def test_a_rotted_row_of_the_tail_is_set_aside(path: Path, moment: str) -> None:
    store = opened(path, remembered_rows=5)
    Outlet(store, "city", "all")
    await fill(store, range(50))
    await close(store)
    connection = apsw.Connection(str(path))
    connection.execute("UPDATE frame SET body = x'c1ff' WHERE seq = 20")
    connection.close()
    store = opened(path, remembered_rows=5)
    if moment == "sealing":
        store.position("city", "all").drop(50, 100)  # what it had not had, it has given up
    sinks = await deliver_all(store, ("city",))
    await keep_house(store, DAY_S)
    found = balanced(path).sinks["city"]
    if moment == "delivery":
        assert sinks["city"].numbers() == set(range(50)) - {19}
        assert (found.dropped, found.delivered) == (2, 98)
    assert store.horizon >= 45, "sealing goes on"
    assert rot.found(store.connection).rows == 1
    await close(store)


async def test_a_rotted_row_is_no_obstacle_to_a_start(path: Path) -> None:
    store = opened(path)
    await fill(store, range(50))
    await close(store)
    connection = apsw.Connection(str(path))
    connection.execute("UPDATE frame SET body = x'c1ff', radio = x'c1' WHERE seq = 20")
    kept = dict(records(connection, Tables(connection), 0, 1 << 62))
    assert "rotted" in (kept[20].sentence or "")
    assert len(kept) == 50
    connection.close()


async def test_the_summary_of_a_rotted_chunk_is_counted_from_its_rows(path: Path) -> None:
    await half_read(path)
    connection = apsw.Connection(str(path))
    connection.execute("UPDATE raw_block SET outcomes = '{\"upl'")
    connection.close()
    balanced(path)
    store = opened(path, remembered_rows=10, age_max_s=3600.0)
    await deliver_all(store, ("part", "none", "all"))
    await keep_house(store, DAY_S)
    assert not await store.read(lambda c: c.execute("SELECT count(*) FROM raw_block").get)
    await close(store)
    balanced(path)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE sink SET state = '{\"high\": 1'",
        "UPDATE series SET tags = '[[' WHERE id = 1",
        "UPDATE name SET text = CAST(x'ff31' AS TEXT) WHERE id = 1",
    ],
)
async def test_small_tables_that_cannot_be_read_are_moved_aside_at_once(
    path: Path, damage: str
) -> None:
    await half_read(path)
    connection = apsw.Connection(str(path))
    connection.execute(damage)
    connection.close()
    store = opened(path)
    assert store.moved_aside is not None
    assert store.moved_aside.stat().st_size > 10_000
    put(store, record(1))
    await store.commit()
    await close(store)
    assert balanced(path).heard == 1
    again = opened(path)
    assert again.moved_aside is None
    await close(again)
