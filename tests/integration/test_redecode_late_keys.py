"""Keys and devices that come late, on a real store with real LoRaWAN: sums, sessions, copies, clocks.

A second start of the same store has the device in its list.
"""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from gateway.device import Device
from gateway.model import Frame, Heard
from tests.integration.store.records import sums
from tests.pipeline_bench import (
    AIR_PORT,
    FAR,
    NEAR,
    START_S,
    Bench,
    air_report,
    device_of,
    event_of,
    heard_by,
    stamp,
    who,
)
from tests.redecode_bench import NODE, PM, frame, hear, mended, redecode, run, seal, shown, tenfold


async def stranger(tmp_path: Path, *heard: Heard, devices: tuple[Device, ...] = ()) -> Bench:
    """A gateway that did not know the station when it heard these, and knows it now."""
    before = Bench(tmp_path / "store.db", devices)
    await hear(before, *heard)
    await before.close()
    return Bench(tmp_path / "store.db", [device_of(who()), *devices])


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


async def test_copies_of_what_was_heard_before_many_rows_were_decoded_again_are_known_after_a_restart(
    tmp_path: Path,
) -> None:
    event = event_of(who(), 7, air_report(), START_S)
    bench = Bench(tmp_path / "store.db", [device_of(who())])
    assert await hear(bench, event) == ["uplink"]
    for _ in range(6):  # more rows than a start remembers, and what was heard is sealed
        await run(redecode(bench, mended(tenfold)))
        await run(redecode(bench))
    await seal(bench)
    await bench.close()
    bench = Bench(tmp_path / "store.db", [device_of(who())], remembered_rows=5)
    assert await hear(bench, event) == ["redelivered"]
    await sums(bench.store)
    await bench.close()


async def test_refused_frames_among_sealed_rows_are_taken_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = who(2)
    known = [
        heard_by(
            NEAR, START_S + 60 * place + 30, other.node().uplink(place, AIR_PORT, air_report())
        )
        for place in range(6)
    ]
    strange = [frame(f_cnt, 60 * f_cnt) for f_cnt in range(6)]
    heard = [one for pair in zip(strange, known, strict=True) for one in pair]
    before = Bench(tmp_path / "store.db", [device_of(other)])
    await hear(before, *heard)
    await seal(before)
    await before.close()
    monkeypatch.setattr("gateway.store.kept_rows.PAGE_ROWS", 3)
    bench = Bench(tmp_path / "store.db", [device_of(who()), device_of(other)])
    found = await run(redecode(bench, mended(tenfold)))
    assert found["outcomes"] == {"unknown_device>uplink": 6}
    assert found["points"]["changed"] == 6
    assert (await sums(bench.store)).outcomes == {"uplink": 12}
    recovered = [row.record for row in await bench.rows() if row.record.device == "air-01"]
    assert [record.f_cnt for record in recovered] == list(range(6))
    assert shown(bench) == [305.0] * 12
    assert (await run(redecode(bench, mended(tenfold))))["written"] == 0
    await bench.close()
