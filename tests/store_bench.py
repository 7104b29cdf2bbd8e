"""Records for a store, a sink that remembers, and the sums, for tests of the store that need no radio.

A record's number is in its bytes, its counter and its readings, so that a test can tell what was lost.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import apsw

from gateway.errors import StoreFull, Unavailable
from gateway.health import Health
from gateway.model import (
    Frame,
    Malformed,
    Radio,
    Reading,
    Reception,
    Record,
    Rejection,
    Series,
    Stamp,
    Verdict,
)
from gateway.store.accounts import Accounts, accounts
from gateway.store.connection import open_reader
from gateway.store.outlet import Outlet
from gateway.store.store import Store

START_NS = 1_795_305_600_000_000_000
"""2026-11-22T00:00:00Z."""
SECOND_NS = 1_000_000_000
HOUR_NS = 3600 * SECOND_NS
RADIO = Radio(923_200_000, "LORA", 7, 125_000, None, "4/5")
BOOT = "b" * 32


def stamp(at_s: float = 0.0, *, trusted: bool = True) -> Stamp:
    """So many seconds after START_NS."""
    ns = int(at_s * SECOND_NS)
    return Stamp(START_NS + ns, 10**12 + ns, trusted)


def now_stamp() -> Stamp:
    """What the machine's clocks say."""
    return Stamp(time.time_ns(), time.monotonic_ns(), trusted=True)


def frame(number: int, *, at_s: float | None = None, trusted: bool = True, size: int = 20) -> Frame:
    """A hearing with its number in its first eight bytes."""
    received = stamp(float(number) if at_s is None else at_s, trusted=trusted)
    phy = number.to_bytes(8, "big") + Random(number).randbytes(size - 8)
    reception = Reception("02c17aff00000001", 0, -80.0, 7.5, 2, str(number))
    return Frame("udp", phy, RADIO, (reception,), received)


def series(device: str, measurement: str, *fields: str) -> Series:
    """A series with one tag."""
    return Series(measurement, (("device", device),), fields)


def record(
    number: int,
    *,
    device: str = "air-01",
    measurements: Sequence[str] = ("air", "lora_link"),
    outcome: str = "uplink",
    held: bool = False,
    about: int | None = None,
    session: int | None = None,
    at_s: float | None = None,
    size: int = 20,
) -> Record:
    """An uplink with one reading of each measurement, whose values are its number."""
    heard = frame(number, at_s=at_s, trusted=not held, size=size)
    readings = tuple(
        Reading(
            series(device, what, "number", "name"), heard.received.wall_ns, (float(number), what)
        )
        for what in measurements
    )
    return Record(heard, outcome, device, readings, None, session, number, about, held)


def refused(
    number: int, *, size: int = 20, at_s: float | None = None, trusted: bool = True
) -> Record:
    """A frame that became no reading."""
    heard = frame(number, size=size, at_s=at_s, trusted=trusted)
    return Record(heard, "unknown_device", sentence=f"nobody knows number {number}")


def stamped(number: int, about: int, *, device: str = "air-01") -> Record:
    """What replaces a held row."""
    made = record(number, device=device)
    heard = Malformed("udp", b"", "", made.heard.received)
    return Record(heard, "stamped", device, made.readings, None, None, number, about)


def put(store: Store, *records: Record) -> list[int]:
    """Add and count them as ingest does; their seqs."""
    seqs = []
    for one in records:
        seqs.append(store.add(one))
        if one.outcome != "stamped":
            store.count("heard")
            store.count(f"outcome.{one.outcome}")
    return seqs


async def commit(store: Store, *, tries: int = 5) -> None:
    """As ingest does: when the disk refuses, recover and try again."""
    for _ in range(tries - 1):
        try:
            return await store.commit()
        except (StoreFull, Unavailable) as error:
            await store.recover(error)
    return await store.commit()


async def fill(
    store: Store, numbers: Iterable[int], *, per_commit: int = 50, **more: object
) -> None:
    """Commit a record of each number."""
    waiting = 0
    for number in numbers:
        put(store, record(number, **more))  # type: ignore[arg-type]
        waiting += 1
        if waiting == per_commit:
            await commit(store)
            waiting = 0
    await commit(store)


def opened(path: Path, **more: object) -> Store:
    """A store with its boot begun. In a running event loop."""
    store = Store(path, **more)  # type: ignore[arg-type]
    store.begin_boot(BOOT)
    return store


async def keep_house(store: Store, at_s: float = 365 * 86400.0, *, flushed: bool = True) -> int:
    """All the housekeeping there is to do now; how many steps it took."""
    store.positions.all_moved()
    steps = 1
    now = stamp(at_s)
    while await store.maintain(now, lambda wanted: wanted if flushed else 0):
        steps += 1
    return steps


async def close(store: Store) -> None:
    """Close it, and wait for its thread."""
    await store.close()
    store._worker.join(5)


async def kill(store: Store) -> None:
    """Leave the file as a killed process does: nothing flushed, no checkpoint, the lock free, its text there."""

    def let_go(connection: apsw.Connection) -> None:
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        connection.close(True)

    await store.read(let_go)
    store._worker.stop()
    store._worker.join(5)
    store._file.lock.release(in_order=False)


@dataclass
class RememberingSink:
    """A sink that writes into a dict as a database does: series and time are the key."""

    name: str = "city"
    batch_lines: int = 500
    points: dict[tuple[Series, int], tuple[object, ...]] = field(default_factory=dict)
    order: list[Reading] = field(default_factory=list)
    """Every reading, as often as it was given."""
    rejected: set[int] = field(default_factory=set)
    """Numbers that it has rejected."""
    refuses: frozenset[float] = frozenset()
    """Numbers it rejects for good."""
    expires: frozenset[float] = frozenset()
    keeps_from: float | None = None
    """From this number on it takes nothing at the moment."""
    away: bool = False

    def __post_init__(self) -> None:
        self.health = Health("sink", self.name)

    def deliver(self, readings: Sequence[Reading]) -> Verdict:
        """Write them."""
        if self.away:
            raise Unavailable("nobody is at home")
        assert len(readings) <= self.batch_lines
        rejected, kept = [], []
        for place, one in enumerate(readings):
            number = one.values[0]
            assert isinstance(number, float)
            if self.keeps_from is not None and number >= self.keeps_from:
                kept.append(place)
            elif number in self.refuses:
                self.rejected.add(int(number))
                rejected.append(Rejection(place, 400, f"not {number}"))
            elif number in self.expires:
                rejected.append(Rejection(place, 422, "too old", expired=True))
            else:
                self.points[one.series, one.time_ns] = one.values
                self.order.append(one)
        return Verdict(tuple(rejected), tuple(kept))

    def close(self) -> None:
        """Nothing to close."""

    def numbers(self, measurement: str = "air") -> set[int]:
        """Of the records whose reading of this measurement it has."""
        return {
            int(str(values[0]).removesuffix(".0"))
            for (found, _), values in self.points.items()
            if found.measurement == measurement
        }


async def drain(outlet: Outlet, sink: RememberingSink, *, batches: int = 1_000_000) -> int:
    """Give the sink what waits for it; how many readings it was offered."""
    offered = 0
    for _ in range(batches):
        taken = await outlet.work(lambda: outlet.take(sink.batch_lines))
        if not taken:
            break
        verdict = sink.deliver(taken.readings) if taken.readings else Verdict()
        await outlet.settle(taken, verdict)
        offered += len(taken.readings)
        if verdict.kept:
            break
    return offered


def sums(path: Path) -> Accounts:
    """Both sums as another process reads them."""
    connection = open_reader(path)
    try:
        return accounts(connection)
    finally:
        connection.close()


def balanced(path: Path) -> Accounts:
    """Both sums, which must hold."""
    found = sums(path)
    assert found.frames_balanced, found
    for account in found.sinks.values():
        assert account.balanced, account
    return found


def kept_numbers(path: Path) -> set[int]:
    """Numbers of all records whose bytes are in the file, in order or sealed."""
    from gateway.store.query import records
    from gateway.store.tables import Tables

    connection = open_reader(path)
    try:
        tables = Tables(connection)
        return {
            int.from_bytes(one.heard.phy[:8], "big")
            for _, one in records(connection, tables, 0, 1 << 62)
            if isinstance(one.heard, Frame)
        }
    finally:
        connection.close()


def integrity(path: Path) -> str:
    """What SQLite's own check says."""
    connection = apsw.Connection(str(path))
    try:
        return str(connection.pragma("integrity_check"))
    finally:
        connection.close()
