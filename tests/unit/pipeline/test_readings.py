"""Readings as InfluxDB will see them: which tags, which fields, which times; every figure worked out by hand."""

from datetime import UTC, datetime
from typing import Any

import pytest

from decoders.contract import Decoded
from gateway.device import Device
from gateway.model import Radio, Reading, Reception
from gateway.pipeline.readings import SERIES_MAX, Link, ReadingMaker, lost_of
from tests.pipeline_bench import START_S

DEVICE = Device(name="aq", dev_eui="70b3d57ed0000001", tags=(("zone", "centre"),))
UPLINK_NS = START_S * 1_000_000_000
RADIO = Radio(923_200_000, "LORA", 7, 125_000, None, "4/5")
GATEWAY = "02c17aff00000001"


@pytest.fixture
def maker() -> ReadingMaker:
    return ReadingMaker("kk-01", {"site": "hall"})


def decoded(**more: Any) -> Decoded:
    return Decoded(**{"measurement": "air_quality", "fields": {"temperature_c": 21.5}, **more})


def pairs(reading: Reading | None) -> dict[str, Any]:
    assert reading is not None
    return dict(zip(reading.series.fields, reading.values, strict=True))


def data(maker: ReadingMaker, device: Device = DEVICE, **more: Any) -> Reading:
    reading = maker.data(device, decoded(**more), UPLINK_NS)
    assert reading is not None
    return reading


def link(maker: ReadingMaker, radio: Radio = RADIO, **more: Any) -> Reading | None:
    known = {"f_cnt": 7, "lost": 2, "phy_bytes": 51, "rssi_dbm": -80, "snr_db": 7.5} | more
    reception = Reception(GATEWAY, 0, known["rssi_dbm"], known["snr_db"])
    about = Link(radio, known["f_cnt"], known["lost"], known["phy_bytes"])
    return maker.link(DEVICE, about, reception, UPLINK_NS)


def test_a_data_reading_has_the_tags_of_gateway_device_and_decoder(maker: ReadingMaker) -> None:
    assert data(maker, tags={"camera": "3"}).series.tags == (
        ("camera", "3"), ("dev_eui", "70b3d57ed0000001"), ("device", "aq"), ("site", "hall"),
        ("zone", "centre"),
    )  # fmt: skip


def test_the_devices_tags_go_before_the_gateways_and_empty_ones_are_left_out(
    maker: ReadingMaker,
) -> None:
    device = Device(name="b", tags=(("site", "market"), ("zone", "")))
    assert data(maker, device, tags={"camera": ""}).series.tags == (
        ("device", "b"),
        ("site", "market"),
    )


def test_no_key_vouches_for_plain_lora_and_its_readings_say_so(maker: ReadingMaker) -> None:
    device = Device(name="p", source="radio", address=1)
    assert dict(data(maker, device).series.tags)["authenticated"] == "no"
    heard = maker.link(device, Link(RADIO, None, 0, 10), Reception("radio", 0, -90), UPLINK_NS)
    assert heard is not None
    assert dict(heard.series.tags)["authenticated"] == "no"
    assert "authenticated" not in dict(data(maker).series.tags)


def test_faults_and_impossible_values_are_fields_sorted_and_joined(maker: ReadingMaker) -> None:
    reading = data(maker, faults=("pm2_5", "co2"), out_of_range=("temperature_c",))
    assert pairs(reading) == {
        "temperature_c": 21.5, "faults": "co2,pm2_5", "out_of_range": "temperature_c",
    }  # fmt: skip


def test_a_reading_of_nothing_but_faults_is_a_point_and_one_of_nothing_is_none(
    maker: ReadingMaker,
) -> None:
    assert pairs(data(maker, fields={}, faults=("co2",))) == {"faults": "co2"}
    assert maker.data(DEVICE, decoded(fields={}), UPLINK_NS) is None


def test_the_time_is_the_uplinks_unless_the_device_gave_one(maker: ReadingMaker) -> None:
    assert data(maker).time_ns == UPLINK_NS
    own = datetime(2026, 11, 21, 23, 59, 58, 123_400, UTC)
    assert data(maker, time=own).time_ns == UPLINK_NS - 2_000_000_000 + 123_000_000


def test_a_series_is_made_once_until_the_device_changes(maker: ReadingMaker) -> None:
    first = data(maker).series
    assert data(maker).series is first
    assert data(maker, tags={"camera": "1"}).series != first
    maker.forget_device("aq")
    moved = Device(name="aq", tags=(("zone", "river"),))
    assert dict(data(maker, moved).series.tags) == {"device": "aq", "site": "hall", "zone": "river"}


def test_a_link_reading_names_receiver_and_host_and_holds_what_is_known(
    maker: ReadingMaker,
) -> None:
    reading = link(maker)
    assert reading is not None
    assert reading.series.measurement == "lora_link"
    assert reading.time_ns == UPLINK_NS
    assert dict(reading.series.tags) == {
        "device": "aq", "dev_eui": "70b3d57ed0000001", "gateway": GATEWAY, "host": "kk-01",
        "site": "hall", "zone": "centre",
    }  # fmt: skip
    # Semtech AN1200.13: SF7 at 125 kHz, 51 bytes, 8 symbols of preamble, explicit header, CRC: 102.656 ms.
    assert pairs(reading) == {
        "rssi_dbm": -80.0, "snr_db": 7.5, "spreading_factor": 7.0, "frequency_mhz": 923.2,
        "airtime_ms": pytest.approx(102.656), "f_cnt": 7.0, "lost": 2.0,
    }  # fmt: skip
    assert all(type(value) is float for value in reading.values)


@pytest.mark.parametrize(
    ("more", "missing"),
    [
        ({"rssi_dbm": None}, {"rssi_dbm"}),
        ({"snr_db": None}, {"snr_db"}),
        ({"phy_bytes": None}, {"airtime_ms"}),
        ({"f_cnt": None}, {"f_cnt", "lost"}),
        ({"radio": Radio(None, "LORA", 7, 125_000)}, {"frequency_mhz"}),
        ({"radio": Radio(868_800_000, "FSK", None, None, 50_000)}, {"spreading_factor"}),
        ({"radio": Radio(868_800_000, "FSK")}, {"spreading_factor", "airtime_ms"}),
        ({"radio": Radio(868_800_000, "LORA", 99, 125_000)}, {"airtime_ms"}),
        (
            {"radio": Radio(868_100_000, "LR_FHSS", None, 137_000)},
            {"spreading_factor", "airtime_ms"},
        ),
    ],
)
def test_what_is_not_known_is_no_field(maker: ReadingMaker, more: Any, missing: set[str]) -> None:
    everything = set(pairs(link(maker)))
    assert everything - set(pairs(link(maker, **more))) == missing


def test_a_link_reading_of_nothing_is_none(maker: ReadingMaker) -> None:
    assert maker.link(DEVICE, Link(Radio(), None, 0, None), Reception(GATEWAY), UPLINK_NS) is None


def test_a_late_frame_takes_nothing_off_the_lost(maker: ReadingMaker) -> None:
    assert pairs(link(maker, lost=-1))["lost"] == 0.0


def test_the_lost_can_be_read_back_from_link_readings(maker: ReadingMaker) -> None:
    told, silent = link(maker), link(maker, f_cnt=None)
    assert told is not None
    assert silent is not None
    assert lost_of([data(maker), told]) == 2
    assert lost_of([silent]) == lost_of([]) == 0


def test_made_up_receivers_do_not_fill_the_memory(maker: ReadingMaker) -> None:
    about = Link(RADIO, 1, 0, 51)
    for number in range(SERIES_MAX + 10):
        maker.link(DEVICE, about, Reception(f"{number:016x}", 0, -80, 1.0), UPLINK_NS)
    assert len(maker._series) <= SERIES_MAX
