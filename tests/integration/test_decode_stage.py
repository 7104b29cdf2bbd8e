"""The decode stage on a real store with real codecs: each payload is answered once, and the sums always hold.

The bench is `tests/decode_bench.py`.
"""

from typing import Any

import pytest

from gateway.codec_worker import child_process
from gateway.errors import Unavailable
from gateway.model import Frame
from gateway.pipeline.decode import ROWS_AT_ONCE
from gateway.pipeline.readings import LINK
from gateway.store import recovery
from gateway.store.outlet import Outlet
from gateway.store.unanswered import DECODED_UP_TO
from tests.decode_bench import NODE, ONE, OTHER, PORT, OpenStage, spoken
from tests.pipeline_bench import (
    NEAR,
    START_S,
    air_report,
    device_of,
    event_of,
    heard_by,
)  # fmt: skip


async def test_an_undecoded_uplink_becomes_an_uplink_with_its_own_time(
    open_stage: OpenStage,
) -> None:
    stage = open_stage()
    assert await stage.hear(spoken(1)) == ["undecoded"]
    sums = await stage.run_dry()
    assert sums.outcomes == {"uplink": 1}
    first, amending = await stage.rows()
    assert (first.outcome, amending.outcome) == ("undecoded", "undecoded>uplink")
    assert amending.record.about == first.seq
    assert amending.times_s() == first.times_s() == [START_S + 1]
    assert amending.fields("sensor") == [{"temperature_c": 20.0, "at": "2026-11-22T00:00:01.000Z"}]
    assert amending.tags("sensor") == [
        {"device": "air-01", "dev_eui": ONE.dev_eui, "site": "hall", **dict(ONE.tags)}
    ]
    assert amending.fields(LINK) == [], "sinks have them of the first row"


async def test_sinks_get_link_readings_first_and_data_after_them(open_stage: OpenStage) -> None:
    stage = open_stage()
    outlet = Outlet(stage.store, "city", "all")
    await stage.hear(spoken(1), spoken(2))
    await stage.run_dry()
    taken = await outlet.work(lambda: outlet.take(100))
    assert [one.series.measurement for one in taken.readings] == [LINK, LINK, "sensor", "sensor"]
    assert [one.time_ns // 10**9 - START_S for one in taken.readings] == [1, 2, 1, 2]
    outlet.close()


@pytest.mark.parametrize(
    ("first", "reason", "said"),
    [
        (0xEE, "codec_error", "Error: bad kind"),
        (0xFF, "codec_timeout", "CPU time"),
        (0xDD, "type_conflict", "sensor.at"),
    ],
)
async def test_a_payload_without_a_reading_is_refused_with_its_reason(
    open_stage: OpenStage, first: int, reason: str, said: str
) -> None:
    stage = open_stage()
    await stage.hear(spoken(1), spoken(2, first), spoken(3))
    sums = await stage.run_dry()
    assert sums.outcomes == {"uplink": 2, reason: 1}
    row = (await stage.rows())[4]
    assert row.outcome == f"undecoded>{reason}"
    assert said in (row.record.sentence or "")
    assert row.record.readings == ()
    (raw,) = recovery.records(
        stage.store.connection, stage.store.tables, f"seq = {row.record.about}", 1
    )
    assert isinstance(raw[1].heard, Frame)
    assert raw[1].heard.phy == spoken(2, first).phy, "its bytes are kept"


async def test_a_late_uplink_is_late_once_it_is_decoded(open_stage: OpenStage) -> None:
    stage = open_stage()
    assert await stage.hear(spoken(5), spoken(2, at_s=7)) == ["undecoded", "undecoded"]
    assert (await stage.run_dry()).outcomes == {"late": 1, "uplink": 1}


async def test_a_network_servers_event_is_decoded_like_a_frame(open_stage: OpenStage) -> None:
    stage = open_stage()
    event = event_of(ONE, 1, bytes([200]), START_S + 5, f_port=PORT)
    assert await stage.hear(event) == ["undecoded"]
    assert (await stage.run_dry()).outcomes == {"uplink": 1}
    assert (await stage.rows())[1].fields("sensor")[0]["temperature_c"] == 20.0


async def test_built_in_decoders_and_copies_are_passed_by(open_stage: OpenStage) -> None:
    stage = open_stage(device_of(OTHER))
    built_in = heard_by(NEAR, START_S + 3, OTHER.node().uplink(1, 20, air_report()))
    copy = spoken(1, at_s=2)
    assert await stage.hear(spoken(1), built_in, copy) == ["undecoded", "uplink", "repeated"]
    assert (await stage.run_dry()).outcomes == {"uplink": 2, "repeated": 1}


async def test_what_is_decoded_by_then_is_asked_of_what_is_configured_then(
    open_stage: OpenStage,
) -> None:
    stage = open_stage()
    await stage.hear(heard_by(NEAR, START_S + 1, NODE.uplink(1, 20, air_report())))
    await stage.bench.close()
    stage = open_stage(decoder="air_quality", codec_path=None)
    assert (await stage.run_dry()).outcomes == {"uplink": 1}
    assert (await stage.rows())[1].fields("air_quality")


@pytest.mark.parametrize(
    ("device", "reason"),
    [({"name": "renamed"}, "no_decoder"), ({"dev_addr": "", "keys": None}, "no_session")],
)
async def test_what_cannot_be_opened_any_more_is_refused(
    open_stage: OpenStage, device: dict[str, Any], reason: str
) -> None:
    stage = open_stage()
    await stage.hear(spoken(1))
    await stage.bench.close()
    if "keys" in device:
        device["keys"] = type(device_of(ONE).keys)()
    stage = open_stage(**device)
    assert (await stage.run_dry()).outcomes == {reason: 1}


async def test_more_than_one_step_holds_is_taken_in_steps_and_in_order(
    open_stage: OpenStage,
) -> None:
    stage = open_stage()
    count = 2 * ROWS_AT_ONCE + 7
    await stage.hear(*(spoken(n, n % 0xD0) for n in range(1, count + 1)))
    rows, high = await stage.backlog.work(lambda: stage.backlog.take(ROWS_AT_ONCE))
    assert [one.seq for one in rows] == list(range(1, ROWS_AT_ONCE + 1))
    assert high == ROWS_AT_ONCE
    assert (await stage.run_dry()).outcomes == {"uplink": count}
    abouts = [row.record.about for row in await stage.rows() if ">" in row.outcome]
    assert abouts == list(range(1, count + 1))


async def test_a_restart_goes_on_where_the_last_commit_was(open_stage: OpenStage) -> None:
    stage = open_stage()
    await stage.hear(*(spoken(n) for n in range(1, ROWS_AT_ONCE + 11)))
    await stage.decode._step()
    await stage.bench.close()
    stage = open_stage()
    assert stage.backlog.position == stage.store.counters[DECODED_UP_TO] == ROWS_AT_ONCE
    assert (await stage.run_dry()).outcomes == {"uplink": ROWS_AT_ONCE + 10}
    abouts = [row.record.about for row in await stage.rows() if ">" in row.outcome]
    assert len(set(abouts)) == len(abouts) == ROWS_AT_ONCE + 10


async def test_a_commit_that_fails_answers_nothing_twice(
    open_stage: OpenStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = open_stage()
    await stage.hear(spoken(1), spoken(2))
    given, failures = stage.store.commit, [Unavailable("the disk"), Unavailable("the disk")]

    async def commit() -> None:
        if failures:
            raise failures.pop()
        await given()

    monkeypatch.setattr(stage.store, "commit", commit)
    with pytest.raises(Unavailable):
        await stage.decode._step()
    with pytest.raises(Unavailable):
        await stage.hear(spoken(3))
    await stage.store.commit()
    assert (await stage.run_dry()).outcomes == {"uplink": 3}
    assert [row.outcome for row in await stage.rows()].count("undecoded>uplink") == 3


async def test_without_the_codecs_process_payloads_wait(
    open_stage: OpenStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = open_stage()
    await stage.hear(spoken(1))
    monkeypatch.setattr(child_process, "_CODE", "raise SystemExit(1)")
    with pytest.raises(Unavailable):
        await stage.decode._step()
    assert stage.sums().outcomes == {"undecoded": 1}
    monkeypatch.undo()
    assert (await stage.run_dry()).outcomes == {"uplink": 1}


# -- sealed history -------------------------------------------------------------------------------------


async def test_sealed_payloads_are_decoded_with_the_time_they_had(open_stage: OpenStage) -> None:
    stage = open_stage()
    await stage.hear(*(spoken(n) for n in range(1, ROWS_AT_ONCE + 6)))
    await stage.seal()
    assert (await stage.run_dry()).outcomes == {"uplink": ROWS_AT_ONCE + 5}
    rows = await stage.rows()
    assert [row.times_s() for row in rows] == [[START_S + n] for n in range(1, ROWS_AT_ONCE + 6)]


async def test_sums_hold_when_only_one_of_the_two_rows_is_left(open_stage: OpenStage) -> None:
    stage = open_stage()
    await stage.hear(spoken(1), spoken(2, 0xEE))
    await stage.seal()
    await stage.run_dry()
    upto = stage.store.horizon
    await stage.store.write(lambda writer: writer.prune_chunk(upto))
    sums = stage.sums()
    assert sums.frames_balanced
    assert sums.outcomes == {"uplink": 1, "codec_error": 1}


async def test_what_was_deleted_undecoded_stays_undecoded(open_stage: OpenStage) -> None:
    stage = open_stage()
    await stage.hear(spoken(1))
    await stage.seal()
    upto = stage.store.horizon
    await stage.store.write(lambda writer: writer.prune_chunk(upto))
    await stage.hear(spoken(2))
    sums = await stage.run_dry()
    assert sums.frames_balanced
    assert sums.outcomes == {"undecoded": 1, "uplink": 1}
