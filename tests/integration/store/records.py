"""Records for the store's tests, a recorder that stands for a database, and a day in the life of a store.

A record of device d with number n gives readings whose values start with n, so that what a sink got tells
which record it came from. Times go one second per number.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import apsw

from gateway.model import Frame, Radio, Reading, Reception, Record, Series, Stamp, Verdict
from gateway.store.accounts import Accounts, accounts
from gateway.store.blocks import open_raw_block
from gateway.store.outlet import Outlet
from gateway.store.store import Store

BEGIN_NS = 1_700_000_000_000_000_000
SECOND_NS = 1_000_000_000
HOUR_S = 3600
LATER = Stamp(BEGIN_NS + 40 * 86400 * SECOND_NS, 10**18, True)
"""A time at which every record's hour is over."""

_series: dict[tuple[str, str], Series] = {}


def series(device: str, measurement: str = "climate") -> Series:
    """The shape of a device's readings of one measurement."""
    key = device, measurement
    if key not in _series:
        _series[key] = Series(
            measurement, (("device", device),), ("number", "temperature_c", "open", "place")
        )
    return _series[key]


def stamp(number: int, *, trusted: bool = True) -> Stamp:
    """When the record of this number was received."""
    return Stamp(BEGIN_NS + number * SECOND_NS, number * SECOND_NS, trusted)


def frame(device: str, number: int, *, trusted: bool = True, bytes_more: int = 0) -> Frame:
    """A hearing with bytes of its own."""
    phy = f"{device}/{number}/".encode() + bytes(bytes_more)
    reception = Reception(f"gw-{device}", 0, -97.5, 8.25, 3, str(number))
    return Frame("air", phy, Radio(868_100_000, "LORA", 7, 125_000), (reception,),
                 stamp(number, trusted=trusted))  # fmt: skip


def record(
    device: str,
    number: int,
    *,
    readings: int = 1,
    held: bool = False,
    outcome: str = "uplink",
    about: int | None = None,
    bytes_more: int = 0,
    session: int | None = None,
) -> Record:
    """An uplink of a known device with so many readings, alternately of two measurements."""
    made = tuple(
        Reading(
            series(device, ("climate", "link")[place % 2]),
            BEGIN_NS + number * SECOND_NS + place * 1_000_000,
            (number, number / 4, number % 2 == 0, f"{device}é"),
        )
        for place in range(readings)
    )
    heard = frame(device, number, trusted=not held, bytes_more=bytes_more)
    return Record(heard, outcome, device, made, None, session, number, about, held)


def refusal(number: int, outcome: str = "bad_mic", *, bytes_more: int = 0) -> Record:
    """A frame that became no reading."""
    heard = frame("stranger", number, bytes_more=bytes_more)
    return Record(heard, outcome, None, (), "the MIC is of no key we have")


def add(store: Store, one: Record) -> int:
    """Put a record into the open batch and count it, as ingest does."""
    seq = store.add(one)
    if one.outcome != "stamped":
        store.count("heard")
        store.count(f"outcome.{one.outcome}")
        store.count(f"source.{one.heard.source}")
    return seq


def release(store: Store, seq: int, device: str, number: int, readings: int = 1) -> int:
    """Give a held row its times, as housekeeping does when the clock is set."""
    new = add(store, record(device, number, readings=readings, outcome="stamped", about=seq))
    store.released(seq)
    return new


async def sums(store: Store) -> Accounts:
    """Both sums, after it was seen that they hold."""
    found = await store.read(accounts)
    assert found.frames_balanced, (found.heard, found.outcomes, found.rows_differ)
    for name, account in found.sinks.items():
        assert account.balanced, (name, account)
    return found


Judge = Callable[[Sequence[Reading]], Verdict]


class Recorder:
    """A database that takes everything, or what `judge` says; it remembers each device's readings in order."""

    def __init__(self, judge: Judge = lambda _: Verdict()) -> None:
        self.judge = judge
        self.got: list[Reading] = []

    def deliver(self, readings: Sequence[Reading]) -> Verdict:
        """What came of each."""
        verdict = self.judge(readings)
        refused = {rejection.index for rejection in verdict.rejected} | set(verdict.kept)
        self.got += [one for place, one in enumerate(readings) if place not in refused]
        return verdict

    def numbers(self) -> dict[str, list[int]]:
        """Numbers by device, in the order in which they came."""
        found: dict[str, list[int]] = defaultdict(list)
        for one in self.got:
            found[one.series.tags[0][1]].append(int(one.values[0]))
        return dict(found)

    def points(self) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """What a database holds after all that: by measurement, tags and time the last fields."""
        return {
            (one.series.measurement, one.series.tags, one.time_ns): one.values for one in self.got
        }


async def drain(outlet: Outlet, sink: Recorder, lines_max: int = 50) -> int:
    """Deliver until nothing is left; how many batches it took."""
    batches = 0
    while True:
        taken = await outlet.work(lambda: outlet.take(lines_max))
        if not taken:
            return batches
        verdict = sink.deliver(taken.readings) if taken.readings else Verdict()
        await outlet.settle(taken, verdict)
        batches += 1


async def seal_all(store: Store) -> None:
    """Housekeeping until there is nothing more to do; every frame counter counts as flushed."""
    store.positions.all_moved()
    while await store.maintain(LATER, lambda wanted: wanted):
        pass


def kept_seqs(store: Store) -> set[int]:
    """Every row in the file, sealed ones too."""
    connection = store.connection
    found = {
        row[0] for row in connection.execute("SELECT seq FROM frame UNION SELECT seq FROM refused")
    }
    for (data,) in connection.execute("SELECT data FROM raw_block"):
        found |= {row[0] for row in open_raw_block(data)}
    return found


def crash(store: Store) -> None:
    """The process is gone: nothing is flushed and nothing checkpointed, and locks are released."""
    store._worker.stop()
    store._worker.join(5)
    store.connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    store.connection.close()
    store._file.lock.release(in_order=False)
