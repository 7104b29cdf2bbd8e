"""What the decode stage does with payloads that wait: for a clock, for codecs that cannot be run, for too long.

The bench is `tests/decode_bench.py`.
"""

import pytest

from gateway.codec_worker import child_process
from gateway.errors import Unavailable
from gateway.pipeline.decode import ROWS_AT_ONCE, TRIES_WHEN_FULL
from tests.decode_bench import OFF_S, ONE, OTHER, OpenStage, spoken, unset
from tests.pipeline_bench import (
    NEAR,
    START_S,
    air_report,
    device_of,
    heard_by,
    stamp,
)  # fmt: skip
from tests.redecode_bench import redecode, run

# -- the clock ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sealed", [False, True])
async def test_a_held_payload_is_decoded_once_its_time_is_known(
    open_stage: OpenStage, *, sealed: bool
) -> None:
    stage = open_stage()
    await stage.hear(unset(1))
    assert not await stage.decode._step()
    assert stage.sums().outcomes == {"undecoded": 1}
    await stage.release(stamp(START_S + 90))
    if sealed:
        await stage.seal()
    assert (await stage.run_dry()).outcomes == {"uplink": 1}
    row = (await stage.rows())[-1]
    assert row.record.about == 1
    assert row.times_s() == [START_S + 1]
    assert row.fields("sensor") == [{"temperature_c": 20.0, "at": "2026-11-22T00:00:01.000Z"}]


async def test_a_payload_whose_clock_was_never_set_is_flagged(open_stage: OpenStage) -> None:
    stage = open_stage()
    await stage.hear(unset(1))
    await stage.release(None)
    assert (await stage.run_dry()).outcomes == {"uplink": 1}
    row = (await stage.rows())[-1]
    assert row.times_s() == [START_S + 1 + OFF_S]
    assert row.fields("sensor")[0]["time_untrusted"] is True


async def test_held_rows_of_built_in_decoders_are_passed_by(open_stage: OpenStage) -> None:
    stage = open_stage(device_of(OTHER))
    phy = OTHER.node().uplink(1, 20, air_report())
    early = heard_by(NEAR, START_S, phy, received=stamp(START_S, trusted=False, off_s=OFF_S))
    await stage.hear(early, unset(1))
    await stage.release(stamp(START_S + 90))
    assert (await stage.run_dry()).outcomes == {"uplink": 2}
    assert [row.outcome for row in await stage.rows()].count("undecoded>uplink") == 1


# -- too long ---------------------------------------------------------------------------------------------


async def test_a_store_that_is_full_does_not_wait_for_ever_for_a_process_that_cannot_be_run(
    open_stage: OpenStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = open_stage()
    await stage.hear(*(spoken(n) for n in range(1, ROWS_AT_ONCE + 3)))
    stage.store.full = True
    monkeypatch.setattr(child_process, "_CODE", "raise SystemExit(1)")
    for _ in range(TRIES_WHEN_FULL - 1):
        with pytest.raises(Unavailable):
            await stage.decode._step()
    assert stage.sums().outcomes == {"undecoded": ROWS_AT_ONCE + 2}
    assert (await stage.run_dry()).outcomes == {"codec_error": ROWS_AT_ONCE + 2}
    sentence = (await stage.rows())[-1].record.sentence or ""
    assert sentence.startswith("no codec could be run, and the store was full: ")
    assert stage.decode.health.state != "up"
    stage.store.full = False
    await stage.hear(spoken(ROWS_AT_ONCE + 3))
    with pytest.raises(Unavailable):
        await stage.decode._step()
    monkeypatch.undo()
    assert (await stage.run_dry()).outcomes == {"codec_error": ROWS_AT_ONCE + 2, "uplink": 1}
    assert stage.decode.health.state == "up"


async def test_payloads_that_are_deleted_before_their_codec_answered_are_told_apart(
    open_stage: OpenStage,
) -> None:
    stage = open_stage()
    await stage.hear(spoken(1), spoken(2))
    await stage.seal()
    await stage.hear(spoken(3))
    upto = stage.store.horizon
    await stage.store.write(lambda writer: writer.prune_chunk(upto))
    await stage.bench.close()
    stage = open_stage()
    told = stage.decode.status()
    assert (told["waiting"], told["dropped"]) == (1, 2)
    assert (await stage.run_dry()).outcomes == {"undecoded": 2, "uplink": 1}
    assert stage.decode.status()["waiting"] == 0


async def test_sealed_rows_that_need_no_answer_hold_up_none_that_do(open_stage: OpenStage) -> None:
    stage = open_stage()
    await stage.hear(unset(1))
    assert not await stage.decode._step()
    await stage.release(stamp(START_S + 90))
    await stage.seal()
    await stage.hear(spoken(2))
    assert await stage.decode._step()
    assert await stage.decode._step()
    assert stage.sums().outcomes == {"uplink": 2}


# -- decoded again --------------------------------------------------------------------------------------


@pytest.mark.parametrize("set_at_s", [90, None])
async def test_what_had_waited_for_the_clock_is_decoded_again_with_the_time_it_has(
    open_stage: OpenStage, set_at_s: int | None
) -> None:
    stage = open_stage()
    await stage.hear(unset(1), unset(2))
    await stage.release(None if set_at_s is None else stamp(START_S + set_at_s))
    await stage.run_dry()
    before = await stage.rows()
    found = await run(redecode(stage.bench))
    assert (found["looked_at"], found["rows"]) == (2, 0)
    assert await stage.rows() == before, "nothing is other than it was"


@pytest.mark.parametrize("sealed", [False, True])
async def test_a_payload_of_a_boot_without_a_clock_that_is_known_later_is_flagged(
    open_stage: OpenStage, *, sealed: bool
) -> None:
    stage = open_stage(dev_addr="", keys=type(device_of(ONE).keys)())
    assert await stage.hear(unset(1)) == ["unknown_device"]
    await stage.bench.close()
    stage = open_stage()
    await run(redecode(stage.bench))
    assert stage.sums().outcomes == {"undecoded": 1}
    if sealed:
        await stage.seal()
    assert (await stage.run_dry()).outcomes == {"uplink": 1}
    fields = (await stage.rows())[-1].fields("sensor")
    assert fields[0]["time_untrusted"] is True
