"""How a file of an older version becomes one of this: whole steps, nothing half done; who must not touch it."""

from pathlib import Path

import apsw
import pytest

from gateway.errors import StoreForeign, Unavailable
from gateway.store import schema
from gateway.store.connection import open_reader
from gateway.store.schema import MIGRATIONS, VERSION, migrate, refuse_foreign, refuse_older

LATER = (
    *MIGRATIONS,
    "ALTER TABLE dead ADD COLUMN note TEXT; UPDATE dead SET note = 'kept';",
    "CREATE TABLE note (id INTEGER PRIMARY KEY, text BLOB); INSERT INTO note SELECT id, zeroblob(500) FROM dead;",
)
DEAD = "INSERT INTO dead VALUES (?, 'city', 1, 0, 1, 1, x'', 400, 'no', 1)"
LETTERS = 400


@pytest.fixture
def connection(tmp_path: Path) -> apsw.Connection:
    made = apsw.Connection(str(tmp_path / "store.db"))
    migrate(made)
    with made:
        made.executemany(DEAD, [(number,) for number in range(1, LETTERS + 1)])
    return made


def version(connection: apsw.Connection) -> int:
    return int(connection.pragma("user_version"))


def test_a_new_file_gets_every_version_and_our_mark(connection: apsw.Connection) -> None:
    assert version(connection) == VERSION == len(MIGRATIONS)
    assert connection.pragma("application_id") == schema.APPLICATION_ID
    assert refuse_foreign(connection) == VERSION


def test_each_step_is_taken_once_and_keeps_the_rows(connection: apsw.Connection) -> None:
    migrate(connection, LATER[:-1])
    assert version(connection) == VERSION + 1
    migrate(connection, LATER)
    migrate(connection, LATER)
    assert version(connection) == VERSION + 2
    assert connection.execute("SELECT count(*) FROM dead WHERE note = 'kept'").get == LETTERS
    assert connection.execute("SELECT count(*) FROM note").get == LETTERS


def test_a_step_that_fails_leaves_the_version_before_it(connection: apsw.Connection) -> None:
    with pytest.raises(apsw.SQLError):
        migrate(connection, (*LATER[:-1], "CREATE TABLE more (a); INSERT INTO nowhere VALUES (1)"))
    assert version(connection) == VERSION + 1
    assert not connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'more'").get
    migrate(connection, LATER)
    assert version(connection) == VERSION + 2


def test_a_disk_that_is_full_leaves_the_version_before_the_step(
    connection: apsw.Connection,
) -> None:
    migrate(connection, LATER[:-1])
    connection.pragma("max_page_count", connection.pragma("page_count"))
    with pytest.raises(apsw.FullError):
        migrate(connection, LATER)
    assert version(connection) == VERSION + 1
    assert connection.pragma("integrity_check") == "ok"
    connection.pragma("max_page_count", 1 << 20)
    migrate(connection, LATER)
    assert connection.execute("SELECT count(*) FROM note").get == LETTERS


def test_an_older_program_refuses_a_newer_file(connection: apsw.Connection) -> None:
    migrate(connection, LATER)
    with pytest.raises(StoreForeign, match="newer lora-gateway"):
        refuse_foreign(connection)


def test_a_reader_of_an_older_file_says_what_to_do(
    connection: apsw.Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    refuse_older(VERSION)
    monkeypatch.setattr(schema, "VERSION", VERSION + 1)
    connection.close()
    with pytest.raises(Unavailable, match="start the daemon once"):
        open_reader(tmp_path / "store.db")


def test_another_programs_file_is_told_by_its_mark_and_by_its_tables(tmp_path: Path) -> None:
    other = apsw.Connection(str(tmp_path / "other.db"))
    assert refuse_foreign(other) == 0, "an empty file is anybody's"
    other.execute("CREATE TABLE theirs (a)")
    with pytest.raises(StoreForeign):
        refuse_foreign(other)
    marked = apsw.Connection(str(tmp_path / "marked.db"))
    marked.pragma("application_id", 1)
    with pytest.raises(StoreForeign):
        refuse_foreign(marked)
