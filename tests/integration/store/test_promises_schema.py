"""Promise 8: every released schema opens and answers. Files of old versions are kept as SQL in tests/data/store.

v1.sql   six uplinks of device d with two readings each, four of them sealed; one dead letter; one refused
         frame; one uplink of device late that waits for a clock
v2.sql   the same, migrated; a row that amends uplink 5, whose own readings were deleted
"""

from pathlib import Path

import apsw

from gateway.store import recovery
from gateway.store.outlet import Outlet
from gateway.store.query import Question, points, records
from gateway.store.schema import VERSION
from gateway.store.store import Store
from tests.integration.store.records import Recorder, add, drain, record, release, sums

DATA = Path(__file__).parents[2] / "data" / "store"


def test_every_version_has_its_file() -> None:
    assert {path.stem for path in DATA.glob("v*.sql")} == {f"v{n}" for n in range(1, VERSION + 1)}


async def test_version_1_opens_and_answers(tmp_path: Path) -> None:
    old = apsw.Connection(str(tmp_path / "store.db"))
    old.execute((DATA / "v1.sql").read_text(encoding="utf-8"))
    old.close()
    store = Store(tmp_path / "store.db")
    assert store.moved_aside is None
    assert store.connection.pragma("user_version") == VERSION
    found = await sums(store)
    assert (found.heard, found.readings) == (8, 13)
    assert (found.sinks["db"].delivered, found.sinks["db"].dead) == (11, 1)
    climate = list(points(store.connection, store.tables, Question(measurement="climate")))
    assert [point.fields["number"] for point in climate] == [1, 2, 3, 4, 5, 6]
    kept = list(records(store.connection, store.tables, 0, 1 << 62))
    assert sorted(seq for seq, _ in kept) == list(range(1, 9))
    assert {one.heard.phy for _, one in kept} >= {b"d/1/", b"stranger/7/", b"late/8/"}
    (session,) = recovery.sessions(store.connection)
    assert (session.dev_addr, session.device, session.state) == ("26011bda", "d", b"\x00")
    sink, outlet = Recorder(), Outlet(store, "db", "all")
    release(store, 8, "late", 8)
    add(store, record("d", 9))
    await store.commit()
    await drain(outlet, sink)
    assert sink.numbers() == {"late": [8], "d": [9]}
    outlet.close()
    await store.close()


async def test_version_2_opens_and_answers(tmp_path: Path) -> None:
    old = apsw.Connection(str(tmp_path / "store.db"))
    old.execute((DATA / "v2.sql").read_text(encoding="utf-8"))
    old.close()
    store = Store(tmp_path / "store.db")
    assert store.moved_aside is None
    found = await sums(store)
    assert (found.heard, found.readings) == (8, 14)
    climate = list(points(store.connection, store.tables, Question(measurement="climate")))
    assert [point.fields["number"] for point in climate] == [1, 2, 3, 4, 5, 6]
    link = list(points(store.connection, store.tables, Question(measurement="link")))
    assert [point.fields["number"] for point in link] == [1, 2, 3, 4, 6]
    await store.close()
