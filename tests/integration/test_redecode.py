"""What is kept, decoded anew, on a real store with real LoRaWAN: the sums, the sessions and what is written of it.

A mended decoder is one of the test's own under the name of the old one. Keys that come late are a second start of
the same store, with the device in its list.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from decoders.contract import Decoded, Decoder, DecodeRefused
from decoders.registry import DECODERS
from gateway.changes.codecs import AnyDecoder
from gateway.changes.forgetting import Forgetting
from gateway.changes.redecode import Redecode
from gateway.changes.shadow import Parts
from gateway.device import Device
from gateway.errors import Blocked, StoreFull, Unavailable
from gateway.lorawan.region import region
from gateway.model import Frame, Heard, Rejection, Verdict
from gateway.pipeline.codec_readings import CodecReadings
from gateway.pipeline.payloads import Payloads
from gateway.pipeline.server_object import ServerObjects
from gateway.store.accounts import SinkAccount
from gateway.store.outlet import Outlet
from gateway.store.query import Question, points
from tests.integration.store.records import Recorder, drain, sums
from tests.pipeline_bench import (
    AIR_PORT,
    BACKFILL_MAX_S,
    FAR,
    NEAR,
    REGION,
    START_S,
    Bench,
    air_report,
    device_of,
    event_of,
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


@pytest.fixture
async def bench(tmp_path: Path) -> Bench:
    """A gateway that knows the first air station."""
    return Bench(tmp_path / "store.db", [device_of(who())])


async def stranger(tmp_path: Path, *heard: Heard, devices: tuple[Device, ...] = ()) -> Bench:
    """A gateway that did not know the station when it heard these, and knows it now."""
    before = Bench(tmp_path / "store.db", devices)
    await hear(before, *heard)
    await before.close()
    return Bench(tmp_path / "store.db", [device_of(who()), *devices])


# -- a mended decoder -----------------------------------------------------------------------------------


@pytest.mark.parametrize("sealed", [False, True])
async def test_a_mended_decoder_replaces_what_it_gave(bench: Bench, sealed: bool) -> None:
    with outlet_of(bench) as outlet:
        await hear(bench, frame(0, 0), frame(1, 60, pm=31), frame(0, 1, by=FAR))
        sink = Recorder()
        await drain(outlet, sink)
        if sealed:
            await hear(bench, frame(2, 120, pm=32))
            await drain(outlet, sink)
            await seal(bench)
        change = redecode(bench, mended(tenfold))
        dry = await run(change, apply=False)
        assert shown(bench)[:2] == [30.5, 31.0]
        done = await run(change)
        assert {**done, "applied": False, "written": 0} == dry
        assert done["points"]["changed"] == done["rows"] == (3 if sealed else 2)
        assert done["examples"][0]["before"] == {PM: 30.5}
        assert done["examples"][0]["now"] == {PM: 305.0}
        assert shown(bench)[:2] == [305.0, 310.0]
        await drain(outlet, sink)
        city = await account(bench)
        assert (city.superseded, city.pending) == (done["rows"], 0)
        assert city.delivered == len(sink.points())
        assert sorted(
            values[0] for key, values in sink.points().items() if key[0] == "air_quality"
        )[:2] == [305.0, 310.0]
        assert (await run(change))["written"] == 0, "once is enough"
        assert (await run(redecode(bench)))["points"]["changed"] == done["rows"], "and back again"
        assert shown(bench)[:2] == [30.5, 31.0]
        await sums(bench.store)
        await bench.close()


async def test_what_is_not_reached_yet_is_delivered_and_then_overwritten(bench: Bench) -> None:
    with outlet_of(bench) as outlet:
        await hear(bench, frame(0, 0))
        await run(redecode(bench, mended(tenfold)))
        sink = Recorder()
        await drain(outlet, sink)
        city = await account(bench)
        assert (city.delivered, city.superseded) == (3, 0)
        (point,) = [values for key, values in sink.points().items() if key[0] == "air_quality"]
        assert point == (305.0,)
        await bench.close()


async def test_a_payload_that_is_refused_now_is_counted_so_and_shown_until_it_is_deleted(
    bench: Bench,
) -> None:
    def refuses(_port: int, _payload: bytes, _at: datetime | None) -> tuple[Decoded, ...]:
        raise DecodeRefused("wrong_length", "it is too long")

    sink = Forgetful()
    with outlet_of(bench) as outlet:
        await hear(bench, frame(0, 0), frame(1, 60))
        await drain(outlet, sink)
        change = redecode(bench, mended(refuses), sink)
        found = await run(change)
        assert found["outcomes"] == {"uplink>wrong_length": 2}
        assert [one["seq"] for one in found["vanished"]] == [1, 2]
        assert (await sums(bench.store)).outcomes == {"wrong_length": 2}
        assert shown(bench) == [30.5, 30.5], "a database would still have them"
        deleted = await run(change, delete=True)
        assert deleted["deleted"] == {"points": {"city": 2}, "why_not": {}}
        assert [key[2] // 10**9 - START_S for key in sink.forgotten] == [0, 60]
        assert shown(bench) == []
        assert shown(bench, "lora_link", "f_cnt") == [0.0, 1.0]
        assert (await run(change, delete=True))["written"] == 0
        again = await run(redecode(bench))
        assert again["outcomes"] == {"wrong_length>uplink": 2}
        assert (await sums(bench.store)).outcomes == {"uplink": 2}
        assert shown(bench) == [30.5, 30.5]
        await bench.close()


async def test_a_field_that_is_gone_goes_with_its_point_and_comes_back_without_it(
    bench: Bench,
) -> None:
    def two(_port: int, _payload: bytes, _at: datetime | None) -> tuple[Decoded, ...]:
        return (Decoded(measurement="air_quality", fields={PM: 1.0, "wrong": 2.0}),)

    sink = Forgetful()
    with outlet_of(bench) as outlet:
        await hear(bench, frame(0, 0))
        await run(redecode(bench, mended(two)))
        await drain(outlet, sink)
        assert shown(bench, field="wrong") == [2.0]
        found = await run(redecode(bench, sink=sink), delete=True)
        assert found["points"]["with_vanished_fields"] == len(sink.forgotten) == 1
        assert shown(bench, field="wrong") == [None]
        sink.got.clear()
        await drain(outlet, sink)
        assert [one.values for one in sink.got] == [(30.5,)], "what was deleted is delivered again"
        await sums(bench.store)
        await bench.close()


async def test_a_database_that_cannot_delete_is_named_and_everything_else_is_done(
    bench: Bench,
) -> None:
    def nothing(_port: int, _payload: bytes, _at: datetime | None) -> tuple[Decoded, ...]:
        return ()

    sink = Forgetful("is version 3")
    with outlet_of(bench) as outlet:
        await hear(bench, frame(0, 0))
        await drain(outlet, sink)
        found = await run(redecode(bench, mended(nothing), sink), delete=True)
        assert "version 3" in found["deleted"]["why_not"]["city"]
        assert (found["written"], shown(bench)) == (1, [])
        await bench.close()


async def test_nothing_is_deleted_while_a_sink_is_behind(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.changes.forgetting.BEHIND_S_MAX", 0.0)
    with outlet_of(bench):
        await hear(bench, frame(0, 0))
        with pytest.raises(Unavailable, match="sink city has not had everything"):
            await run(redecode(bench, mended(tenfold), Forgetful()), delete=True)
        assert shown(bench) == [30.5]
        await bench.close()


async def test_dead_letters_of_what_is_replaced_are_superseded(bench: Bench) -> None:
    with outlet_of(bench) as outlet:
        await hear(bench, frame(0, 0))
        await drain(outlet, Recorder(lambda _: Verdict((Rejection(0, 422, "no"),))))
        assert (await account(bench)).dead == 1
        await run(redecode(bench, mended(tenfold)))
        city = await account(bench)
        assert (city.dead, city.superseded, city.delivered) == (0, 1, 1)
        await bench.close()


async def test_only_what_is_asked_for_is_looked_at(tmp_path: Path) -> None:
    other = who(2)
    bench = Bench(tmp_path / "store.db", [device_of(who()), device_of(other)])
    theirs = other.node().uplink(0, AIR_PORT, air_report(50))
    await hear(bench, frame(0, 0), heard_by(NEAR, START_S + 30, theirs), frame(1, 60))
    change = redecode(bench, mended(tenfold))
    assert (await run(change, device="air-02", apply=False))["rows"] == 1
    span = {"since_ns": (START_S + 30) * 10**9, "until_ns": (START_S + 60) * 10**9}
    assert (await run(change, **span, apply=False))["rows"] == 1
    assert (await run(change, since_ns=(START_S + 61) * 10**9, apply=False))["looked_at"] == 0
    with pytest.raises(Unavailable, match="no device 'nobody' is configured"):
        await run(change, device="nobody")
    with pytest.raises(Unavailable, match="cannot be decoded again"):
        await run(change, colour="red")
    await bench.close()


async def test_a_full_store_ends_it_with_a_sentence(bench: Bench) -> None:
    await hear(bench, frame(0, 0))
    bench.store.full = True
    with pytest.raises(StoreFull, match="until there is room"):
        await run(redecode(bench, mended(tenfold)))
    bench.store.full = False
    assert shown(bench) == [30.5]
    await bench.close()


# -- keys that come late --------------------------------------------------------------------------------


async def test_frames_before_the_key_become_uplinks_with_their_times_and_copies(
    tmp_path: Path,
) -> None:
    heard = (frame(0, 0), frame(0, 1, by=FAR), frame(1, 60, pm=31), frame(3, 180, pm=33))
    bench = await stranger(tmp_path, *heard)
    dry = await run(redecode(bench), apply=False)
    assert dry["outcomes"] == {"unknown_device>uplink": 3, "unknown_device>repeated": 1}
    assert (await sums(bench.store)).outcomes == {"unknown_device": 4}
    found = await run(redecode(bench))
    assert found["outcomes"] == dry["outcomes"]
    assert (await sums(bench.store)).outcomes == {"uplink": 3, "repeated": 1}
    assert shown(bench) == [30.5, 31.0, 33.0]
    assert shown(bench, "lora_link", "lost")[-1] == 1.0
    rows = await bench.rows()
    assert {one.record.heard.phy for one in rows} == {one.phy for one in heard}, "bytes are kept"
    assert (await run(redecode(bench)))["written"] == 0
    await bench.close()


async def test_counters_go_on_after_the_recovered_ones_also_after_a_restart(tmp_path: Path) -> None:
    bench = await stranger(tmp_path, frame(0, 0), frame(5, 60))
    await run(redecode(bench))
    assert await hear(bench, frame(5, 61, by=FAR)) == ["repeated"]
    await bench.close(flush=False)
    bench = Bench(tmp_path / "store.db", [device_of(who())])
    assert await hear(bench, frame(0, 70, by=FAR), frame(6, 120)) == ["repeated", "uplink"]
    (row,) = [
        one for one in await bench.rows() if one.outcome == "uplink" and one.record.f_cnt == 6
    ]
    assert row.fields("lora_link")[0]["lost"] == 0.0
    await sums(bench.store)
    await bench.close()


async def test_what_is_old_does_not_move_a_session_that_runs(tmp_path: Path) -> None:
    """The station began its counter again before its key came: 5000 is older than 3."""
    bench = await stranger(tmp_path, frame(4999, 0), frame(5000, 60))
    assert await hear(bench, frame(0, 120), frame(3, 180)) == ["uplink", "uplink"]
    found = await run(redecode(bench))
    assert found["outcomes"] == {"unknown_device>uplink": 2}
    for again in range(2):
        assert await hear(bench, frame(4 + again, 240 + again)) == ["uplink"]
        await bench.close()
        bench = Bench(tmp_path / "store.db", [device_of(who())])
    assert [session.newest for session in bench.lorawan.sessions()] == [5]
    await sums(bench.store)
    await bench.close()


async def test_a_copy_of_what_was_accepted_since_is_no_second_uplink(tmp_path: Path) -> None:
    bench = await stranger(tmp_path, frame(0, 0), frame(1, 60))
    assert await hear(bench, frame(1, 61, by=FAR), frame(2, 120)) == ["uplink", "uplink"]
    found = await run(redecode(bench))
    assert found["outcomes"] == {"unknown_device>uplink": 1, "unknown_device>repeated": 1}
    assert (await sums(bench.store)).outcomes == {"uplink": 3, "repeated": 1}
    assert len(shown(bench)) == 3
    await bench.close()


async def test_forged_frames_stay_what_they_are(tmp_path: Path) -> None:
    good = frame(0, 0)
    forged = replace_phy(good, good.phy[:-1] + bytes([good.phy[-1] ^ 1]))
    bench = await stranger(tmp_path, forged, good)
    assert (await run(redecode(bench)))["outcomes"] == {"unknown_device>uplink": 1}
    assert (await sums(bench.store)).outcomes == {"uplink": 1, "unknown_device": 1}
    await bench.close()


def replace_phy(frame: Frame, phy: bytes) -> Frame:
    """The hearing with other bytes."""
    return msgspec.structs.replace(frame, phy=phy)


async def test_a_key_that_was_wrong_is_tried_again(tmp_path: Path) -> None:
    wrong = device_of(replace(who(), nwk_s_key=bytes(16)))
    before = Bench(tmp_path / "store.db", [wrong])
    assert await hear(before, frame(0, 0)) == ["bad_mic"]
    await before.close()
    bench = Bench(tmp_path / "store.db", [device_of(who())])
    assert (await run(redecode(bench)))["outcomes"] == {"bad_mic>uplink": 1}
    await sums(bench.store)
    await bench.close()


async def test_events_of_a_device_that_was_not_listed_become_uplinks(tmp_path: Path) -> None:
    bench = await stranger(tmp_path, event_of(who(), 7, air_report(), START_S))
    assert (await run(redecode(bench)))["outcomes"] == {"unknown_device>uplink": 1}
    live = event_of(who(), 8, air_report(), START_S + 60)
    assert await hear(bench, live) == ["uplink"]
    await sums(bench.store)
    await bench.close()


async def test_a_device_that_had_no_decoder_has_readings_at_the_times_of_its_links(
    tmp_path: Path,
) -> None:
    before = Bench(tmp_path / "store.db", [device_of(who(), decoder="")])
    assert await hear(before, frame(0, 0), frame(1, 60)) == ["no_decoder", "no_decoder"]
    await before.close()
    bench = Bench(tmp_path / "store.db", [device_of(who())])
    assert (await run(redecode(bench)))["outcomes"] == {"no_decoder>uplink": 2}
    assert (await sums(bench.store)).outcomes == {"uplink": 2}
    assert shown(bench) == [30.5, 30.5]
    await bench.close()


async def test_what_waits_for_the_clock_is_left_alone(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "store.db", [device_of(who())])
    held = heard_by(
        NEAR,
        START_S,
        NODE.uplink(0, AIR_PORT, air_report()),
        received=stamp(START_S, trusted=False),
    )
    await hear(bench, held)
    assert (await run(redecode(bench, mended(tenfold))))["rows"] == 0
    await sums(bench.store)
    await bench.close()


async def test_a_frame_whose_boot_never_had_a_clock_says_so(tmp_path: Path) -> None:
    held = heard_by(
        NEAR,
        START_S,
        NODE.uplink(0, AIR_PORT, air_report()),
        received=stamp(START_S, trusted=False),
    )
    bench = await stranger(tmp_path, held)
    await run(redecode(bench))
    (row,) = [row for row in await bench.rows() if row.outcome == "uplink"]
    assert not row.record.held
    assert row.fields("air_quality") == [{PM: 30.5, "time_untrusted": True}]
    await sums(bench.store)
    await bench.close()


async def test_a_run_that_was_broken_off_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.store.kept_rows.PAGE_ROWS", 2)
    bench = await stranger(tmp_path, *(frame(f_cnt, 60 * f_cnt) for f_cnt in range(7)))
    change = redecode(bench)
    steps = change.run({"since_ns": 0, "apply": True})
    async for line in steps:
        if (await sums(bench.store)).outcomes.get("uplink", 0) >= 4:
            assert "progress" in line
            break
    await steps.aclose()
    outcomes = (await sums(bench.store)).outcomes
    assert outcomes["uplink"] < 7
    assert (await run(redecode(bench)))["written"] == 7 - outcomes["uplink"]
    assert (await sums(bench.store)).outcomes == {"uplink": 7}
    assert [one.record.f_cnt for one in await bench.rows()] == list(range(7)), "in their order"
    await bench.close()
