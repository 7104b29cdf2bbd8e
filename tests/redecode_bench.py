"""The parts of `redecode` on a bench: a store, an interpreter, frames of one air station, decoders of our own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from decoders.contract import Decoded, Decoder
from decoders.registry import DECODERS
from gateway.changes.codecs import AnyDecoder
from gateway.changes.forgetting import Forgetting
from gateway.changes.redecode import Redecode
from gateway.changes.shadow import Parts
from gateway.errors import Blocked
from gateway.lorawan.region import region
from gateway.model import Frame, Heard
from gateway.pipeline.codec_readings import CodecReadings
from gateway.pipeline.payloads import Payloads
from gateway.pipeline.server_object import ServerObjects
from gateway.store.accounts import SinkAccount
from gateway.store.outlet import Outlet
from gateway.store.query import Question, points
from tests.integration.store.records import Recorder, sums
from tests.pipeline_bench import (
    AIR_PORT,
    BACKFILL_MAX_S,
    NEAR,
    REGION,
    START_S,
    Bench,
    air_report,
    heard_by,
    stamp,
    who,
)

NODE = who().node()
PM = "pm1_0_ug_m3"


def frame(f_cnt: int, at_s: float, *, by: Any = NEAR, pm: float = 30.5) -> Frame:
    """An uplink of the first air station."""
    return heard_by(by, START_S + at_s, NODE.uplink(f_cnt, AIR_PORT, air_report(pm)))


async def hear(bench: Bench, *heard: Heard) -> list[str]:
    """Interpret and count these as ingest does, and commit them."""
    outcomes = bench.hear(*heard)
    for outcome in outcomes:
        bench.store.count("heard")
        bench.store.count(f"outcome.{outcome}")
    await bench.store.commit()
    return outcomes


def mended(decode: Callable[[int, bytes, datetime | None], tuple[Decoded, ...]]) -> Decoder:
    """The decoder of air stations, doing this instead."""
    return replace(DECODERS["air_quality"], decode=decode)


def tenfold(_port: int, payload: bytes, _at: datetime | None) -> tuple[Decoded, ...]:
    """What was a tenth of itself before."""
    return (Decoded(measurement="air_quality", fields={PM: int.from_bytes(payload[3:5]) * 1.0}),)


class Forgetful(Recorder):
    """A sink that deletes, or says why it does not."""

    def __init__(self, why: str = "") -> None:
        super().__init__()
        self.why = why
        self.forgotten: list[Any] = []

    def delete(self, keys: list[Any]) -> None:
        if self.why:
            raise Blocked(self.why, "wait")
        self.forgotten += keys

    def close(self) -> None:
        """Nothing to let go."""


def redecode(bench: Bench, decoder: Decoder | None = None, sink: Any = None) -> Redecode:
    """The change, on the parts of a bench."""
    decoders = DECODERS if decoder is None else {**DECODERS, "air_quality": decoder}
    types = bench.store.tables.types
    payloads = Payloads(decoders, ServerObjects(types))
    parts = Parts(
        fleet=lambda: bench.interpreter.fleet,
        lorawan=lambda: bench.lorawan,
        region=region(REGION),
        host="kk-01",
        tags={"site": "hall"},
        backfill_max_s=BACKFILL_MAX_S,
        payloads=payloads,
        decoder=AnyDecoder(payloads, CodecReadings(types)),
    )
    return Redecode(bench.store, parts, Forgetting(("city",), lambda _: sink))


async def run(change: Redecode, **asked: Any) -> dict[str, Any]:
    """The result, after a look at the progress."""
    known = {"since_ns": 0, "apply": True} | asked
    lines = [line async for line in change.run(known)]
    assert all(0 <= line["progress"][0] <= line["progress"][1] for line in lines[:-1])
    return lines[-1]


def shown(bench: Bench, measurement: str = "air_quality", field: str = PM) -> list[Any]:
    """What query shows of a field, by time."""
    found = points(bench.store.connection, bench.store.tables, Question(measurement=measurement))
    return [point.fields.get(field) for point in found]


async def seal(bench: Bench) -> None:
    """Housekeeping an hour later: everything settled but the newest row is sealed."""
    store = bench.store
    store._upkeep._remembered_rows = 1
    store.positions.all_moved()
    while await store.maintain(stamp(START_S + 7200), lambda wanted: wanted):
        pass
    assert store.horizon > 0


async def account(bench: Bench) -> SinkAccount:
    """The sink's account, with its position written."""
    bench.store.positions.all_moved()
    await bench.store.commit()
    return (await sums(bench.store)).sinks["city"]


@contextmanager
def outlet_of(bench: Bench) -> Iterator[Outlet]:
    outlet = Outlet(bench.store, "city", "all")
    yield outlet
    outlet.close()
