"""Every outcome that one frame can have, from bytes that a simulated device wrote to the row in the file."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.device import Device, DeviceKeys
from gateway.model import OUTCOMES, REFUSALS, Malformed
from hil.simulators.fleet import Fleet as SimulatedFleet
from hil.simulators.fleet import Quirks
from hil.simulators.joiner import Joiner
from hil.simulators.plain_node import PREFIX_HEX, PlainNode
from hil.simulators.scene import play
from tests.pipeline_bench import (
    AIR_PORT,
    NEAR,
    START_S,
    Bench,
    air_report,
    device_of,
    event_of,
    frame_of,
    heard_by,
    stamp,
    stored_air,
    who,
)

OpenBench = Callable[..., Bench]
ONE = who()
NODE = ONE.node()


def uplink(
    f_cnt: int,
    payload: bytes | None = None,
    *,
    f_port: int | None = AIR_PORT,
    at_s: float = 0,
    **more: Any,
) -> Any:
    phy = NODE.uplink(f_cnt, f_port, air_report() if payload is None else payload)
    return heard_by(NEAR, START_S + (at_s or f_cnt), phy, **more)


async def test_an_uplink_gives_its_readings_and_one_link_reading(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE))
    assert bench.hear(uplink(1, air_report(30.5))) == ["uplink"]
    (row,) = await bench.rows()
    assert row.fields("air_quality") == [{"pm1_0_ug_m3": 30.5}]
    (link,) = row.fields("lora_link")
    assert (link["rssi_dbm"], link["snr_db"], link["f_cnt"], link["lost"]) == (-80, 7.5, 1, 0)
    assert row.times_s() == [START_S + 1, START_S + 1]
    assert (row.record.device, row.record.f_cnt, row.record.held) == ("air-01", 1, False)
    assert row.tags("lora_link")[0]["gateway"] == NEAR.eui


async def test_lost_frames_are_counted_and_a_late_one_is_taken(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE))
    assert bench.hear(uplink(1), uplink(5), uplink(3, at_s=6)) == ["uplink", "uplink", "late"]
    lost = [row.fields("lora_link")[0]["lost"] for row in await bench.rows()]
    assert lost == [0, 3, 0]


async def test_losses_that_a_mac_only_frame_shows_are_told_with_the_next_uplink(
    open_bench: OpenBench,
) -> None:
    bench = open_bench(device_of(ONE))
    frames = [
        uplink(1),
        uplink(4, b"", f_port=None),
        uplink(6, b"\x02", f_port=0),
        uplink(8),
        uplink(9),
    ]
    assert bench.hear(*frames) == ["uplink", "mac_only", "mac_only", "uplink", "uplink"]
    lost = [link["lost"] for row in await bench.rows() for link in row.fields("lora_link")]
    assert lost == [0, 2 + 1 + 1, 0]


@pytest.mark.parametrize(
    ("heard", "outcome"),
    [
        (uplink(1, crc="bad"), "bad_crc"),
        (heard_by(NEAR, START_S, b""), "malformed"),
        (heard_by(NEAR, START_S, b"\x40\x01\x02"), "malformed"),
        (heard_by(NEAR, START_S, b"\xe0" + bytes(20)), "not_lorawan"),
        (heard_by(NEAR, START_S, b"\x60" + bytes(11)), "not_lorawan"),
        (heard_by(NEAR, START_S, who(9).node().uplink(1, 20, b"x")), "unknown_device"),
        (heard_by(NEAR, START_S, uplink(1).phy[:-1] + b"\x00"), "bad_mic"),
        (uplink(1, f_port=21 + 100), "wrong_port"),
        (uplink(1, air_report()[:-1]), "wrong_length"),
        (uplink(1, b"\x09" + air_report()[1:]), "unknown_layout"),
        (heard_by(NEAR, START_S, Joiner(7).request()), "join"),
        (Malformed("udp", b"{", "no JSON", stamp(START_S)), "malformed"),
        (event_of(who(9), 1, air_report(), START_S), "unknown_device"),
        (event_of(ONE, 1, b"", START_S), "mac_only"),
        (event_of(ONE, 1, b"\x02", START_S, f_port=0), "mac_only"),
        (event_of(ONE, 1, b"\x02", START_S, f_port=None), "mac_only"),
        (event_of(ONE, 1, air_report(), START_S), "uplink"),
        (event_of(ONE, 1, air_report()[:-1], START_S), "wrong_length"),
    ],
)
async def test_each_hearing_has_its_outcome_and_a_row(
    open_bench: OpenBench, heard: Any, outcome: str
) -> None:
    bench = open_bench(device_of(ONE))
    assert bench.hear(heard) == [outcome]
    rows = await bench.rows()
    assert [row.outcome for row in rows] == ([] if outcome == "bad_crc" else [outcome])
    assert outcome in OUTCOMES | REFUSALS
    if rows:
        kept = rows[0].record
        assert kept.readings == () or kept.device == "air-01"
        raw = (
            kept.heard.raw if isinstance(kept.heard, Malformed) else getattr(kept.heard, "phy", b"")
        )
        assert raw == getattr(heard, "raw", getattr(heard, "phy", b"")), "what was heard is kept"
        assert bool(kept.sentence) == (outcome in REFUSALS)


async def test_a_decoders_refusal_keeps_the_link_readings(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE))
    assert bench.hear(uplink(1, b"\x09")) == ["unknown_layout"]
    (row,) = await bench.rows()
    assert row.fields("air_quality") == []
    assert row.fields("lora_link")[0]["f_cnt"] == 1.0
    assert row.record.sentence
    assert bench.hear(uplink(1, b"\x09", at_s=2)) == ["repeated"], "authentic, so it was an uplink"


@pytest.mark.parametrize(
    ("more", "outcome"),
    [({"decoder": ""}, "no_decoder"), ({"decoder": "network_server"}, "no_decoder")],
)
async def test_without_a_decoder_the_bytes_are_kept_and_it_is_said(
    open_bench: OpenBench, more: Any, outcome: str
) -> None:
    bench = open_bench(device_of(ONE, **more))
    assert bench.hear(uplink(1)) == [outcome]


async def test_a_codecs_payload_waits_undecoded(open_bench: OpenBench, tmp_path: Any) -> None:
    bench = open_bench(device_of(ONE, decoder="am.js", codec_path=tmp_path / "am.js"))
    assert bench.hear(uplink(1)) == ["undecoded"]
    (row,) = await bench.rows()
    assert row.fields("lora_link")[0]["f_cnt"] == 1.0


async def test_a_network_servers_values_are_taken_over_under_the_lock_of_types(
    open_bench: OpenBench,
) -> None:
    bench = open_bench(device_of(ONE, decoder="network_server", measurement="room"))
    first = event_of(ONE, 1, b"\x01", START_S, object_json=b'{"door": true}')
    other = event_of(ONE, 2, b"\x01", START_S + 1, object_json=b'{"door": 1}')
    assert bench.hear(first, other) == ["uplink", "type_conflict"]
    rows = await bench.rows()
    assert rows[0].fields("room") == [{"door": True}]
    assert rows[1].fields("room") == []
    assert rows[1].fields("lora_link") != []


async def test_stored_samples_keep_the_devices_times(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE))
    payload = stored_air(START_S - 600, 300, 20.0, 20.5, 21.0)
    assert bench.hear(uplink(5, payload, f_port=AIR_PORT + 1)) == ["uplink"]
    (row,) = await bench.rows()
    assert row.times_s() == [START_S - 600, START_S - 300, START_S, START_S + 5]
    assert [one["pm1_0_ug_m3"] for one in row.fields("air_quality")] == [20.0, 20.5, 21.0]


async def test_samples_from_a_clock_that_was_never_set_are_refused(open_bench: OpenBench) -> None:
    bench = open_bench(device_of(ONE))
    assert bench.hear(uplink(5, stored_air(300, 300, 20.0), f_port=AIR_PORT + 1)) == [
        "clock_not_set"
    ]


async def test_a_join_with_a_wrong_mic_is_refused_and_an_unknown_one_kept(
    open_bench: OpenBench,
) -> None:
    joiner = Joiner(7)
    row = joiner.row()
    otaa = Device(
        name="joiner", dev_eui=str(row["dev_eui"]), join_eui=str(row["join_eui"]),
        keys=DeviceKeys(app_key=bytes.fromhex(str(row["app_key"]))),
    )  # fmt: skip
    bench = open_bench(otaa)
    phy = joiner.request()
    spoiled = phy[:-1] + bytes([phy[-1] ^ 1])
    frames = [heard_by(NEAR, START_S + n, one) for n, one in enumerate((phy, spoiled))]
    assert bench.hear(*frames) == ["join", "bad_mic"]
    assert [row.record.device for row in await bench.rows()] == ["joiner", None]


async def test_a_device_of_a_network_server_has_no_session_for_its_raw_frames(
    open_bench: OpenBench,
) -> None:
    joined = who(3)
    bench = open_bench(Device(name="joined", dev_eui=joined.dev_eui, decoder="air_quality"))
    raw = [joined.node().uplink(n, AIR_PORT, air_report()) for n in (1, 2)]
    assert bench.hear(heard_by(NEAR, START_S, raw[0])) == ["unknown_device"]
    assert bench.hear(event_of(joined, 1, air_report(), START_S)) == ["uplink"]
    assert bench.hear(heard_by(NEAR, START_S + 9, raw[1])) == ["no_session"]


async def test_plain_lora_is_decoded_by_its_first_bytes_and_its_copies_are_known(
    open_bench: OpenBench,
) -> None:
    plain = PlainNode(7, "radio")
    row = plain.row()
    bench = open_bench(
        Device(
            name=str(row["name"]), decoder=str(row["decoder"]), source="radio",
            payload_prefix=bytes.fromhex(PREFIX_HEX), f_port=AIR_PORT,
        )
    )  # fmt: skip
    phy = plain.speak(START_S)
    times = (START_S, START_S + 1.9, START_S + 2.1)
    frames = [heard_by(NEAR, at, phy, source="radio") for at in times]
    assert bench.hear(*frames) == ["uplink", "repeated", "uplink"], (
        "equal bytes may be a new report"
    )
    assert bench.hear(heard_by(NEAR, START_S, b"stranger", source="radio")) == ["not_lorawan"]
    rows = await bench.rows()
    assert rows[0].tags("air_quality")[0]["authenticated"] == "no"
    assert "f_cnt" not in rows[0].fields("lora_link")[0]


async def test_a_recording_is_read_faster_than_it_was_heard(open_bench: OpenBench) -> None:
    bench = open_bench(
        Device(
            name="p", decoder="air_quality", source="file", payload_prefix=b"\x01", f_port=AIR_PORT
        )
    )

    def recorded(at_s: float) -> Any:
        return heard_by(
            NEAR, START_S, air_report(), source="file", recorded=True, live=False,
            gateway_time_ns=round((START_S + at_s) * 1e9), receptions=(),
        )  # fmt: skip

    assert bench.hear(recorded(0), recorded(1), recorded(900)) == ["uplink", "repeated", "uplink"]


async def test_plain_lora_without_a_port_is_refused(open_bench: OpenBench) -> None:
    bench = open_bench(Device(name="p", decoder="air_quality", source="radio", address=1))
    assert bench.hear(heard_by(NEAR, START_S, air_report(), source="radio", address=1)) == [
        "wrong_port"
    ]


async def test_searches_over_budget_are_undecided_and_decided_when_idle(
    open_bench: OpenBench,
) -> None:
    bench = open_bench(device_of(ONE))
    assert bench.hear(uplink(1)) == ["uplink"]
    phy = NODE.uplink(2, AIR_PORT, air_report())
    forged = [heard_by(NEAR, START_S + n, phy[:-1] + bytes([phy[-1] ^ n])) for n in range(1, 8)]
    outcomes = bench.hear(*forged)
    assert outcomes == ["bad_mic"] * 5 + ["undecided"] * 2, "5 searches a minute for a DevAddr"
    far = uplink(70_000, at_s=9)
    assert bench.hear(far) == ["undecided"]
    assert bench.hear(uplink(2)) == ["uplink"], "the expected counter is always checked"
    assert bench.interpreter.interpret(forged[6], idle=True)[0] == "bad_mic"
    assert bench.interpreter.interpret(far, idle=True)[0] == "uplink"
    assert bench.hear(far) == ["redelivered"]


async def test_a_scene_of_a_city_ends_as_it_was_written(open_bench: OpenBench) -> None:
    city = SimulatedFleet(9, seed=7, quirks=Quirks(fault=0.1, out_of_range=0.1, stored=0.1))
    bench = open_bench(*(device_of(one.identity) for one in city.devices))
    scene = play(city, start=START_S, rounds=12, joiner=Joiner(7))
    for heard in scene.heard:
        assert bench.hear(frame_of(heard.hearing)) == [heard.outcome]
    got = {
        (row.record.device, row.record.f_cnt): [
            reading for reading in row.record.readings if reading.series.measurement != "lora_link"
        ]
        for row in await bench.rows()
        if row.outcome in ("uplink", "late")
    }
    assert set(got) == {(one.device, one.f_cnt) for one in scene.truth}
    for truth in scene.truth:
        for reading, expected in zip(got[truth.device, truth.f_cnt], truth.readings, strict=True):
            fields = dict(zip(reading.series.fields, reading.values, strict=True))
            told = {"faults": expected.faults, "out_of_range": expected.out_of_range}
            named = {name: ",".join(values) for name, values in told.items() if values}
            assert fields == {**expected.fields, **named}
            if expected.time_s is not None:
                assert reading.time_ns == expected.time_s * 10**9
