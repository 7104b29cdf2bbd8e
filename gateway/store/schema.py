"""The tables, version by version, and how a file of an older version becomes one of this version.

A released version's SQL is never edited: a change is a new entry of `MIGRATIONS`, run in one transaction.
`PRAGMA user_version` holds the version of a file; a file newer than this program is refused untouched.

To add a version: append its SQL to `MIGRATIONS`; keep a file of the new version as `tests/data/store/vN.sql` (a
dump with its two pragmas); describe it in `tests/integration/store/test_promises_schema.py`, which opens every one
that was ever kept. What cuts the power during a migration is in `test_power_cut.py` beside it.
"""

import apsw

from gateway.errors import StoreForeign, Unavailable

APPLICATION_ID = 0x4C6F5247
"""`PRAGMA application_id`, "LoRG": tells our file from any other SQLite file."""

_VERSION_1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) WITHOUT ROWID;
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE boot (id INTEGER PRIMARY KEY, boot_id TEXT NOT NULL UNIQUE);
CREATE TABLE name (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  device INTEGER NOT NULL REFERENCES name,
  measurement TEXT NOT NULL,
  tags TEXT NOT NULL,          -- JSON array of [name, value], sorted
  fields TEXT NOT NULL         -- JSON array of names
);
CREATE TABLE field_type (
  measurement TEXT NOT NULL, field TEXT NOT NULL, type TEXT NOT NULL,
  PRIMARY KEY (measurement, field)
) WITHOUT ROWID;
CREATE TABLE session (
  id INTEGER PRIMARY KEY,
  dev_addr TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  device TEXT NOT NULL,
  flushed INTEGER NOT NULL,    -- the newest seq that `state` knows of
  state BLOB,
  UNIQUE (dev_addr, fingerprint, epoch)
);
CREATE TABLE frame (
  seq INTEGER PRIMARY KEY,
  device INTEGER,              -- name, NULL when it is not known
  readings INTEGER NOT NULL,   -- how many `body` holds
  held INTEGER NOT NULL,       -- 1: its times wait for a trusted clock; 2: a newer row gave them
  outcome TEXT NOT NULL,
  about INTEGER,               -- the first row of what this row adds to
  session INTEGER, f_cnt INTEGER,
  wall INTEGER NOT NULL, boot_time INTEGER NOT NULL, boot INTEGER NOT NULL, clock_trusted INTEGER NOT NULL,
  source INTEGER NOT NULL, receiver INTEGER,
  phy BLOB NOT NULL, radio BLOB NOT NULL, body BLOB NOT NULL
);
CREATE INDEX frame_held ON frame (seq) WHERE held = 1;  -- empty but while the clock is not set
CREATE TABLE refused (
  seq INTEGER PRIMARY KEY,
  device INTEGER, outcome TEXT NOT NULL, session INTEGER, f_cnt INTEGER,
  wall INTEGER NOT NULL, boot_time INTEGER NOT NULL, boot INTEGER NOT NULL, clock_trusted INTEGER NOT NULL,
  source INTEGER NOT NULL, receiver INTEGER,
  phy BLOB NOT NULL, radio BLOB NOT NULL, sentence TEXT NOT NULL
);
CREATE INDEX refused_undecided ON refused (seq) WHERE outcome = 'undecided';
CREATE TABLE block (
  id INTEGER PRIMARY KEY,
  device INTEGER NOT NULL, measurement INTEGER NOT NULL, hour INTEGER NOT NULL,  -- hours since 1970
  seq_low INTEGER NOT NULL, seq_high INTEGER NOT NULL, readings INTEGER NOT NULL,
  data BLOB NOT NULL
);
CREATE INDEX block_place ON block (device, measurement, hour);
CREATE INDEX block_hour ON block (hour);
CREATE TABLE raw_block (         -- one per chunk of sealed rows; a chunk's blocks have ids of their own, in a row
  seq_low INTEGER PRIMARY KEY, seq_high INTEGER NOT NULL, rows INTEGER NOT NULL, readings INTEGER NOT NULL,
  wall_low INTEGER NOT NULL, wall_high INTEGER NOT NULL,
  block_low INTEGER NOT NULL, block_high INTEGER NOT NULL,  -- block_high < block_low when it gave no readings
  outcomes TEXT NOT NULL,
  data BLOB NOT NULL
);
CREATE TABLE sink (
  name TEXT PRIMARY KEY,
  state TEXT NOT NULL          -- JSON: position, sums, detected version
) WITHOUT ROWID;
CREATE TABLE dead (
  id INTEGER PRIMARY KEY,
  sink TEXT NOT NULL, seq INTEGER NOT NULL, place INTEGER NOT NULL,
  series INTEGER NOT NULL, time INTEGER NOT NULL, reading BLOB NOT NULL,
  status INTEGER NOT NULL, text TEXT NOT NULL, wall INTEGER NOT NULL
);
"""

_VERSION_2 = """
CREATE TABLE gone (              -- readings that a person deleted; a newer row has what their row says now
  seq INTEGER NOT NULL, place INTEGER NOT NULL,
  PRIMARY KEY (seq, place)
) WITHOUT ROWID;
"""

MIGRATIONS: tuple[str, ...] = (_VERSION_1, _VERSION_2)
"""`MIGRATIONS[n]` makes version n + 1 of version n."""

VERSION = len(MIGRATIONS)


def refuse_foreign(connection: apsw.Connection) -> int:
    """See whose file this is, without writing to it; its schema version, 0 for an empty file.

    Raises:
        StoreForeign: the file is newer than this program, or is another program's.
    """
    found = connection.pragma("user_version")
    mark = connection.pragma("application_id")
    if mark not in (0, APPLICATION_ID) or (mark == 0 and _has_tables(connection)):
        raise StoreForeign("the file is an SQLite database of another program; name another path")
    if found > VERSION:
        raise StoreForeign(
            f"the store has schema version {found}, this program knows {VERSION}: "
            "it was written by a newer lora-gateway; install that version again. Nothing was changed"
        )
    return int(found)


def refuse_older(found: int) -> None:
    """For a reader, which cannot migrate.

    Raises:
        Unavailable: the daemon of this program has not opened the file yet.
    """
    if found < VERSION:
        raise Unavailable(
            f"the store has schema version {found}, this program reads {VERSION}: "
            "start the daemon once, which brings it up to date and loses nothing"
        )


def migrate(connection: apsw.Connection, migrations: tuple[str, ...] = MIGRATIONS) -> None:
    """Bring an open file to the newest version, each step in a transaction of its own."""
    for version in range(connection.pragma("user_version"), len(migrations)):
        with connection:
            connection.execute(migrations[version])
            connection.pragma("application_id", APPLICATION_ID)
            connection.pragma("user_version", version + 1)


def _has_tables(connection: apsw.Connection) -> bool:
    return bool(connection.execute("SELECT count(*) FROM sqlite_schema").get)
