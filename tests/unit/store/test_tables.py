"""The small tables that rows point at: an entry has one id for ever, and strangers cannot fill the table."""

import apsw
import pytest

from gateway.store import tables as module
from gateway.store.schema import migrate
from gateway.store.tables import Tables
from tests.store_bench import series


@pytest.fixture
def connection() -> apsw.Connection:
    made = apsw.Connection(":memory:")
    migrate(made)
    return made


def written(tables: Tables, connection: apsw.Connection) -> None:
    """Put what is new on the disk, as a commit does."""
    new = tables.take_new()
    connection.executemany("INSERT INTO name VALUES (?, ?)", new.names)
    connection.executemany("INSERT INTO series VALUES (?, ?, ?, ?, ?)", new.series)
    connection.executemany("INSERT INTO field_type VALUES (?, ?, ?)", new.types)


def test_an_entry_has_one_id_also_after_a_restart(connection: apsw.Connection) -> None:
    tables = Tables(connection)
    air, link = series("air-01", "air", "t", "ok"), series("air-01", "lora_link", "rssi")
    ids = [tables.series_id(air, "air-01", (1.0, True)), tables.series_id(link, "air-01", (-80,))]
    assert len(set(ids)) == 2
    assert tables.series_id(series("air-01", "air", "t", "ok"), "air-01", (2.0, False)) == ids[0]
    written(tables, connection)
    again = Tables(connection)
    assert again.series[ids[0]] == air
    assert again.texts[again.series_device[ids[0]]] == "air-01"
    assert again.types == {
        ("air", "t"): "float",
        ("air", "ok"): "bool",
        ("lora_link", "rssi"): "int",
    }
    assert again.series_id(link, "air-01", (-81,)) == ids[1]
    assert again.take_new() == module.NewEntries(), "nothing is written twice"
    newer = series("air-02", "air", "t")
    assert again.series_id(newer, "air-02", (1.0,)) not in ids


def test_a_reader_learns_what_was_added_since(connection: apsw.Connection) -> None:
    writer, reader = Tables(connection), Tables(connection)
    row = writer.series_id(series("air-01", "air", "t"), "air-01", (1.0,))
    assert row not in reader.series
    written(writer, connection)
    reader.refresh(connection)
    assert reader.series[row] == series("air-01", "air", "t")


def test_a_series_of_another_device_at_the_same_address_is_not_taken_for_it(
    connection: apsw.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IDENTITIES_MAX", 3)
    tables = Tables(connection)
    for number in range(50):
        one = series(f"air-{number}", "air", "t")
        row = tables.series_id(one, f"air-{number}", (1.0,))
        assert tables.series[row] == one
        del one  # its address is free for the next


def test_receivers_of_strangers_stop_at_the_bound_and_known_names_go_on(
    connection: apsw.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RECEIVERS_MAX", 10)
    tables = Tables(connection)
    known = tables.receiver_id("02c17aff00000001")
    found = [tables.receiver_id(f"stranger {number}") for number in range(100)]
    assert found.count(None) == 91
    assert tables.receiver_id("02c17aff00000001") == known
    assert tables.name_id("a device of the configuration") not in found
