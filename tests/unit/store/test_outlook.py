"""How long an outage still fits, held against an outage that is then had: the estimate, and the store that fills.

Rows come one a second, of one size; the sink is away. What the outlook says must come true within a sixth.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest

from gateway.store.connection import open_reader
from gateway.store.outlet import Outlet
from gateway.store.outlook import Outlook, outlook
from gateway.store.store import Store
from tests.store_bench import (
    START_NS,
    RememberingSink,
    close,
    drain,
    fill,
    keep_house,
    opened,
    put,
    record,
    refused,
)

SIZE_MAX = 6_000_000
SECOND_NS = 10**9


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    made = opened(tmp_path / "store.db", size_max=SIZE_MAX, remembered_rows=100)
    yield made
    await close(made)


def looked(store: Store, at_s: float) -> Outlook:
    connection = open_reader(store.path)
    try:
        return outlook(connection, store.path, START_NS + int(at_s * SECOND_NS))
    finally:
        connection.close()


async def filled(store: Store, number: int, size: int) -> int:
    """Go on as before until nothing more is taken; the number that was reached."""
    while not store.full:
        await fill(store, range(number, number + 50), size=size)
        number += 50
        await keep_house(store, float(number))
    return number


@pytest.mark.parametrize("size", [20, 200])
async def test_the_outage_that_fits_is_the_one_that_is_then_had(store: Store, size: int) -> None:
    Outlet(store, "city", "all").close()
    await fill(store, range(1000), size=size)
    told = looked(store, 1000.0)
    assert told.outage_hours is not None
    had = await filled(store, 1000, size) - 1000
    assert told.outage_hours * 3600 == pytest.approx(had, rel=1 / 6)
    after = looked(store, 1000.0 + had)
    assert after.outage_hours is not None
    assert after.outage_hours < told.outage_hours / 10


async def test_settled_history_takes_nothing_of_the_outage_that_fits(store: Store) -> None:
    outlet, sink = Outlet(store, "city", "all"), RememberingSink()
    await fill(store, range(1000), size=200)
    before = looked(store, 1000.0)
    await drain(outlet, sink)
    await keep_house(store, 86400.0)
    after = looked(store, 1000.0)
    assert before.waiting_bytes > 200 * 1000
    assert after.waiting_bytes < before.waiting_bytes / 5
    assert after.oldest_history_ns == START_NS
    await fill(store, range(1000, 2000), size=200)
    await drain(outlet, sink)
    again = looked(store, 2000.0)
    assert again.outage_hours is not None
    had = await filled(store, 2000, 200) - 2000
    assert again.outage_hours * 3600 == pytest.approx(had, rel=1 / 6)
    outlet.close()


async def test_sealed_history_that_a_new_sink_has_not_had_waits(store: Store) -> None:
    outlet = Outlet(store, "city", "all")
    await fill(store, range(1000), size=200)
    await drain(outlet, RememberingSink())
    await keep_house(store, 86400.0)
    settled = looked(store, 1000.0).waiting_bytes
    Outlet(store, "new", "all").close()
    store.positions.all_moved()
    await store.commit()
    assert looked(store, 1000.0).waiting_bytes > settled + 1000 * 150
    outlet.close()


async def test_refused_frames_stay_and_leave_less_room(store: Store) -> None:
    Outlet(store, "city", "all").close()
    await fill(store, range(1000), size=200)
    before = looked(store, 1000.0).outage_hours
    put(store, *(refused(number, size=400) for number in range(1000)))
    await store.commit()
    after = looked(store, 1000.0).outage_hours
    assert before is not None
    assert after is not None
    assert after < before


async def test_nothing_is_told_of_an_empty_or_a_silent_store(store: Store) -> None:
    told = looked(store, 0.0)
    assert (told.bytes_per_hour, told.outage_hours, told.oldest_history_ns) == (None, None, None)
    assert told.size_max == SIZE_MAX
    await fill(store, range(10), at_s=0.0)
    assert looked(store, 5.0).bytes_per_hour is None, "five seconds tell no rate"
    slow, slower = looked(store, 3600.0), looked(store, 7200.0)
    assert slow.bytes_per_hour
    assert slow.bytes_per_hour == pytest.approx(2 * (slower.bytes_per_hour or 0))


async def test_rows_without_a_trusted_clock_tell_no_rate(store: Store) -> None:
    put(store, *(record(number, held=True, at_s=-9e8) for number in range(100)))
    await store.commit()
    assert looked(store, 3600.0).bytes_per_hour is None


async def test_a_file_of_an_earlier_daemon_has_no_ceiling_to_tell(store: Store) -> None:
    await fill(store, range(100))
    connection = apsw.Connection(str(store.path))
    connection.execute("DELETE FROM meta WHERE key = 'size_max'")
    connection.close()
    told = looked(store, 3600.0)
    assert told.size_max is None
    assert told.outage_hours is None
    assert told.bytes_per_hour
