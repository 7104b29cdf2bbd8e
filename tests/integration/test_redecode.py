"""A mended decoder on a real store: what is written, what sinks count, what is deleted, and when nothing is.

The mended decoder is one of the test's own under the name of the old one.
"""

from datetime import datetime
from pathlib import Path

import pytest

from decoders.contract import Decoded, DecodeRefused
from gateway.errors import StoreFull, Unavailable
from gateway.model import Rejection, Verdict
from gateway.store.connection import open_reader
from gateway.store.kept_rows import KeptRows
from tests.integration.store.records import Recorder, drain, sums
from tests.pipeline_bench import (
    AIR_PORT,
    FAR,
    NEAR,
    START_S,
    Bench,
    air_report,
    device_of,
    heard_by,
    who,
)
from tests.redecode_bench import (
    PM,
    Forgetful,
    account,
    frame,
    hear,
    mended,
    outlet_of,
    redecode,
    run,
    seal,
    shown,
    tenfold,
)


@pytest.fixture
async def bench(tmp_path: Path) -> Bench:
    """A gateway that knows the first air station."""
    return Bench(tmp_path / "store.db", [device_of(who())])


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
        again = await run(change, delete=True)
        assert (again["written"], again["deleted"]["points"]) == (0, {})
        again = await run(redecode(bench))
        assert again["outcomes"] == {"wrong_length>uplink": 2}
        assert (await sums(bench.store)).outcomes == {"uplink": 2}
        assert shown(bench) == [30.5, 30.5]
        await bench.close()


@pytest.mark.parametrize("sealed", [False, True])
async def test_what_was_heard_is_listed_once_as_what_it_is_now(bench: Bench, sealed: bool) -> None:
    def refuses(_port: int, _payload: bytes, _at: datetime | None) -> tuple[Decoded, ...]:
        raise DecodeRefused("wrong_length", "it is too long")

    await hear(bench, frame(0, 0), frame(1, 60))
    await run(redecode(bench, mended(refuses)), until_ns=(START_S + 60) * 10**9)
    if sealed:
        await hear(bench, frame(2, 120))
        await seal(bench)
    rows = KeptRows(open_reader(bench.store.path), "lora_link", 0)
    for _ in rows.look_ahead():
        pass
    listed = [(seq, record.outcome, record.sentence) for seq, record in rows.heard()]
    assert listed[:2] == [(1, "wrong_length", "it is too long"), (2, "uplink", None)]
    assert len(listed) == (3 if sealed else 2)
    rows.close()
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
    with pytest.raises(Unavailable, match="knows no device 'nobody'"):
        await run(change, device="nobody")
    with pytest.raises(Unavailable, match="cannot be decoded again"):
        await run(change, colour="red")
    with pytest.raises(Unavailable, match="cannot be decoded again"):
        await run(change, since_ns=1 << 70)
    await bench.close()


async def test_a_full_store_ends_it_with_a_sentence(bench: Bench) -> None:
    await hear(bench, frame(0, 0))
    bench.store.full = True
    with pytest.raises(StoreFull, match="until there is room"):
        await run(redecode(bench, mended(tenfold)))
    bench.store.full = False
    assert shown(bench) == [30.5]
    await bench.close()
