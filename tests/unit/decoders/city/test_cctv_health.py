"""Guards CCTV health: the camera tag and its fault, payloads of nothing but a camera, and the status bits."""

from typing import Any

import pytest

from decoders.city.cctv_health import DECODER
from decoders.contract import Decoded, DecodeRefused

T0 = 1_795_000_000
FLAGS = (
    "online", "video_ok", "recording", "ir_on", "tamper",
    "door_open", "mains_ok", "on_battery", "storage_fault", "clock_synced",
)  # fmt: skip


def read(payload: str | bytes) -> Decoded:
    payload = bytes.fromhex(payload) if isinstance(payload, str) else payload
    (reading,) = DECODER.decode(10, payload, None)
    return reading


def reason(f_port: int, payload: str | bytes) -> str:
    payload = bytes.fromhex(payload) if isinstance(payload, str) else payload
    with pytest.raises(DecodeRefused) as refusal:
        DECODER.decode(f_port, payload, None)
    return refusal.value.reason


def test_the_camera_is_a_tag_and_no_field() -> None:
    for camera in range(255):
        reading = read(f"014001{camera:02x}03")
        assert reading.tags == {"camera": str(camera)}
        assert reading.fields == {"reboots": 3.0}


def test_an_absent_camera_is_camera_1() -> None:
    reading = read("01400003")
    assert reading.tags == {"camera": "1"}
    assert reading.faults == ()


def test_a_camera_that_could_not_be_told_is_a_fault_and_no_tag() -> None:
    reading = read("014001ff03")
    assert reading.tags == {}
    assert reading.faults == ("camera",)
    assert reading.fields == {"reboots": 3.0}


def test_the_fault_of_the_camera_comes_first_as_in_the_payload() -> None:
    assert read("014011ffffffff").faults == ("camera", "bitrate_kbps", "reboots")


def test_a_report_of_nothing_but_a_camera_says_nothing() -> None:
    for camera in range(255):
        assert reason(10, f"010001{camera:02x}") == "unknown_layout"


def test_a_report_of_nothing_but_a_camera_that_could_not_be_told_is_a_reading() -> None:
    reading = read("010001ff")
    assert (reading.fields, reading.tags, reading.faults) == ({}, {}, ("camera",))


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("010001", "unknown_layout"),
        ("0100010500", "unknown_layout"),
        ("010001ff00", "wrong_length"),
    ],
)
def test_the_camera_is_judged_with_the_bitmap_before_the_length(
    payload: str, expected: str
) -> None:
    assert reason(10, payload) == expected


def test_stored_samples_name_a_camera_each() -> None:
    payload = bytes.fromhex(f"01{T0:08x}003c40010501ff020703")
    readings = DECODER.decode(11, payload, None)
    assert [r.tags for r in readings] == [{"camera": "5"}, {}, {"camera": "7"}]
    assert [r.faults for r in readings] == [(), ("camera",), ()]
    assert [r.fields["reboots"] for r in readings] == [1.0, 2.0, 3.0]


def test_stored_samples_of_nothing_but_cameras_are_readings_if_each_is_a_fault() -> None:
    header = f"01{T0:08x}003c0001"
    readings = DECODER.decode(11, bytes.fromhex(header + "ffff"), None)
    assert [r.faults for r in readings] == [("camera",), ("camera",)]
    for records in ("", "05", "05ff", "ff05"):
        assert reason(11, header + records) == "unknown_layout"


def test_each_status_bit_is_one_flag(families: Any) -> None:
    family = families["cctv_health"]
    for bit, flag in enumerate(FLAGS):
        fields = read(family.report({"status": 1 << bit})).fields
        assert fields == {name: name == flag for name in FLAGS}
        assert {type(value) for value in fields.values()} == {bool}


def test_a_status_of_all_ones_is_no_sentinel() -> None:
    assert reason(10, "010002ffff") == "unknown_layout"
    assert read("01000203ff").fields == dict.fromkeys(FLAGS, True)


def test_cold_is_below_zero() -> None:
    assert read("010100ff06").fields == {"enclosure_temperature_c": -25.0}
    assert read("010100ffff").fields == {"enclosure_temperature_c": -0.1}
    assert read("0101008000").faults == ("enclosure_temperature_c",)
    assert read("0101008001").out_of_range == ("enclosure_temperature_c",)
